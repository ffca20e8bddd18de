import { createContext, Script } from 'node:vm';
import { RE2JS } from 're2js';
import { patternTooSlow } from '../../errors/patterns.js';
import type { Milliseconds } from '../duration.js';
import { PatternFault, translate, type PatternFlags, type Translated } from './python-syntax.js';

/** Where a pattern matches in a text. */
export interface PatternMatch {
  /** UTF-16 units from the beginning of the text. */
  readonly start: number;
  readonly end: number;
  /** What each group matched; the first is the whole match, and a group that took no part is undefined. */
  readonly groups: readonly (string | undefined)[];
  /** Where each of them begins. */
  readonly starts: readonly (number | undefined)[];
}

/** A regular expression in Python's syntax, which cannot hang the program. */
export interface Pattern {
  /** As it was written. */
  readonly source: string;
  readonly multiline: boolean;
  /** The number of its groups, the whole match left out. */
  readonly groupCount: number;
  /** The number of each group that has a name. */
  readonly names: Readonly<Record<string, number>>;
  /** The first match in each of these texts. Throws `pattern.too_slow`. */
  firstIn(texts: readonly string[]): readonly (PatternMatch | undefined)[];
  /** All matches in one text, none overlapping another. Throws `pattern.too_slow`. */
  allIn(text: string): readonly PatternMatch[];
}

/**
 * Compiles a pattern. RE2 does all it can, in time that is linear to the text; what holds a look around or a backreference is left to
 * JavaScript's own engine, which is stopped after two seconds. Throws `PatternFault`.
 */
export function compilePattern(source: string, flags: Partial<PatternFlags> = {}): Pattern {
  const translated = translate(source, flags);
  // Both engines read it, so that one that RE2 accepts alone is refused at once, too.
  const native = compileNative(translated);
  return translated.re2 === undefined ? new NativePattern(source, native) : compileRe2(source, translated);
}

/** What JavaScript's engine says is `Invalid regular expression: /(/u: Unterminated group`. */
function compileNative({ js, flags }: Translated): RegExp {
  try {
    return new RegExp(js, `dgu${flags.ignoreCase ? 'i' : ''}`);
  } catch (error) {
    const said = error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : '';
    throw new PatternFault(`cannot be read: ${said.charAt(0).toLowerCase()}${said.slice(1)}`);
  }
}

function compileRe2(source: string, { re2 = '', flags }: Translated): Pattern {
  const bits =
    (flags.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.multiline ? RE2JS.MULTILINE : 0) |
    (flags.dotAll ? RE2JS.DOTALL : 0);
  try {
    return new LinearPattern(source, RE2JS.compile(re2, bits), flags.multiline);
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    throw new PatternFault(`cannot be read: ${said}`);
  }
}

class LinearPattern implements Pattern {
  readonly groupCount: number;
  readonly names: Readonly<Record<string, number>>;

  constructor(
    readonly source: string,
    private readonly compiled: RE2JS,
    readonly multiline: boolean,
  ) {
    this.groupCount = compiled.groupCount();
    this.names = compiled.namedGroups();
  }

  firstIn(texts: readonly string[]): readonly (PatternMatch | undefined)[] {
    return texts.map((text) => {
      const matcher = this.compiled.matcher(text);
      return matcher.find() ? this.#matchOf(matcher) : undefined;
    });
  }

  allIn(text: string): readonly PatternMatch[] {
    const matcher = this.compiled.matcher(text);
    const all: PatternMatch[] = [];
    while (matcher.find()) all.push(this.#matchOf(matcher));
    return all;
  }

  #matchOf(matcher: ReturnType<RE2JS['matcher']>): PatternMatch {
    const numbers = Array.from({ length: this.groupCount + 1 }, (_, group) => group);
    const groups = numbers.map((group) => matcher.group(group) ?? undefined);
    const starts = numbers.map((group) => (groups[group] === undefined ? undefined : matcher.start(group)));
    return { start: matcher.start(), end: matcher.end(), groups, starts };
  }
}

/** How long JavaScript's engine may look through one file. */
const patience: Milliseconds = 2_000;

class NativePattern implements Pattern {
  readonly multiline = false;
  readonly groupCount: number;
  readonly names: Readonly<Record<string, number>>;

  constructor(
    readonly source: string,
    private readonly compiled: RegExp,
  ) {
    // The empty alternative matches, and its result has a place for every group.
    const groups = [
      ...(new RegExp(`${compiled.source}|`, compiled.flags.replace(/[dg]/g, '')).exec('') ?? []),
    ];
    this.groupCount = Math.max(0, groups.length - 1);
    this.names = namesIn(compiled.source);
  }

  firstIn(texts: readonly string[]): readonly (PatternMatch | undefined)[] {
    return this.#inTime(() =>
      texts.map((text) => {
        this.compiled.lastIndex = 0;
        const match = this.compiled.exec(text);
        return match === null ? undefined : matchOf(match);
      }),
    );
  }

  allIn(text: string): readonly PatternMatch[] {
    return this.#inTime(() => [...text.matchAll(this.compiled)].map(matchOf));
  }

  /** V8 can be stopped within a match, but only by the time limit of a script. */
  #inTime<T>(work: () => T): T {
    const box: { work: () => void; result?: T } = {
      work: () => {
        box.result = work();
      },
    };
    try {
      new Script('work()').runInContext(createContext(box), { timeout: patience });
    } catch (error) {
      if (isTimeout(error)) throw patternTooSlow(this.source, patience);
      throw error;
    }
    if (box.result === undefined) throw new Error('the script ended without its result');
    return box.result;
  }
}

/** The error is one of the script's realm, where Error is another class. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

const matchOf = (match: RegExpExecArray): PatternMatch => ({
  start: match.index,
  end: match.index + match[0].length,
  groups: [...match],
  starts: [...(match.indices ?? [])].map((span) => span?.[0]),
});

/** Groups count by their opening parentheses; those after a backslash or in a set are none. */
function namesIn(source: string): Readonly<Record<string, number>> {
  const names: Record<string, number> = {};
  let count = 0;
  for (const [token] of source.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|\((?:\?(?:<([A-Za-z_]\w*)>)?)?/g)) {
    const name = /^\(\?<([A-Za-z_]\w*)>$/.exec(token)?.[1];
    if (token === '(' || name !== undefined) count += 1;
    if (name !== undefined) names[name] = count;
  }
  return names;
}
