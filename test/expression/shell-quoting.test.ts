import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { render } from '../../src/expression/templates.js';
import { caretOf, complaintOf, fromYaml, inline, variables } from '../stages/sources.js';

const shells = ['/bin/sh', '/bin/bash'].filter((shell) => existsSync(shell));

const rendered = (script: string, values: Readonly<Record<string, unknown>>): string =>
  String(render(inline(script), variables(values), 'shell'));

const output = (shell: string, script: string): string =>
  spawnSync(shell, ['-s'], { input: script, encoding: 'utf8', maxBuffer: 2 ** 28, env: { LC_ALL: 'C' } })
    .stdout;

const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.replaceAll('\0', ''));

describe('a value in a shell script', () => {
  it.each(shells)('arrives byte for byte, whatever it is (%s)', (shell) => {
    const values = [
      ...fc.sample(text, 400),
      ...fc.sample(
        fc.string({ unit: fc.constantFrom(...Array.from(`'"\\$\`!*?[]{}()<>|&;#~=% \t\n-`)), maxLength: 12 }),
        400,
      ),
    ];

    const script = values.map((value) => rendered(`printf '%s\\0' {{ value }};\n`, { value })).join('');

    expect(output(shell, script).split('\0').slice(0, -1)).toEqual(values);
  });

  it.each(shells)('arrives as one word for each element of a list (%s)', (shell) => {
    const lists = fc.sample(fc.array(text, { minLength: 1, maxLength: 5 }), 200);

    const script = lists
      .map((list) => rendered(`printf '%s\\0' {{ list }}; printf '\\0';\n`, { list }))
      .join('');

    const arrived = output(shell, script);
    expect(arrived).toBe(lists.map((list) => `${list.map((word) => `${word}\0`).join('')}\0`).join(''));
  });

  it.each([
    ['echo {{ value }}', 'two words', `echo 'two words'`],
    ['echo {{ value }}', `it's`, String.raw`echo 'it'\''s'`],
    ['echo {{ value }}', '', `echo ''`],
    ['echo {{ value }}', 5, `echo '5'`],
    ['echo {{ value }}', true, `echo 'true'`],
    ['echo {{ value }}', ['a b', 'c'], `echo 'a b' 'c'`],
    ['echo {{ value }}', [], 'echo '],
    ['X={{ value }}; cat <<< {{ value }} > {{ value }}', 'a', `X='a'; cat <<< 'a' > 'a'`],
    ['{{{ value }}} | wc', 'echo a', 'echo a | wc'],
    ['echo "{{ value }}"', 'v1.2_3-a/b:c@d', 'echo "v1.2_3-a/b:c@d"'],
    [`docker run --name 'x-{{ value }}'`, 'api', `docker run --name 'x-api'`],
    ['cat <<EOF\nA={{ value }}\nEOF\necho {{ value }}', 'x', `cat <<EOF\nA=x\nEOF\necho 'x'`],
    ['echo $(cat {{ value }})', 'a b', `echo $(cat 'a b')`],
    ['echo $(( {{ value }} + 1 ))', 4, 'echo $(( 4 + 1 ))'],
    ['# {{ value }}\necho {{ value }}', 'a', `# a\necho 'a'`],
    ['echo "a"{{ value }}"b"', 'c d', `echo "a"'c d'"b"`],
    [`echo \\" {{ value }}`, 'c d', `echo \\" 'c d'`],
    ['echo ${HOME} $1 {{ value }}', 'c d', `echo \${HOME} $1 'c d'`],
    ['echo a#b {{ value }}', 'c d', `echo a#b 'c d'`],
    [
      'cat <<-"END" ; echo {{ value }}\n\tx\n\tEND\necho {{ value }}',
      'c d',
      `cat <<-"END" ; echo 'c d'\n\tx\n\tEND\necho 'c d'`,
    ],
  ])('%j with %j', (script, value, expected) => expect(rendered(script, { value })).toBe(expected));
});

/** Where a quoted word would not be one. */
const insideSomething: readonly (readonly [string, string])[] = [
  ['echo "{{ value }}"', "the author's double quotes"],
  [`echo '{{ value }}'`, "the author's single quotes"],
  ['echo "a \\" {{ value }}"', "the author's double quotes"],
  ['echo "$(cat {{ value }})"', "the author's double quotes"],
  ['echo "$(cat "{{ value }}")"', "the author's double quotes"],
  ['echo `cat {{ value }}`', 'backticks'],
  ['echo ${x:-{{ value }} }', 'a parameter expansion ${…}'],
  ['echo $(( {{ value }} ))', 'an arithmetic expansion $((…))'],
  ['(( {{ value }} > 1 )) && echo', 'an arithmetic expansion $((…))'],
  ['echo $(( (1) + {{ value }} ))', 'an arithmetic expansion $((…))'],
  ['# {{ value }}', 'a comment'],
  ['echo a; # it\'s "{{ value }}', 'a comment'],
  ['cat <<EOF\n{{ value }}\nEOF\n', 'a here-document'],
  [`cat <<'EOF'\n{{ value }}\nEOF\n`, 'a here-document'],
  ['cat <<A <<B\nA\n{{ value }}\nB\n', 'a here-document'],
  ['cat <<EOF\n  EOF\n{{ value }}\nEOF\n', 'a here-document'],
  ['cat <<{{ value }}\n', 'reach of a redirection to a here-document before it'],
  ['echo ${{ value }}', 'reach of a dollar sign before it'],
  [`echo $'it\\'s' {{ value }}`, "$'…' quotes"],
  [`bash -c 'echo {{ value }}'`, "the author's single quotes"],
];

