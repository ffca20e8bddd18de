/** How to write in CEL what people write who know Ansible, Jinja or JavaScript. The first that fits. */
const traps: readonly { readonly pattern: RegExp; readonly hint: (match: RegExpExecArray) => string }[] = [
  {
    pattern: /([\w.]+)\s+is\s+not\s+defined/,
    hint: ([, name = 'x']) => `Conditions are CEL: write !defined(${name}).`,
  },
  {
    pattern: /([\w.]+)\s+is\s+defined/,
    hint: ([, name = 'x']) => `Conditions are CEL: write defined(${name}).`,
  },
  {
    pattern: /([\w.]+)\s+is\s+(not\s+)?(failed|changed|skipped)\b/,
    hint: ([, name = 'x', not, state = '']) =>
      `Conditions are CEL: write ${not === undefined ? '' : '!'}${name}.${state}.`,
  },
  {
    pattern: /([\w.]+)\s+is\s+(succeeded|success)\b/,
    hint: ([, name = 'x']) => `Conditions are CEL: write !${name}.failed.`,
  },
  {
    pattern: /([\w.]+)\s+not\s+in\s+([\w.]+)/,
    hint: ([, item = 'x', list = 'list']) => `Conditions are CEL: write !(${item} in ${list}).`,
  },
  {
    pattern: /([\w.]+)\s*\|\s*(default|d)\b\s*\(/,
    hint: ([, name = 'x']) => `Conditions are CEL: write defined(${name}) ? ${name} : …`,
  },
  {
    pattern: /([\w.]+)\s*\|\s*(length|count)\b/,
    hint: ([, name = 'x']) => `Conditions are CEL: write size(${name}).`,
  },
  {
    pattern: /([\w.]+)\s*\|\s*(bool|int|string)\b/,
    hint: ([, name = 'x', type = 'int']) => `Conditions are CEL: write ${type}(${name}).`,
  },
  {
    pattern: /(?<!\|)\|(?!\|)/,
    hint: () => 'Conditions are CEL, without filters: size(x), int(x), string(x), x.contains("text").',
  },
  {
    pattern: /\s(and|or)\s/,
    hint: ([, word]) => `Conditions are CEL: write ${word === 'or' ? '||' : '&&'}.`,
  },
  { pattern: /(^|\s|\()not\s/, hint: () => 'Conditions are CEL: write !x.' },
  { pattern: /[=!]==/, hint: () => 'Write == or !=.' },
  { pattern: /(?<![=!<>])=(?!=)/, hint: () => 'A comparison is ==.' },
];

export function hintForCondition(source: string): string {
  for (const { pattern, hint } of traps) {
    const match = pattern.exec(source);
    if (match !== null) return hint(match);
  }
  return 'Conditions are CEL: result.rc == 0 && size(items) > 2, "text" in list, defined(x), has(x.y).';
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
