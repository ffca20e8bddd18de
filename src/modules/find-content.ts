import type { Pattern } from '../model/pattern/pattern.js';
import { moduleFailed } from '../errors/module-scripts.js';
import { matchesFromStart, type FoundEntry } from './find-filter.js';
import { hostScript } from './host-script.js';
import { sumScript, type SumAlgorithm } from './host-sums.js';
import { beginListing, runListing } from './listing.js';
import type { ModuleHost } from './module.js';

/** Bytes of each file that are searched. */
const searched = 16 * 1024 * 1024;

/**
 * Those files in which the pattern is found: at the beginning of a line, or anywhere. The control side matches, so that a pattern means the same
 * on every host. What cannot be read has nothing in it.
 */
export async function contentsMatch(
  entries: readonly FoundEntry[],
  { pattern, isWhole }: { readonly pattern: Pattern; readonly isWhole: boolean },
  host: ModuleHost,
): Promise<readonly FoundEntry[]> {
  if (entries.length === 0) return [];
  // An empty file has nothing to tell.
  const command = hostScript(`${beginListing}${telling}words_files tell\n`, {
    values: { searched },
    words: { files: entries.map(({ path }) => fromHere(path)) },
  });
  const said = await runListing(host, command, 'read the files that were found');
  const texts = said.split(/^\/\/@/m).map((part) => linesOf(part));
  return entries.filter((_, index) => {
    const lines = texts[index + 1] ?? [];
    if (!isWhole) return lines.some((line) => matchesFromStart(pattern, line));
    return pattern.firstIn([lines.join('\n')])[0] !== undefined;
  });
}

/** A line `//@` for each file, and then its lines, each behind a blank. */
const telling = `tell() {
  for file; do
    echo //@
    [ -r "$file" ] || continue
    head -c "$searched" "$file" | sed 's/^/ /'
    echo
  done
}
`;

const linesOf = (part: string): readonly string[] =>
  part.split('\n').flatMap((line) => (line.startsWith(' ') ? [line.slice(1)] : []));

/** The sums of these files, by path; of those that may be read. */
export async function sumsOf(
  entries: readonly FoundEntry[],
  algorithm: SumAlgorithm,
  host: ModuleHost,
): Promise<ReadonlyMap<string, string>> {
  const files = entries.filter(({ stat }) => stat.values['isreg'] === true);
  if (files.length === 0) return new Map();
  const command = hostScript(`${beginListing}${sumScript}${summing}words_files sums\n`, {
    values: { algorithm },
    words: { files: files.map(({ path }) => fromHere(path)) },
  });
  const said = await runListing(host, command, 'sum the files that were found', ({ code, reason }) =>
    code === 'no_checksum'
      ? moduleFailed('find.no_checksum', host.host, 'The files that were found cannot be summed', {
          reason,
          hint: 'Leave get_checksum out, or install coreutils.',
        })
      : undefined,
  );
  const sums = said.split('\n');
  return new Map(
    files.flatMap(({ path }, index) => {
      const sum = sums[index] ?? '';
      return sum === '' ? [] : [[path, sum] as const];
    }),
  );
}

/** One line for each file; an empty one where it cannot be read. */
const summing = `sums() {
  for file; do
    hash=
    if [ -r "$file" ]; then hash=$(sum_with "$algorithm" <"$file") || [ $? != 3 ] || exit 3; fi
    printf '%s\\n' "$hash"
  done
}
`;

/** A path that no program takes for an option. */
const fromHere = (path: string): string => (path.startsWith('-') ? `./${path}` : path);
