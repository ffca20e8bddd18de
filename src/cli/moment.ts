import { invalidMoment } from '../errors/cli.js';
import { parseDuration, type Milliseconds } from '../model/duration.js';
import { logTime } from '../model/log-time.js';

/** What `--since` says: `10m` ago, or a time in ISO 8601 as it is. Throws `cli.invalid_moment`. */
export function momentOf(
  flag: string,
  text: string,
): { readonly ago: Milliseconds } | { readonly at: string } {
  const ago = parseDuration(text);
  if (ago !== undefined) return { ago };
  const at = logTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (at === undefined || Number.isNaN(Date.parse(at))) throw invalidMoment(flag, text);
  return { at };
}
