import { drainNotRecorded } from '../errors/drain.js';
import type { DrainedHost, DrainedHosts } from '../model/drained-hosts.js';
import type { DrainedChange, DrainedOf, DrainedRecords, KnownDrained } from '../ports/drained.js';
import type { Ledger, Ledgers } from '../ports/ledger.js';
import { placesOf, readPlaces, writeNew, type Asking } from '../state/ask-ledgers.js';

/** The newest text of a place says all; one more for each that a crash may have torn. */
const newest = 3;

/** Drained hosts as records in ledgers, of which the newest counts. */
export class RecordedDrains implements DrainedRecords {
  /** Each change is made from the record before it. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ledgers: Ledgers<DrainedHosts>,
    private readonly asking: Asking,
  ) {}

  async read(of: DrainedOf): Promise<KnownDrained> {
    const { record, warnings } = await this.#newest(of);
    return { drained: record?.drained ?? [], warnings };
  }

  change(of: DrainedOf, change: DrainedChange): Promise<readonly string[]> {
    const changing = this.#changing.then(() => this.#change(of, change));
    this.#changing = changing.catch(() => undefined);
    return changing;
  }

  async #change(of: DrainedOf, change: DrainedChange): Promise<readonly string[]> {
    const { environment, group, hosts } = of;
    const { record: before } = await this.#newest(of);
    const { run } = 'drained' in change ? change.drained : change.back;
    const draft: DrainedHosts = {
      number: (before?.number ?? 0) + 1,
      environment,
      group,
      run,
      at: this.asking.ports.clock.now(),
      drained: changed(before?.drained ?? [], change),
    };
    const places = placesOf(hosts, this.ledgers);
    const { taken, warnings } = await writeNew(draft, places, this.asking, inWords);
    if (taken === 0) throw drainNotRecorded(group, warnings);
    return warnings;
  }

  async #newest(
    of: DrainedOf,
  ): Promise<{ readonly record?: DrainedHosts; readonly warnings: readonly string[] }> {
    const what = `drained hosts of "${of.group}"`;
    const places: readonly Ledger<DrainedHosts>[] = placesOf(of.hosts, this.ledgers);
    const { records, answered, warnings } = await readPlaces(of, places, newest, { ...this.asking, what });
    const [record] = records.toSorted((a, b) => b.number - a.number || b.at - a.at);
    // Each place has all that is known.
    const told = answered > 0 ? [] : warnings;
    return record === undefined ? { warnings: told } : { record, warnings: told };
  }
}

const inWords = ({ group }: DrainedHosts): string => `Which hosts of "${group}" are drained`;

function changed(before: readonly DrainedHost[], change: DrainedChange): readonly DrainedHost[] {
  const host = 'drained' in change ? change.drained.host : change.back.host;
  const others = before.filter((one) => one.host !== host);
  return 'drained' in change ? [...others, change.drained] : others;
}
