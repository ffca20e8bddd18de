import { describe, expect, it } from 'vitest';
import { instrument, unreached } from './coverage/branches.js';
import { isCovered } from './coverage/covered.js';
import { keyOf, readUnreached, withTested, type Row } from './coverage/document.js';
import { judgeBranches, type CoveredSource } from './coverage/judge-branches.js';

const names = (source: string): readonly string[] =>
  instrument('src/a.ts', source, 0, 'm').branches.map(({ name }) => name);

const marked = (source: string): string => instrument('src/a.ts', source, 1, 'm').source;

describe('the branches of a source', () => {
  it('are both ways of an if, written or not', () => {
    expect(names('if (a) b(); else c();')).toEqual(['if (a): then', 'if (a): else']);
    expect(marked('if (a) b();')).toBe('if (a) { m(1); b(); } else { m(2); }');
  });

  it('are the arms of conditions within conditions', () => {
    expect(marked('x = a ? (b ? c : d) : e;')).toBe(
      'x = a ? (m(1), (b ? (m(2), c) : (m(3), d))) : (m(4), e);',
    );
    expect(marked('if (a) { if (b) c(); }')).toBe(
      'if (a) { m(1); { if (b) { m(2); c(); } else { m(3); } } } else { m(4); }',
    );
  });

  it('are the right sides of &&, || and ??', () => {
    expect(marked('x = (a && b) || c; y = d ?? e;')).toBe(
      'x = (a && (m(1), b)) || (m(2), c); y = d ?? (m(3), e);',
    );
  });

  it('are functions, loops, cases and catches', () => {
    expect(names('const f = () => 1; class A { g() { for (const a of b) c(); } }')).toEqual([
      'function f',
      'function g',
      'g: loop',
    ]);
    expect(marked('function f() { switch (a) { case 1: case 2: b(); break; default: } }')).toBe(
      'function f() { m(1); switch (a) { case 1: case 2: m(2); b(); break; default: } }',
    );
    expect(marked('try { a(); } catch { b(); }')).toBe('try { a(); } catch { m(1); b(); }');
  });

  it('are known by the function that they are in, and by their text', () => {
    expect(names('function f(a) { const g = () => (a ? 1 : 2); return b.map(() => g() ?? 3); }')).toEqual([
      'function f',
      'f: function g',
      'g: a ?: then',
      'g: a ?: else',
      'f: callback',
      'f: g() ?? 3: right',
    ]);
  });

  it('have names that tell the second of two alike', () => {
    expect(names('x = a ?? b; y = a ?? b;')).toEqual(['a ?? b: right', 'a ?? b: right (2)']);
  });

  it('count as unreached only where the code around them was reached', () => {
    const { branches } = instrument('src/a.ts', 'if (a) { x = b ? c : d; }', 0, 'm');
    expect(unreached(branches, () => false).map(({ name }) => name)).toEqual([
      'if (a): then',
      'if (a): else',
    ]);
    expect(unreached(branches, (one) => one === 0).map(({ name }) => name)).toEqual([
      'b ?: then',
      'b ?: else',
      'if (a): else',
    ]);
  });
});

describe('the sources of which branches are counted', () => {
  it('are the engine, the plan, the state, and what recovers, in whatever folder it lies', () => {
    expect(
      ['src/engine/roll/turn.ts', 'src/recovery/recover-hosts.ts', 'src/recovery/recover.ts'].every(
        isCovered,
      ),
    ).toBe(true);
    expect(['src/deploy/deploy.ts', 'src/commands/recover.ts'].some(isCovered)).toBe(false);
  });
});

const document = [
  '# Not reached',
  '',
  '- A list item that is no row: it names no branch',
  '',
  '### `src/plan/a.ts`',
  '',
  '- `f: a || b: right`: never happens: `b` is the same',
  '- `` f: `${a}` ?: then ``: words only',
  '',
  '## What a test takes',
  '',
  '### `src/plan/b.ts`',
  '',
  '- `f: if (a): then`: `test/plan/b.test.ts`',
  '',
].join('\n');

