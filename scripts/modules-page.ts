import { format } from 'prettier';
import type { ArgumentDocument, ModuleDocument } from '../src/model/module-document.js';
import { moduleDocuments } from '../src/reference/module-document.js';

/** `docs/modules.md`, from the modules' own definitions. Throws when an argument does not say what it means. */
export const modulesPage = (): Promise<string> =>
  format(pageText(moduleDocuments()), { parser: 'markdown', printWidth: 110, singleQuote: true });

const pageText = (modules: readonly ModuleDocument[]): string =>
  [
    '# Modules',
    '',
    'Made by `npm run docs` from the definitions of the modules; `adfpush module NAME` tells the same on the terminal. Each value may be a',
    'template. Durations are written `90s`, `5m`, `1h30m` or `250ms`; a bare number is seconds.',
    '',
    '| module | does |',
    '| --- | --- |',
    ...modules.map(({ name, summary }) => `| [${name}](#${name}) | ${cell(summary)} |`),
    '',
    ...modules.flatMap(sectionOf),
  ].join('\n');

const sectionOf = ({
  name,
  summary,
  changes,
  checkMode,
  bareValue,
  anyArguments,
  arguments: given,
  examples,
}: ModuleDocument): readonly string[] => [
  `## ${name}`,
  '',
  summary,
  '',
  `- **Changes**: ${changes}`,
  `- **With \`--check\`**: ${checkMode}`,
  ...(bareValue === undefined ? [] : [`- **A bare value**, \`${name}: …\`, is \`${bareValue}\`.`]),
  '',
  ...(anyArguments
    ? ['Its arguments have names of your own.', '']
    : ['| argument | type | default | means |', '| --- | --- | --- | --- |', ...given.map(rowOf), '']),
  '```yaml',
  examples.join('\n\n'),
  '```',
  '',
];

const rowOf = ({ name, type, default: byDefault, required, description }: ArgumentDocument): string => {
  const isGiven = byDefault === undefined ? (required ? 'must be given' : '') : `\`${byDefault}\``;
  return `| ${[`\`${name}\``, type, isGiven, description].map(cell).join(' | ')} |`;
};

const cell = (text: string): string => text.replaceAll('|', '\\|');
