import { conditionOfJinja } from './jinja/translation.js';

/** What people write who know JavaScript or C, or only half of Jinja. The first that fits. */
const traps: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  { pattern: /(?<!\|)\|(?!\|)/, hint: 'Conditions are CEL, without filters: size(x), int(x), lower(x).' },
  { pattern: /\s(and)\s/, hint: 'Conditions are CEL: write &&.' },
  { pattern: /\s(or)\s/, hint: 'Conditions are CEL: write ||.' },
  { pattern: /(^|\s|\()not\s/, hint: 'Conditions are CEL: write !x.' },
  { pattern: /[=!]==/, hint: 'Write == or !=.' },
  { pattern: /(?<![=!<>])=(?!=)/, hint: 'A comparison is ==.' },
];

/** How to write in CEL what is no CEL: the same condition, where it is one of Jinja. */
export function hintForCondition(source: string): string {
  const here = conditionOfJinja(source);
  if (here !== undefined) return 'text' in here ? `Conditions are CEL: write ${here.text}.` : here.reason;
  return (
    traps.find(({ pattern }) => pattern.test(source))?.hint ??
    'Conditions are CEL: result.rc == 0 && size(items) > 2, "text" in list, defined(x), has(x.y).'
  );
}

/** Words of other languages that CEL takes for variables. */
const foreignNames: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  yes: 'true',
  no: 'false',
  undefined: '!defined(x)',
};

export const hintForName = (name: string): string | undefined =>
  Object.hasOwn(foreignNames, name) ? `Write ${foreignNames[name] ?? ''}.` : undefined;
