import { defined } from '../model/defined.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import { isOfHost, touchesHost, type CloudHold, type Hold } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { GroupName, HoldId, HostId } from '../model/ids.js';
import type { JournalRecord } from '../model/journal-record.js';
import type { ProcessRecord, RunRecord } from '../model/run-record.js';

/** What the journal of a run tells of it. */
export interface RebuiltRun {
  /** Absent when it ended before it was to change anything: refused, or interrupted that early. */
  readonly record?: RunRecord;
  readonly startedAt?: EpochMilliseconds;
  /** Who worked on it last: the owner that began it, or the one that recovered it. */
  readonly process?: ProcessRecord;
  /** Not settled, or settled as `named`: a person was told, and it is held all the same. In the order in which they were opened. */
  readonly open: readonly Hold[];
  /** As `open`, of no host. */
  readonly inCloud: readonly CloudHold[];
  /** Every hold that it ever opened, one opened again included once for each time: where its hosts came from. */
  readonly origin: readonly Hold[];
  /** Mutations that were about to be made, and whose end is not recorded. */
  readonly unknown: readonly UnknownMutation[];
  /** Holds that are settled, each as it was opened last, and when it was settled. */
  readonly settled: ReadonlyMap<HoldId, SettledHold>;
  /** Hosts that keep the planned containers: one of their holds was settled as `replaced`, and nothing was held of them since. */
  readonly finished: ReadonlySet<HostId>;
  /** The epochs of the leases of the process that worked on it last. Empty in a journal of an older version. */
  readonly epochs: Epochs;
  /** The hosts that its playbook added, which no inventory lists. */
  readonly added: readonly Host[];
  readonly oneWay: readonly { readonly host: HostId; readonly task: string }[];
  /** Absent when it did not get to its end, or was taken up again since. */
  readonly ended?: { readonly at: EpochMilliseconds; readonly exit: number };
}

/** The epoch of each group's lease. */
export type Epochs = ReadonlyMap<GroupName, number>;

interface SettledHold {
  readonly hold: Hold;
  readonly at: EpochMilliseconds;
}

export interface UnknownMutation {
  /** Absent for what is no host's. */
  readonly host?: HostId;
  readonly what: string;
  /** When it was about to be made. */
  readonly at: EpochMilliseconds;
  /** The time that the request itself allows: the timeout of a stop. Unknown where only its host tells of it. */
  readonly ownTime?: Milliseconds;
  /** The id of the step of a job, which its host can be asked for. */
  readonly job?: string;
}

/** What a run still holds, and what else must be known of it, from its journal. Any prefix of a journal tells what was true at that moment. */
export function rebuildRun(records: readonly JournalRecord[]): RebuiltRun {
  const book = new OpenThings();
  let begun: { readonly record: RunRecord; readonly startedAt: EpochMilliseconds } | undefined;
  let process: ProcessRecord | undefined;
  let ended: RebuiltRun['ended'];
  let epochs: Epochs = new Map();
  let added: readonly Host[] = [];
  const oneWay: RebuiltRun['oneWay'][number][] = [];
  for (const record of records) {
    switch (record.type) {
      case 'run.started': {
        const { at, type: _type, ...started } = record;
        begun = { record: started, startedAt: at };
        process = started.process;
        epochs = epochsOf(started);
        break;
      }
      case 'run.grown': {
        const { groups, hosts } = record;
        if (begun !== undefined) begun = { ...begun, record: { ...begun.record, groups, hosts } };
        epochs = new Map([...epochs, ...epochsOf(record)]);
        added = record.added;
        break;
      }
      case 'run.recovering':
        process = record.process;
        ended = undefined;
        epochs = epochsOf(record);
        book.anotherProcess();
        break;
      case 'run.ended':
        ended = { at: record.at, exit: record.exit };
        break;
      case 'one_way.ran':
        oneWay.push({ host: record.host, task: record.task });
        break;
      default:
        book.read(record);
    }
  }
  return {
    ...begun,
    ...defined({ process }),
    ...book.left,
    epochs,
    added,
    oneWay,
    ...defined({ ended }),
  };
}

