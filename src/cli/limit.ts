import { emptyLimitFile, retryStandsAlone, unreadableLimitFile } from '../errors/cli.js';
import { readRegularSync } from '../system/regular-file.js';

/** What a use case resolves itself. */
const retry = '@retry';

/**
 * What `--limit` means, which may be given several times: a pattern as it is; `@FILE` is the patterns on the lines of that file, blank lines and
 * those that begin with `#` left out. Throws `cli.limit_file`, `cli.limit_retry`.
 */
export function readLimit(given: readonly string[] | undefined): string | undefined {
  if (given === undefined || given.length === 0) return undefined;
  if (given.length > 1 && given.includes(retry)) throw retryStandsAlone();
  return given.map(patternOf).join(',');
}

function patternOf(given: string): string {
  if (!given.startsWith('@') || given === retry) return given;
  const path = given.slice(1);
  const patterns = read(path)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (patterns.length === 0) throw emptyLimitFile(path);
  return patterns.join(',');
}

function read(path: string): string {
  try {
    return readRegularSync(path).toString();
  } catch (error) {
    throw unreadableLimitFile(path, error);
  }
}
