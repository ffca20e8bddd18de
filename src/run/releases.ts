import { errorsOf } from '../errors/adf-error.js';
import { recordsSilent } from '../errors/releases.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import { mergeReleases } from '../model/release-history.js';
import type { ReleaseOutcome, ReleaseRecord } from '../model/release-record.js';
import type { Clock } from '../ports/clock.js';
import type { ReleasePlace, Releases, ReleasesOf } from '../ports/releases.js';

/** How long a place is waited for that holds up nothing but records: a host that does not answer has its records elsewhere, too. */
const patience: Milliseconds = 5_000;

/** Texts that each place is asked for where only its newest releases matter; each has two, one when it begins and one when it has ended. */
export const enoughOfNewest = 40;

/** What the places that answered tell of a group's releases. */
export interface KnownReleases {
  /** Each once, the newest first. */
  readonly releases: readonly ReleaseRecord[];
  /** What could not be read, a sentence each. */
  readonly warnings: readonly string[];
}

/** Every place that keeps releases of the group of these hosts. */
export const placesOf = (hosts: readonly Host[], releases: Releases): readonly ReleasePlace[] => [
  ...releases.shared,
  ...hosts.map((host) => releases.on(host)),
];

/**
 * The releases of a group, as all places tell them: hosts, the state folder, the table. Each has some of them: hosts come and go, and agents have
 * folders of their own. `limit` is how many of the newest texts each place is asked for. Never throws.
 */
export async function readReleases(
  of: ReleasesOf,
  places: readonly ReleasePlace[],
  limit: number,
  clock: Clock,
): Promise<KnownReleases> {
  const told = await Promise.all(
    places.map(async (place) => {
      try {
        const { records, unreadable, newer } = await inTime(place, place.read(of, limit), clock);
        const passedOver = [
          ...(unreadable === 0 ? [] : [`${linesOf(unreadable)} torn or foreign`]),
          ...(newer === 0 ? [] : [`${linesOf(newer)} of a newer version of adfpush`]),
        ];
        const warnings = passedOver.map(
          (what) => `Of the releases of "${of.group}" on record in ${place.name}, ${what}.`,
        );
        return { records, warnings };
      } catch (error) {
        const why = errorsOf(error)[0].message;
        return {
          records: [],
          warnings: [`The releases of "${of.group}" on record in ${place.name} were not read: ${why}`],
        };
      }
    }),
  );
  return {
    releases: mergeReleases(told.flatMap(({ records }) => records)),
    warnings: told.flatMap(({ warnings }) => warnings),
  };
}

const linesOf = (count: number): string => (count === 1 ? '1 line is' : `${count} lines are`);

/** Writes a record to places that all take it. Gives what went wrong, a sentence each; never throws. */
export async function writeRelease(
  record: ReleaseRecord,
  places: readonly ReleasePlace[],
  clock: Clock,
): Promise<readonly string[]> {
  const warnings = await Promise.all(
    places.map(async (place) => {
      try {
        await inTime(place, place.write(record), clock);
        return [];
      } catch (error) {
        return [`Release r${record.number} is not on record in ${place.name}: ${errorsOf(error)[0].message}`];
      }
    }),
  );
  return warnings.flat();
}

async function inTime<T>({ name }: ReleasePlace, call: Promise<T>, clock: Clock): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([
      call,
      clock.sleep(patience, done.signal).then(() => {
        throw recordsSilent(name);
      }),
    ]);
  } finally {
    done.abort();
  }
}

/**
 * Ends the records of runs that left theirs without an end. To be called under the lease of the group: such a run is over. Gives what
 * went wrong, a sentence each.
 */
export async function endReleases(
  open: readonly ReleaseRecord[],
  outcome: Exclude<ReleaseOutcome, 'running'>,
  places: readonly ReleasePlace[],
  clock: Clock,
): Promise<readonly string[]> {
  const warnings = await Promise.all(
    open.map((record) => writeRelease({ ...record, outcome, endedAt: clock.now() }, places, clock)),
  );
  return warnings.flat();
}
