import pLimit from 'p-limit';
import { errorsOf } from '../errors/adf-error.js';
import { recordsSilent } from '../errors/releases.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type { Ledger, LedgerOf, LedgerRecord, Ledgers } from '../ports/ledger.js';

/** How long a place is waited for that holds up nothing but records: a host that does not answer has its records elsewhere, too. */
const patience: Milliseconds = 5_000;

/** What asking many places goes by: how many at the same time, and the clock. A `Run` has both. */
export interface Asking {
  readonly forks: number;
  readonly ports: { readonly clock: Clock };
}

/** Every place that keeps records of the group of these hosts; the table of the team, where there is one, is the first. */
export const placesOf = <R extends LedgerRecord>(
  hosts: readonly Host[],
  ledgers: Ledgers<R>,
): readonly Ledger<R>[] => [...ledgers.shared, ...hosts.map((host) => ledgers.on(host))];

/** What came of reading several places. */
export interface PlacesRead<R> {
  readonly records: readonly R[];
  /** How many places were read. */
  readonly answered: number;
  /** What could not be read, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * All that these places tell of a group, each text by itself. `limit` is how many of the newest texts each is asked for, `what` are the records in
 * words: `releases of "api"`. What could not be read is a warning. Never throws.
 */
export async function readPlaces<R extends LedgerRecord>(
  of: LedgerOf,
  places: readonly Ledger<R>[],
  limit: number,
  { what, ...asking }: Asking & { readonly what: string },
): Promise<PlacesRead<R>> {
  const told = await ofEach(places, asking, async (place) => {
    try {
      const { records, unreadable, newer } = await inTime(place, place.read(of, limit), asking);
      const passedOver = [
        ...(unreadable === 0 ? [] : [`${linesOf(unreadable)} torn or foreign`]),
        ...(newer === 0 ? [] : [`${linesOf(newer)} of a newer version of adfpush`]),
      ];
      return {
        records,
        warnings: passedOver.map((why) => `Of the ${what} on record in ${place.name}, ${why}.`),
      };
    } catch (error) {
      const why = errorsOf(error)[0].message;
      return {
        records: undefined,
        warnings: [`The ${what} on record in ${place.name} were not read: ${why}`],
      };
    }
  });
  return {
    records: told.flatMap(({ records = [] }) => records),
    answered: told.filter(({ records }) => records !== undefined).length,
    warnings: told.flatMap(({ warnings }) => warnings),
  };
}

const linesOf = (count: number): string => (count === 1 ? '1 line is' : `${count} lines are`);

/** What came of writing a record in several places. */
export interface WrittenTo<R> {
  /** With its number. */
  readonly record: R;
  /** How many places have it. */
  readonly taken: number;
  /** What went wrong, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Writes a new record. The first place decides about its number: one that another run has there already is passed over. `name` names the record
 * in warnings. Never throws.
 */
export async function writeNew<R extends LedgerRecord>(
  draft: R,
  [first, ...others]: readonly Ledger<R>[],
  asking: Asking,
  name: (record: R) => string,
): Promise<WrittenTo<R>> {
  for (let record = draft; ; record = { ...record, number: record.number + 1 }) {
    const outcome = first === undefined ? nowhere : await writeTo(first, record, asking, name);
    if (outcome.kind === 'taken') continue;
    const rest = await writePlaces(record, others, asking, name);
    return {
      record,
      taken: (outcome.kind === 'written' ? 1 : 0) + rest.taken,
      warnings: [...outcome.warnings, ...rest.warnings],
    };
  }
}

/** Writes a record whose number is its own already. Never throws. */
export async function writePlaces<R extends LedgerRecord>(
  record: R,
  places: readonly Ledger<R>[],
  asking: Asking,
  name: (record: R) => string,
): Promise<WrittenTo<R>> {
  const outcomes = await ofEach(places, asking, async (place) => writeTo(place, record, asking, name));
  return {
    record,
    taken: outcomes.filter(({ kind }) => kind === 'written').length,
    warnings: outcomes.flatMap(({ warnings }) => warnings),
  };
}

interface Outcome {
  readonly kind: 'written' | 'taken' | 'failed';
  readonly warnings: readonly string[];
}

const nowhere: Outcome = { kind: 'failed', warnings: [] };

async function writeTo<R extends LedgerRecord>(
  place: Ledger<R>,
  record: R,
  asking: Asking,
  name: (record: R) => string,
): Promise<Outcome> {
  try {
    return { kind: await inTime(place, place.write(record), asking), warnings: [] };
  } catch (error) {
    const why = errorsOf(error)[0].message;
    return { kind: 'failed', warnings: [`${name(record)} is not on record in ${place.name}: ${why}`] };
  }
}

/** As many places at the same time as hosts are worked on. */
function ofEach<P, T>(
  places: readonly P[],
  { forks }: Asking,
  act: (place: P) => Promise<T>,
): Promise<readonly T[]> {
  const limit = pLimit(Math.max(1, forks));
  return Promise.all(places.map((place) => limit(() => act(place))));
}

async function inTime<T>(
  { name }: { readonly name: string },
  call: Promise<T>,
  { ports: { clock } }: Asking,
): Promise<T> {
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
