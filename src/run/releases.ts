import { mergeReleases } from '../model/release-history.js';
import { releaseName, type ReleaseOutcome, type ReleaseRecord } from '../model/release-record.js';
import type { Ledger, LedgerOf } from '../ports/ledger.js';
import { readPlaces, writeNew, writePlaces, type Asking } from '../state/ask-ledgers.js';

export { placesOf } from '../state/ask-ledgers.js';

/** A place that keeps records of releases. */
export type ReleasePlace = Ledger<ReleaseRecord>;

/** Texts that each place is asked for where only its newest releases matter; each has two, one when it begins and one when it has ended. */
export const enoughOfNewest = 40;

/** What the places that answered tell of a group's releases. */
export interface KnownReleases {
  /** Each once, the newest first. */
  readonly releases: readonly ReleaseRecord[];
  /** What could not be read, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The releases of a group, as all places tell them: hosts, the state folder, the table. Each has some of them: hosts come and go, and agents have
 * folders of their own. `limit` is how many of the newest texts each place is asked for. Never throws.
 */
export async function readReleases(
  of: LedgerOf,
  places: readonly ReleasePlace[],
  limit: number,
  { forks, ports }: Asking,
): Promise<KnownReleases> {
  const what = `releases of "${of.group}"`;
  const { records, warnings } = await readPlaces(of, places, limit, { forks, ports, what });
  return { releases: mergeReleases(records), warnings };
}

const inWords = (record: ReleaseRecord): string => `Release ${releaseName(record)}`;

/** Writes the record of a release that begins, and gives it with its number, and what went wrong. Never throws. */
export const beginRelease = (draft: ReleaseRecord, places: readonly ReleasePlace[], run: Asking) =>
  writeNew(draft, places, run, inWords);

/** Writes a record whose number is its own already. Gives what went wrong, a sentence each; never throws. */
export const writeRelease = async (
  record: ReleaseRecord,
  places: readonly ReleasePlace[],
  run: Asking,
): Promise<readonly string[]> => (await writePlaces(record, places, run, inWords)).warnings;

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
