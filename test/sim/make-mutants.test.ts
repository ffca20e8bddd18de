import { describe, expect, it } from 'vitest';
import { edited } from './mutations/edit.js';
import { describeMutant, mutantsOf } from './mutations/make-mutants.js';

/** Each mutant as the source that it makes, without the mark that it was come by. */
const made = (source: string): readonly string[] =>
  mutantsOf('src/a.ts', source).map(({ edit }) =>
    edited(source, edit)
      .replaceAll('globalThis.adfpushMutantPassed = true, ', '')
      .replaceAll('globalThis.adfpushMutantPassed = true; ', ''),
  );

describe('the mutants of a source', () => {
  it('negate what an if, a loop and a conditional expression ask', () => {
    expect(made('if (a) b();')).toEqual(['if ((!(a))) b();']);
    expect(made('while (a()) b();')).toEqual(['while ((!(a()))) b();']);
    expect(made('for (; a; ) b();')).toEqual(['for (; (!(a)); ) b();']);
    expect(made('const x = a ? b : c;')).toEqual(['const x = (!(a)) ? b : c;']);
  });

  it('swap && and ||, without changing what belongs together', () => {
    expect(made('x = a && b || c;')).toEqual(['x = ((a && b) && (c));', 'x = ((a) || (b)) || c;']);
  });

  it('move the border of a comparison, and no type argument', () => {
    expect(made('x = a < b;')).toEqual(['x = ((a) <= (b));']);
    expect(made('x = a >= b;')).toEqual(['x = ((a) > (b));']);
    expect(made('const x: Map<A, B> = new Map<A, B>();')).toEqual([]);
  });

  it('leave out an early return, but not the last one of a function', () => {
    expect(made('function f() { if (a) return 1; return 2; }')).toEqual([
      'function f() { if ((!(a))) return 1; return 2; }',
      'function f() { if (a) { } return 2; }',
    ]);
    expect(made('function f() { try { return a; } finally { b(); } }')).toEqual([]);
    expect(made('function f() { switch (a) { case 1: return b; } }')).toEqual([
      'function f() { switch (a) { case 1: { } } }',
    ]);
  });

  it('leave out a throw, and an awaited call whose result is not used', () => {
    expect(made('throw a;')).toEqual(['{ }']);
    expect(made('await a(); const b = await c();')).toEqual(['{ } const b = await c();']);
  });

  it('flip booleans, and no types', () => {
    expect(made('const x: true = true;')).toEqual(['const x: true = (false);']);
  });

  it('make a time 0, and no count and no mask', () => {
    expect(made('const x = 15_000;')).toEqual(['const x = (0);']);
    expect(made('const x = 3; const y = 0xffff;')).toEqual([]);
  });

  it('say where they are, and what they do', () => {
    const [mutant] = mutantsOf('src/a.ts', '\n  x = a <\n b;');
    expect(mutant).toMatchObject({ kind: 'border moved', line: 2, column: 7 });
    expect(mutant && describeMutant(mutant)).toBe('border moved: a < b -> (a) <= (b)');
  });
});

describe('an edit', () => {
  const file = 'src/a.ts';

  it('replaces a whole line, whatever blanks are around it', () => {
    expect(edited('a();\n  b();\nb();', { file, line: 'b();', replacement: 'c();' })).toBe(
      'a();\nc();\nb();',
    );
  });

  it('refuses a text that is not there any more, or not only there', () => {
    expect(() => edited('a', { file, line: 'b', replacement: '' })).toThrow('has no line "b" any more');
    expect(() => edited('a', { file, text: 'b', replacement: '' })).toThrow('has no text "b" there');
    expect(() => edited('a a', { file, text: 'a', replacement: '' })).toThrow('more than once');
    expect(() => edited('a a', { file, text: 'a', at: 1, replacement: '' })).toThrow('has no text "a" there');
    expect(edited('a a', { file, text: 'a', at: 2, replacement: 'b' })).toBe('a b');
  });
});
