import { describe, expect, it } from 'vitest';
import { instrument, unreached } from './coverage/branches.js';
import { explanationsIn, reasonFor } from './coverage/explanations.js';

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
      'loop in g',
    ]);
    expect(marked('function f() { switch (a) { case 1: case 2: b(); break; default: } }')).toBe(
      'function f() { m(1); switch (a) { case 1: case 2: m(2); b(); break; default: } }',
    );
    expect(marked('try { a(); } catch { b(); }')).toBe('try { a(); } catch { m(1); b(); }');
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

describe('the reasons why no seed takes a branch', () => {
  const explanations = explanationsIn(
    [
      '# Not reached',
      '| file | branch | reason |',
      '| --- | --- | --- |',
      '| `src/a.ts` | `*` | a dry run |',
      '| `src/b.ts` | `if (a \\|\\| b): then` | never happens |',
      '| `src/b.ts` | `callback in f…` | no group |',
    ].join('\n'),
  );
  const whyNot = (file: string, branch: string) => reasonFor(file, branch, explanations)?.why;

  it('are read from the rows of the tables', () => {
    expect(whyNot('src/a.ts', 'function f')).toBe('a dry run');
    expect(whyNot('src/b.ts', 'if (a || b): then')).toBe('never happens');
    expect(whyNot('src/b.ts', 'callback in f (2)')).toBe('no group');
  });

  it('are missing for what is in no row', () => {
    expect(whyNot('src/b.ts', 'if (a || b): else')).toBeUndefined();
    expect(whyNot('src/c.ts', 'function f')).toBeUndefined();
  });
});