describe('the document of the branches that no seed takes', () => {
  const reasons = [
    { file: 'src/plan/a.ts', branch: 'f: a || b: right', says: 'never happens: `b` is the same' },
    { file: 'src/plan/a.ts', branch: 'f: `${a}` ?: then', says: 'words only' },
  ];

  it('is read: reasons that were written by hand, and the tests that take the others', () => {
    expect(readUnreached(document)).toEqual({
      reasons,
      tested: [{ file: 'src/plan/b.ts', branch: 'f: if (a): then', says: 'test/plan/b.test.ts' }],
    });
  });

  it('keeps what was written by hand when the rest is written anew', () => {
    const tested = [
      { file: 'src/plan/c.ts', branch: 'f: `${a}` ?? 1: right', says: 'test/plan/c.test.ts' },
      { file: 'src/plan/c.ts', branch: 'g: catch', says: 'test/plan/c.test.ts' },
      { file: 'src/plan/d.ts', branch: 'function h', says: 'test/plan/d.test.ts' },
    ];
    expect(readUnreached(withTested(document, tested))).toEqual({ reasons, tested });
    expect(withTested(document, readUnreached(document).tested)).toBe(document);
  });

  it('knows a branch in whatever folder its file lies', () => {
    expect(keyOf('src/recovery/recover.ts', 'f: catch')).toBe(keyOf('src/recovery/recover.ts', 'f: catch'));
    expect(keyOf('src/plan/a.ts', 'f: catch')).not.toBe(keyOf('src/plan/b.ts', 'f: catch'));
  });
});

describe('what is measured, compared with the document', () => {
  const source = 'function f() { if (a) b(); else { if (c) d(); } }';
  const [f, then, orElse, inner, innerElse] = [0, 1, 2, 3, 4];
  const measured = (
    bySeeds: readonly number[],
    byTests: Readonly<Record<number, readonly string[]>>,
  ): readonly CoveredSource[] => [
    {
      file: 'src/plan/a.ts',
      branches: instrument('a.ts', source, 0, 'm').branches,
      byASeed: (branch) => bySeeds.includes(branch),
      byTests: (branch) => byTests[branch] ?? [],
    },
  ];
  const row = (branch: string, says: string): Row => ({ file: 'src/plan/a.ts', branch, says });
  const elseRow = row('f: if (a): else', 't1');

  it('is in order when each branch is taken by a seed, by the test that is named, or has a reason', () => {
    const sources = measured([f, then], { [orElse]: ['t1', 't2'], [innerElse]: ['t2'] });
    const reasons = [row('f: if (c): then', 'never')];
    expect(judgeBranches(sources, { reasons, tested: [elseRow] })).toEqual({
      tested: [elseRow],
      untaken: [],
      needless: [],
      outdated: [],
    });
  });

  it('tells what nothing takes, also within code that only a test reaches', () => {
    const sources = measured([f, then], { [orElse]: ['t1'], [innerElse]: ['t1'] });
    const { untaken } = judgeBranches(sources, { reasons: [], tested: [elseRow] });
    expect(untaken).toEqual([{ file: 'src/plan/a.ts', line: 1, branch: 'f: if (c): then', tests: [] }]);
  });

  it('tells reasons for what is taken, by a seed or by a test, and for what is not there any more', () => {
    const sources = measured([f, then], { [orElse]: ['t1'], [inner]: ['t1'], [innerElse]: ['t1'] });
    const reasons = ['f: if (a): then', 'f: if (c): then', 'g: if (a): then'].map((one) => row(one, 'never'));
    expect(judgeBranches(sources, { reasons, tested: [elseRow] }).needless).toEqual(reasons);
  });

  it('tells rows that are missing, that name a test which does not take it, and that nothing needs', () => {
    const sources = measured([f, then], { [orElse]: ['t1'], [inner]: ['t1'], [innerElse]: ['t1'] });
    const outdated = (...tested: readonly Row[]) => judgeBranches(sources, { reasons: [], tested }).outdated;
    expect(outdated(elseRow)).toEqual([]);
    expect(outdated()).toEqual([elseRow]);
    expect(outdated(row('f: if (a): else', 't2'))).toEqual([row('f: if (a): else', 't2')]);
    expect(outdated(elseRow, row('f: if (a): then', 't1'))).toEqual([row('f: if (a): then', 't1')]);
  });

  it('names as few tests as will do, and keeps those that are named already', () => {
    const sources = measured([f], { [then]: ['t1', 't2'], [orElse]: ['t2', 't3'] });
    const tested = (...before: readonly Row[]) => {
      const judged = judgeBranches(sources, { reasons: [], tested: before });
      return judged.tested.map(({ says }) => says);
    };
    expect(tested()).toEqual(['t2', 't2']);
    expect(tested(row('f: if (a): then', 't1'))).toEqual(['t1', 't2']);
  });
});
