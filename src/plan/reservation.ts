import type { Milliseconds } from '../model/duration.js';
import type { TargetGroupArn } from '../model/ids.js';
import type { Registration } from '../model/registration.js';
import type { Tag } from '../model/tag.js';

/** What one run has out of a target group, or wants out: kept on the target group, where the runs of all groups read it. */
export interface Reservation {
  /** `<environment>/<group>`: only one run at a time holds its lease. */
  readonly owner: string;
  readonly run: string;
  /** Wall-clock time of the run's own machine, in milliseconds since 1970. */
  readonly expires: number;
  /** Places (see `placeOf`) that the run took. */
  readonly out: ReadonlySet<string>;
  /** Places that the run would take next, and has not been allowed yet. */
  readonly wanted: ReadonlySet<string>;
}

/** The clocks of two machines may differ by this much: a reservation of another run counts so much longer. */
export const clockMargin: Milliseconds = 30_000;

const prefix = 'adfpush:out:';
const longestValue = 256;

/** A registration inside its target group, in characters that a tag may hold: `i-0123456789abcdef0:5060`. */
export const placeOf = ({ id, port }: Registration): string => `${id}:${port}`;

/** The registration of a place, in its target group. */
export const registrationAt = (place: string, targetGroup: TargetGroupArn): Registration => {
  const colon = place.lastIndexOf(':');
  return { targetGroup, id: place.slice(0, colon), port: Number(place.slice(colon + 1)) };
};

/** The tags of a reservation: as many as its places need. One of a run that wants and has nothing is written too. */
export function tagsOf({ owner, run, expires, out, wanted }: Reservation): readonly Tag[] {
  const head = `${run} ${Math.ceil(expires / 1_000)}`;
  const values = [head];
  for (const word of [...out, ...[...wanted].map((place) => `+${place}`)]) {
    const last = values.at(-1) ?? head;
    if (last.length + 1 + word.length <= longestValue) values[values.length - 1] = `${last} ${word}`;
    else values.push(`${head} ${word}`);
  }
  return values.map((value, index) => ({ key: `${prefix}${owner}:${index}`, value }));
}

/**
 * The reservations in the tags of a target group. Tags of anything else are passed over. An owner whose tags are of two runs
 * has two reservations: those of the run that was there before count until they expire.
 */
export function reservationsIn(tags: readonly Tag[]): readonly Reservation[] {
  const found = new Map<string, Reservation>();
  for (const { key, value } of tags) {
    const owner = /^adfpush:out:(.+):\d+$/.exec(key)?.[1];
    const [run = '', seconds = '', ...places] = value.split(' ');
    if (owner === undefined || !/^\d+$/.test(seconds)) continue;
    const before = found.get(`${owner} ${run}`);
    found.set(`${owner} ${run}`, {
      owner,
      run,
      expires: Math.max(before?.expires ?? 0, Number(seconds) * 1_000),
      out: new Set([...(before?.out ?? []), ...places.filter((one) => !one.startsWith('+'))]),
      wanted: new Set([
        ...(before?.wanted ?? []),
        ...places.filter((one) => one.startsWith('+')).map((one) => one.slice(1)),
      ]),
    });
  }
  return [...found.values()];
}

/** Those of other runs that still count at this wall-clock time (milliseconds since 1970). */
export const ofOthers = (
  reservations: readonly Reservation[],
  run: string,
  now: number,
): readonly Reservation[] => reservations.filter((one) => one.run !== run && now < one.expires + clockMargin);

/** Every place that these runs have out or want out: none of them counts as healthy for other runs. */
export const reservedBy = (reservations: readonly Reservation[]): ReadonlySet<string> =>
  new Set(reservations.flatMap(({ out, wanted }) => [...out, ...wanted]));

/**
 * Whether a run that the floor blocks leaves its wish on the target group. The smallest run id that wishes does, all others
 * take theirs back: so two that block each other never both wait, nor both give way.
 */
export const keepsWish = (run: string, others: readonly Reservation[]): boolean =>
  others.every((other) => other.wanted.size === 0 || run < other.run);
