import { AdfError } from '../errors/adf-error.js';

/** How leases are taken, and let go; `wait` says whether one that another run has is waited for. */
interface LeaseTaking<Wanted, Held> {
  readonly acquire: (wanted: Wanted, wait: 'not' | 'as_asked') => Promise<Held>;
  readonly letGo: (held: Held) => Promise<void>;
  /** Of each that is taken, in the order of `wanted`. */
  readonly keep: (held: Held) => void;
}

/**
 * Takes all of these leases at the same time. While one is waited for that another run has, only those before it in the order are in hand: so two
 * runs that take them in the same order do not wait for each other. Throws why one is not to be had; what was got is kept.
 */
export async function takeSideBySide<Wanted, Held>(
  wanted: readonly Wanted[],
  { acquire, letGo, keep }: LeaseTaking<Wanted, Held>,
  waits: boolean,
): Promise<void> {
  let left = wanted;
  while (left.length > 1) {
    const got = await Promise.allSettled(left.map((one) => acquire(one, 'not')));
    const failed = got.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    // What passes by itself must not hide what does not.
    const failure = failed.find((error) => !isOf(error, 'lease.unavailable')) ?? failed[0];
    const first = got.findIndex(({ status }) => status === 'rejected');
    const isAwaited =
      waits && failed.length > 0 && failed.every((error) => isAwaitedFor.some((code) => isOf(error, code)));
    const after = isAwaited ? got.slice(first) : [];
    const before = isAwaited ? got.slice(0, first) : got;
    for (const one of before) if (one.status === 'fulfilled') keep(one.value);
    await Promise.all(after.flatMap((one) => (one.status === 'fulfilled' ? [letGo(one.value)] : [])));
    if (failed.length === 0) return;
    if (!isAwaited) throw failure;
    for (const one of left.slice(first, first + 1)) keep(await acquire(one, 'as_asked'));
    left = left.slice(first + 1);
  }
  for (const one of left) keep(await acquire(one, 'as_asked'));
}

/** Another run has it, or may still have it. */
const isAwaitedFor = ['lease.held', 'lease.quiet', 'lease.members_gone'];

const isOf = (error: unknown, code: string): boolean => error instanceof AdfError && error.code === code;

/** Acts that have a name in common run one after the other, others at the same time. */
export class ByName {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>(names: readonly string[], act: () => Promise<T>): Promise<T> {
    const before = names.flatMap((name) => this.#last.get(name) ?? []);
    const acting = Promise.all(before).then(act);
    const over = acting.catch(() => undefined);
    for (const name of names) this.#last.set(name, over);
    return acting;
  }
}