const epochsOf = ({ epochs = [] }: Pick<RunRecord, 'epochs'>): Epochs =>
  new Map(epochs.map(({ group, epoch }) => [group, epoch]));

/** Begun, and not ended, or ended with something still held: what `recover` and the next deploy take up. */
export const isInterrupted = ({ record, ended, open, inCloud }: RebuiltRun): boolean =>
  record !== undefined && (ended === undefined || open.length > 0 || inCloud.length > 0);

/**
 * Whether a run may be interrupted, by the last record of its journal: one that ended with another exit code than 5 holds nothing, so that
 * the rest of its journal need not be read.
 */
export const mayBeInterrupted = (last: JournalRecord | undefined): boolean =>
  last !== undefined && (last.type !== 'run.ended' || last.exit === needsPerson);

const needsPerson = 5;

/** Holds and mutations without their end. */
class OpenThings {
  readonly #open = new Map<HoldId, Hold | CloudHold>();
  readonly #origin: Hold[] = [];
  readonly #settled = new Map<HoldId, SettledHold>();
  readonly #finished = new Set<HostId>();
  readonly #unknown = new Map<string, UnknownMutation>();
  /** By host, the note that was about to be kept there last. What follows in the journal follows only once the host has it. */
  readonly #notes = new Map<HostId, UnknownMutation>();
  #processes = 0;

  /** Each process that works on the run counts its mutations from the start. */
  anotherProcess(): void {
    this.#processes += 1;
  }

  read(record: JournalRecord): void {
    switch (record.type) {
      case 'hold.opened':
        // Opened again, it is the last: what is restored first was taken last.
        this.#open.delete(record.hold.id);
        this.#open.set(record.hold.id, record.hold);
        this.#settled.delete(record.hold.id);
        if (isOfHost(record.hold)) {
          this.#origin.push(record.hold);
          this.#finished.delete(record.hold.host);
          this.#keepsNote(record.hold, record.at);
        }
        break;
      case 'hold.settled':
        this.#settle(record);
        if (record.host !== undefined) this.#notes.delete(record.host);
        break;
      case 'mutation.intended':
        if (record.host !== undefined) this.#notes.delete(record.host);
        this.#unknown.set(this.#key(record.id), unknownOf(record));
        break;
      case 'mutation.done':
        this.#unknown.delete(this.#key(record.id));
        break;
      default:
    }
  }

  /** The note of a hold that is `named`, or `gone` with its host, is left on the host on purpose. */
  #settle({ hold: id, as, at }: Extract<JournalRecord, { type: 'hold.settled' }>): void {
    if (as === 'named') return;
    const hold = this.#open.get(id);
    this.#open.delete(id);
    if (hold === undefined || !isOfHost(hold)) return;
    if (as !== 'gone') this.#settled.set(id, { hold, at });
    if (as === 'replaced' && touchesHost([hold])) this.#finished.add(hold.host);
  }

  get left(): Pick<RebuiltRun, 'open' | 'inCloud' | 'origin' | 'unknown' | 'settled' | 'finished'> {
    const all = [...this.#open.values()];
    return {
      open: all.filter(isOfHost),
      inCloud: all.filter((hold) => !isOfHost(hold)),
      origin: this.#origin,
      unknown: [...this.#unknown.values(), ...this.#notes.values()],
      settled: this.#settled,
      finished: this.#finished,
    };
  }

  #keepsNote({ id, host }: Hold, at: EpochMilliseconds): void {
    this.#notes.set(host, { host, what: `keep the note of ${id}`, at, ownTime: 0 });
  }

  #key(id: string): string {
    return `${this.#processes} ${id}`;
  }
}

const unknownOf = ({
  host,
  what,
  at,
  ownTime,
  job,
}: Extract<JournalRecord, { type: 'mutation.intended' }>): UnknownMutation => ({
  ...defined({ host }),
  what,
  at,
  ...defined({ ownTime, job }),
});
