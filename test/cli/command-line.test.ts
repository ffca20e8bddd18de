import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readCommandLine } from '../../src/cli/command-line.js';
import { commands } from '../../src/commands/table.js';
import { AdfError } from '../../src/errors/adf-error.js';

const names = Object.keys(commands).map((id) => id.replace(':', ' '));
const words = [
  ...new Set(names.flatMap((name) => [name, ...name.split(' ')])),
  ...[
    'api',
    'deplyo',
    '',
    'help',
    '--',
    '-',
    '--help',
    '-h',
    '--version',
    '-V',
    '-v',
    '--verbose',
    '--env',
    'lab',
  ],
];

it('every line is a command of the table, help, the version, or refused with a way out', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 6 }), (line) => {
      const asked = readOrError(line);
      if (asked instanceof AdfError) {
        expect(asked).toMatchObject({ class: 'invalid', code: expect.stringMatching(/^cli\./) as string });
        expect(asked.hint).toBeTruthy();
      } else if (asked.kind === 'command') {
        expect(names).toContain(asked.name);
        expect([asked.name, ...asked.words].join(' ')).toBe(line.join(' '));
      } else if (asked.kind === 'help' && asked.name !== undefined) {
        const name = asked.name;
        expect(names.some((one) => one === name || one.startsWith(`${name} `))).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('what is hinted at instead of flags in front is a command line', () => {
  const others = ['--env', 'lab', '-g', 'api'];
  for (const name of names) {
    const error = readOrError([...others, ...name.split(' '), '--yes']);
    expect(error).toMatchObject({ code: 'cli.command_first' });
    const meant = /^Did you mean adfpush (.*)\?$/.exec((error as AdfError).hint ?? '')?.[1] ?? '';
    expect(readOrError(meant.split(' '))).toMatchObject({
      kind: 'command',
      name,
      words: [...others, '--yes'],
    });
  }
});

function readOrError(line: readonly string[]) {
  try {
    return readCommandLine(line, names);
  } catch (error) {
    if (error instanceof AdfError) return error;
    throw error;
  }
}
