import { mkdirSync, readdirSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '../fakes/seeded-random.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

/** A folder that code that was injected writes into: as long as it is empty, nothing was executed. */
export class Tripwire {
  readonly folder = temporaryFolder('tripwire');
  /** What injected code would make. Without a slash at its end, so that it may stand anywhere in a command. */
  readonly file = join(this.folder, 'x');

  constructor() {
    mkdirSync(this.folder, { recursive: true });
    // Whoever the code would run as.
    chmodSync(this.folder, 0o777);
  }

  get sprung(): readonly string[] {
    return readdirSync(this.folder);
  }
}

/**
 * Values that some shell, template, condition, format or tool might take for something else than text; every one is well-formed
 * and without a NUL. The same seed gives the same values. Repeatable: value `n` is drawn after value `n - 1`.
 */
export function hostileValues(count: number, tripwire: Tripwire, seed: number, longest = 3_000): string[] {
  const random = new SeededRandom(seed);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const fragments = [...fragmentsFor(tripwire.file), ...characters];
  const values = [...fragments];
  while (values.length < count) {
    const parts = Array.from({ length: 1 + below(6) }, () =>
      below(4) === 0 ? anyCharacters(below) : pick(fragments),
    );
    const value = parts.join('');
    values.push(below(400) === 0 ? value.repeat(1 + below(longest / (value.length + 1))) : value);
  }
  return values.slice(0, count);
}

/** Each control and ASCII character, and those beyond that somebody treats as special. */
const characters = [
  ...Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1)),
  ...[
    '\u0085',
    '\u00a0',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\u202e',
    '\ufffd',
    '\u{10ffff}',
    'é',
    'é',
    'ß',
    '漢',
    '😀',
    '👨‍👩‍👧',
  ],
];

const fragmentsFor = (file: string): readonly string[] => [
  // Shells.
  `$(touch ${file})`,
  `\`touch ${file}\``,
  `; touch ${file} ;`,
  `'; touch ${file}; '`,
  `"; touch ${file}; "`,
  `\\'; touch ${file}; \\'`,
  `' ; touch ${file} #`,
  `\n touch ${file}\n`,
  `\r\ntouch ${file}\r\n`,
  `& touch ${file} &`,
  `&& touch ${file}`,
  `|| touch ${file}`,
  `| touch ${file}`,
  `>${file}`,
  `>>${file} `,
  `<(touch ${file})`,
  `;and touch ${file};`,
  `(touch ${file})`,
  `{ touch ${file}; }`,
  `\${x:-$(touch ${file})}`,
  `$((a[$(touch ${file})]))`,
  `$'\\x3b touch ${file}'`,
  `\nEOF\ntouch ${file}\n`,
  `() { :;}; touch ${file}`,
  ...[
    '$HOME',
    '${PATH}',
    '$$',
    '$?',
    '$0',
    '$@',
    '${IFS}',
    '!!',
    '!$',
    '!-1',
    '!touch',
    '^a^b',
    '*',
    '?',
    '[a-z]*',
    '/*',
    '~',
    '~root',
    '{a,b}',
  ],
  ...[
    '\\',
    '\\\\',
    "'",
    "''",
    "'\\''",
    '"',
    '#',
    ' # ',
    '\\n',
    '\\c',
    '%s%n',
    '%',
    '@',
    '=',
    ' ',
    '\t',
    '',
    '.',
    '..',
    '/',
  ],
  // Options.
  ...['-n', '-e', '--', '-', '-rf', '--help', '-exec', `-exec=touch ${file}`, '-c', '--rsh'],
  // Templates, conditions, YAML, formats.
  ...[
    '{{ lookup }}',
    '{{password}}',
    '{{{ env }}}',
    '{{#each this}}',
    '{{!--',
    '{% x %}',
    '${{ x }}',
    '<%= x %>',
    '{{`x`}}',
    '\\{{ x }}',
  ],
  ...[
    'true',
    'null',
    '0',
    '1e3',
    'NaN',
    '__proto__',
    'constructor',
    '!!js/function',
    '*a',
    '&a',
    '- ',
    '"a": b',
    '1 == 1 || true',
    "' || true || '",
  ],
  // Marks of our own.
  ...['adfpush-pid:1\n', '\nadfpush-pid:1\n', 'adfpush-sudo-granted\n', 'adfpush-sudo-password:', '***'],
];

function anyCharacters(below: (limit: number) => number): string {
  const length = 1 + below(8);
  const points = Array.from({ length }, () => {
    const point = [0x80, 0x800, 0x10000, 0x110000][below(4)]!;
    const chosen = 1 + below(point - 1);
    return chosen >= 0xd800 && chosen <= 0xdfff ? 0x27 : chosen;
  });
  return String.fromCodePoint(...points);
}
