import { formatPinnedImage } from './release.js';
import type { ReleaseRecord } from './release-record.js';

/** Of several texts of one release, the one that knows most: an end outweighs the beginning, and a later end an earlier one. */
const newer = (one: ReleaseRecord, other: ReleaseRecord): ReleaseRecord =>
  (other.endedAt ?? 0) > (one.endedAt ?? 0) ? other : one;

/** The releases that several places tell of, each once; of each group the newest first. */
export const mergeReleases = (told: readonly ReleaseRecord[]): readonly ReleaseRecord[] =>
  [...Map.groupBy(told, ({ run, group, environment }) => `${environment} ${group} ${run}`).values()]
    .map((same) => same.reduce(newer))
    .sort((a, b) => b.number - a.number || b.startedAt - a.startedAt);

/** The number of the next release: `releases` are all that are known of the group. */
export const nextNumber = (releases: readonly ReleaseRecord[]): number =>
  1 + Math.max(0, ...releases.map(({ number }) => number));

/** The newest release that succeeded; `releases` have the newest first. */
export const lastSucceeded = (releases: readonly ReleaseRecord[]): ReleaseRecord | undefined =>
  releases.find(({ outcome }) => outcome === 'succeeded');

/**
 * The release that a group had before `release`, which a rollback goes back to: of a rollback it is the one before the release that it
 * restored, so that a rollback twice in a row goes one further back. Releases of the same image are passed over: a rollback changes the
 * image alone. Undefined where the records do not reach that far.
 */
export function releaseBefore(
  release: ReleaseRecord,
  releases: readonly ReleaseRecord[],
): ReleaseRecord | undefined {
  const earlier = (than: ReleaseRecord, number: number | undefined): ReleaseRecord | undefined =>
    releases.find((one) => one.number === number && one.number < than.number);
  const restored = (one: ReleaseRecord): ReleaseRecord => {
    const was = earlier(one, one.restores);
    return was === undefined ? one : restored(was);
  };
  let was = restored(release);
  for (;;) {
    const parent = earlier(was, was.parent);
    if (parent === undefined) return undefined;
    was = restored(parent);
    if (was.image.digest !== release.image.digest) return was;
  }
}

/** One difference between two releases. */
export interface ReleaseDifference {
  readonly what: 'version' | 'image' | 'configuration' | 'secret' | 'file' | 'revision';
  /** The key, the name of the secret, the path. */
  readonly name?: string;
  readonly change: 'added' | 'removed' | 'changed' | 'unknown';
  /** Of what may be shown. */
  readonly before?: string;
  readonly after?: string;
}

/** What changed from one release to another. */
export function differencesOf(before: ReleaseRecord, after: ReleaseRecord): readonly ReleaseDifference[] {
  const shown = (
    what: 'version' | 'image' | 'revision',
    a: string | undefined,
    b: string | undefined,
  ): readonly ReleaseDifference[] =>
    a === b
      ? []
      : [
          {
            what,
            change: a === undefined ? 'added' : b === undefined ? 'removed' : 'changed',
            ...(a === undefined ? {} : { before: a }),
            ...(b === undefined ? {} : { after: b }),
          },
        ];
  return [
    ...shown('version', before.version, after.version),
    ...shown('image', formatPinnedImage(before.image), formatPinnedImage(after.image)),
    ...changesOf('configuration', before.configuration.keys, after.configuration.keys),
    ...secretChanges(before, after),
    ...changesOf('file', before.files, after.files),
    ...shown('revision', revisionOf(before), revisionOf(after)),
  ];
}

const revisionOf = ({ project }: ReleaseRecord): string | undefined =>
  project === undefined ? undefined : `${project.commit.slice(0, 12)}${project.dirty ? ' and changes' : ''}`;

/** Hashes under two keys cannot be compared. */
function secretChanges(before: ReleaseRecord, after: ReleaseRecord): readonly ReleaseDifference[] {
  const [a, b] = [before.configuration.secrets, after.configuration.secrets];
  const changes = changesOf('secret', a?.hashes ?? {}, b?.hashes ?? {});
  return a === undefined || b === undefined || a.key === b.key
    ? changes
    : changes.map((one) => (one.change === 'changed' ? { ...one, change: 'unknown' } : one));
}

function changesOf(
  what: ReleaseDifference['what'],
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly ReleaseDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): readonly ReleaseDifference[] => {
    const had = Object.hasOwn(before, name);
    const has = Object.hasOwn(after, name);
    if (had && has && before[name] === after[name]) return [];
    return [{ what, name, change: had && has ? 'changed' : has ? 'added' : 'removed' }];
  });
}
