import { RE2JS, RE2JSSyntaxException } from 're2js';
import { ArgumentProblem, isTruthy, list, NotFound, text, withOptions, type Options } from './function.js';

/**
 * Regular expressions of RE2: the time that a match takes grows with the text, never exponentially. Look-around and back-references in
 * a pattern do not exist there.
 */
const compiled = new Map<string, RE2JS>();
const cacheLimit = 1_000;

/** Throws ArgumentProblem for what is no pattern. */
function pattern(source: string, options: Options = {}): RE2JS {
  const flags =
    (isTruthy(options['ignorecase']) ? RE2JS.CASE_INSENSITIVE : 0) |
    (isTruthy(options['multiline']) ? RE2JS.MULTILINE : 0);
  const key = `${flags} ${source}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = compile(source, flags);
  if (compiled.size >= cacheLimit) compiled.clear();
  compiled.set(key, made);
  return made;
}

function compile(source: string, flags: number): RE2JS {
  const lookAround = /\(\?<?[=!]/.exec(source);
  if (lookAround !== null) {
    throw new ArgumentProblem(
      `patterns are RE2, which has no look-around such as ${lookAround[0]}…): ${source}`,
    );
  }
  try {
    return RE2JS.compile(source, flags);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new ArgumentProblem(
      `"${source}" is no pattern: ${error.message.replace(/^error parsing regexp: /, '')}`,
    );
  }
}

/** Whether the pattern fits anywhere in the text. */
export const isFoundIn = (value: string, source: string, options?: Options): boolean =>
  pattern(source, options).matcher(value).find();

/** Whether the pattern fits at the beginning of the text, as `match` does in Ansible. */
export const fitsAtStart = (value: string, source: string, options?: Options): boolean =>
  pattern(source, options).matcher(value).lookingAt();

/** `\1`, `\g<1>` and `\g<name>` stand for what a group matched, as in Ansible; everything else for itself. */
function replaced(value: string, source: string, replacement: string, options: Options): string {
  const matcher = pattern(source, options).matcher(value);
  const limit = typeof options['count'] === 'number' ? options['count'] : 0;
  let result = '';
  let end = 0;
  for (let done = 0; (limit === 0 || done < limit) && matcher.find(); done += 1) {
    result += value.slice(end, matcher.start()) + expanded(replacement, matcher);
    end = matcher.end();
  }
  return result + value.slice(end);
}

function expanded(replacement: string, matcher: ReturnType<RE2JS['matcher']>): string {
  return replacement.replace(/\\(?:(\d{1,2})|g<(\w+)>|(\\))/g, (_all, digits?: string, name?: string) => {
    const group = digits ?? name;
    if (group === undefined) return '\\';
    try {
      return matcher.group(/^\d+$/.test(group) ? Number(group) : group) ?? '';
    } catch {
      throw new ArgumentProblem(`the pattern has no group ${group}`);
    }
  });
}

/** Without groups the whole match; with groups a list of them, where the caller asked for some. */
function searched(value: string, source: string, groups: readonly string[], options: Options): unknown {
  const matcher = pattern(source, options).matcher(value);
  if (!matcher.find()) return new NotFound(`"${source}" is not found in the text`);
  if (groups.length === 0) return matcher.group() ?? '';
  return groups.map((group) => expanded(group, matcher));
}

function foundAll(value: string, source: string, options: Options): readonly unknown[] {
  const matcher = pattern(source, options).matcher(value);
  const found: unknown[] = [];
  const groups = matcher.groupCount();
  while (matcher.find()) {
    const parts = Array.from({ length: groups }, (_, index) => matcher.group(index + 1) ?? '');
    found.push(groups === 0 ? (matcher.group() ?? '') : groups === 1 ? parts[0] : parts);
  }
  return found;
}

const flags = ['ignorecase', 'multiline'] as const;

export const patternFunctions = {
  regex_replace: withOptions(
    'regex_replace text "pattern" "with \\1"',
    'the text with every match replaced; `count=1` for the first only',
    [3, 3],
    [...flags, 'count'],
    ([value, source, replacement], options) =>
      replaced(text(value), text(source), text(replacement), options),
  ),
  regex_search: withOptions(
    'regex_search text "pattern"',
    'the first match; with `"\\1"` behind it, a list of these groups; nothing when there is none',
    [2, 12],
    flags,
    ([value, source, ...groups], options) => searched(text(value), text(source), groups.map(text), options),
  ),
  regex_findall: withOptions(
    'regex_findall text "pattern"',
    'a list of all matches; of what the group matched, when the pattern has one',
    [2, 2],
    flags,
    ([value, source], options) => foundAll(text(value), text(source), options),
  ),
  regex_escape: withOptions(
    'regex_escape text',
    'a pattern that fits this very text',
    [1, 1],
    [],
    ([value]) => RE2JS.quote(text(value)),
  ),
  match: withOptions(
    'match text "pattern"',
    'true when the pattern fits at the beginning of the text',
    [2, 2],
    flags,
    ([value, source], options) => fitsAtStart(text(value), text(source), options),
    { secrets: 'count' },
  ),
  search: withOptions(
    'search text "pattern"',
    'true when the pattern fits anywhere in the text',
    [2, 2],
    flags,
    ([value, source], options) =>
      Array.isArray(value)
        ? list(value).some((one) => isFoundIn(text(one), text(source), options))
        : isFoundIn(text(value), text(source), options),
    { secrets: 'count' },
  ),
};