describe('a value inside what the author quoted', () => {
  it.each(insideSomething)(
    '%j is refused when it needs quoting, and passes when it is safe',
    (script, where) => {
      expect(complaintOf(() => rendered(script, { value: 'two words' }))).toBe(
        `template.unquotable: the value of {{ value }} needs quoting, and it stands inside ${where} | Take {{ value }} out of there: it is quoted by itself, as one word. {{{ value }}} inserts it raw.`,
      );
      expect(rendered(script, { value: 'safe-1.2' })).toBe(script.replace('{{ value }}', 'safe-1.2'));
    },
  );

  it('is refused at its place in the playbook', () => {
    const source = fromYaml('cmd: |\n  echo {{ value }}\n  echo "{{ value }}"\n', 'cmd');

    expect(caretOf(() => render(source, variables({ value: 'a b' }), 'shell'))).toBe(
      '  echo "{{ value }}"\n           ^',
    );
  });

  it("is judged by the author's text alone: values do not open or close quotes", () => {
    expect(rendered('echo {{ a }} {{ b }} "{{ c }}"', { a: `"`, b: `'`, c: 'x' })).toBe(
      `echo '"' ''\\''' "x"`,
    );
  });

  it("counts raw values as the author's text", () => {
    expect(complaintOf(() => rendered('{{{ raw }}}{{ value }}', { raw: 'echo "', value: 'a b' }))).toContain(
      'double quotes',
    );
  });
});

describe('what cannot be a word', () => {
  it.each([
    [{ value: 'a\0b' }, 'template.nul: the value of {{ value }} contains a NUL character'],
    [{ value: ['a', 'b\0'] }, 'template.nul'],
    [
      { value: { a: 1 } },
      'template.not_a_word: "value" is a mapping and cannot be a word of a shell command',
    ],
    [{ value: [{ a: 1 }] }, 'template.not_a_word'],
  ])('%j is refused', (values, complaint) =>
    expect(complaintOf(() => rendered('echo {{ value }}', values))).toContain(complaint),
  );
});

describe('a hostile value', () => {
  const code = 'echo PW""NED';
  const hostile = [
    `; ${code};`,
    `'; ${code}; '`,
    `"; ${code}; "`,
    `$(${code})`,
    `\`${code}\``,
    `\n${code}\n`,
    `\nEOF\n${code}\n`,
    `)\n${code}\n(`,
    `)); ${code}; ((`,
    `}; ${code}; {`,
    `\\'; ${code}; '`,
    `\\`,
    `'\\''; ${code} #`,
    `| ${code}`,
    `'"'"; ${code}; #`,
  ];
  const run = (shell: string, script: string): string =>
    spawnSync(shell, ['-c', script], { input: '', encoding: 'utf8', timeout: 5_000, cwd: '/tmp', env: {} })
      .stdout;

  const refusedOrHarmless = (shell: string, script: string, value: string): void => {
    if (complaintOf(() => rendered(script, { value })) !== 'nothing') return;
    expect(run(shell, rendered(script, { value })), script).not.toContain('PWNED');
  };

  it.each(shells)('is never run, wherever an author may put it (%s)', (shell) => {
    for (const [script] of insideSomething)
      for (const value of hostile) refusedOrHarmless(shell, script, value);
  });

  it.each(shells)('is never run, in scripts of random pieces (%s)', (shell) => {
    const piece = fc.constantFrom(
      ...[
        `"`,
        `'`,
        '`',
        '\\',
        '$',
        '$(',
        '(',
        ')',
        '$((',
        '))',
        '${a:-',
        '}',
        '#',
        ' ',
        ';',
        '\n',
        'a',
        '|',
        '&&',
      ],
      ...[
        '<<EOF',
        '<<-EOF',
        `<<'EOF'`,
        '<<"E F"',
        '\nEOF\n',
        '\n\tEOF\n',
        'printf %s ',
        ' #',
        `$'`,
        '$"',
        '<<<',
        '{',
        '<<',
      ],
      ...['{{ value }}', ' {{ value }} ', '{{ value }}', '"{{ value }}"'],
    );
    const script = fc
      .array(piece, { minLength: 1, maxLength: 14 })
      .map((pieces) => `${pieces.join('')}\n{{ value }}`)
      // Three braces are the author's own way to say that a value is raw.
      .filter((text) => !text.includes('{{{'));

    fc.assert(
      fc.property(script, fc.constantFrom(...hostile), (pieces, value) =>
        refusedOrHarmless(shell, pieces, value),
      ),
      { numRuns: breadth(50, 400) },
    );
  });
});
