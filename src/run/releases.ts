import pLimit from 'p-limit';
import type { Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { recordsSilent } from '../errors/releases.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import { mergeReleases } from '../model/release-history.js';
import type { ReleaseOutcome, ReleaseRecord } from '../model/release-record.js';
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

/** Every place that keeps releases of the group of these hosts; the table of the team, where there is one, is the first. */
export const placesOf = (hosts: readonly Host[], releases: Releases): readonly ReleasePlace[] => [
  ...releases.shared,
  ...hosts.map((host) => releases.on(host)),
];

/** What asking many places goes by. */
type Asking = Pick<Run, 'forks'> & { readonly ports: Pick<Run['ports'], 'clock'> };

/**
 * The releases of a group, as all places tell them: hosts, the state folder, the table. Each has some of them: hosts come and go, and agents have
 * folders of their own. `limit` is how many of the newest texts each place is asked for. Never throws.
 */
export async function readReleases(
  of: ReleasesOf,
  places: readonly ReleasePlace[],
  limit: number,
  run: Asking,
): Promise<KnownReleases> {
  const told = await ofEach(places, run, async (place) => {
    try {
      const { records, unreadable, newer } = await inTime(place, place.read(of, limit), run);
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
  });
  return {
    releases: mergeReleases(told.flatMap(({ records }) => records)),
    warnings: told.flatMap(({ warnings }) => warnings),
  };
}

const linesOf = (count: number): string => (count === 1 ? '1 line is' : `${count} lines are`);

/**
 * Writes the record of a release that begins. The first place decides about its number: one that another run has there already is passed over.
 * Gives the record with its number, and what went wrong, a sentence each; never throws.
 */
export async function beginRelease(
  draft: ReleaseRecord,
  [first, ...others]: readonly ReleasePlace[],
  run: Asking,
): Promise<{ readonly record: ReleaseRecord; readonly warnings: readonly string[] }> {
  for (let record = draft; ; record = { ...record, number: record.number + 1 }) {
    const told = first === undefined ? [] : await writeTo(first, record, run);
    if (told !== 'taken')
      return { record, warnings: [...told, ...(await writeRelease(record, others, run))] };
  }
}

/** Writes a record whose number is its own already. Gives what went wrong, a sentence each; never throws. */
export async function writeRelease(
  record: ReleaseRecord,
  places: readonly ReleasePlace[],
  run: Asking,
): Promise<readonly string[]> {
  const told = await ofEach(places, run, async (place) => writeTo(place, record, run));
  return told.flatMap((one) => (one === 'taken' ? [] : one));
}

async function writeTo(
  place: ReleasePlace,
  record: ReleaseRecord,
  run: Asking,
): Promise<'taken' | readonly string[]> {
  try {
    const outcome = await inTime(place, place.write(record), run);
    return outcome === 'taken' ? outcome : [];
  } catch (error) {
    return [`Release r${record.number} is not on record in ${place.name}: ${errorsOf(error)[0].message}`];
  }
}

/** As many places at the same time as hosts are worked on. */
function ofEach<T>(
  places: readonly ReleasePlace[],
  { forks }: Asking,
  act: (place: ReleasePlace) => Promise<T>,
): Promise<readonly T[]> {
  const limit = pLimit(Math.max(1, forks));
  return Promise.all(places.map((place) => limit(() => act(place))));
}

async function inTime<T>({ name }: ReleasePlace, call: Promise<T>, { ports: { clock } }: Asking): Promise<T> {
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
  run: Asking,
): Promise<readonly string[]> {
  const endedAt = run.ports.clock.now();
  const warnings = await Promise.all(
    open.map((record) => writeRelease({ ...record, outcome, endedAt }, places, run)),
  );
  return warnings.flat();
}
