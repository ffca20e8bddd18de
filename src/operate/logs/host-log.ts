import { blipSourceOf } from '../../errors/blip.js';
import { AdfError } from '../../errors/adf-error.js';
import { tooManyLogs } from '../../errors/logs.js';
import { label } from '../../model/container.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { ContainerId } from '../../model/ids.js';
import type { GroupLogLine } from '../../model/group-log.js';
import { retryPause, type Clock, type Random } from '../../ports/clock.js';
import type { LoggedContainer, LogQuery, LogsOfHost } from '../../ports/container-logs.js';
import type { LogMerge, MergeInput } from './log-merge.js';
import { LogProgress } from './log-progress.js';

/** Each takes a session of the host's connection, of which there are few. */
const mostAtOnce = 6;
/** How often a host is asked whether a container of the group was replaced. */
const lookEvery: Milliseconds = 1_000;

export interface HostLogOptions {
  /** Labels of the containers, for each group. */
  readonly groups: readonly Readonly<Record<string, string>>[];
  /** Only those that run under this name. */
  readonly container?: string;
  readonly since?: string;
  readonly tail?: number;
}

export interface HostLogPorts {
  readonly logs: LogsOfHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly merge: LogMerge<GroupLogLine>;
  /** Reads again while the host is out of reach for a short time. */
  readonly outlast: <T>(act: () => Promise<T>) => Promise<T>;
  /** Something about the host that people should know, without its name. */
  readonly tell: (what: string) => void;
  readonly signal: AbortSignal;
}

interface Followed {
  readonly container: LoggedContainer;
  readonly progress: LogProgress;
  /** The start whose lines were read to their end; undefined while they are being read. */
  endedWith?: string | undefined;
  isOpen: boolean;
  /** Its Engine does not give its log, for a reason that stays. */
  isRefused?: boolean;
}

/** The logs of the containers of some groups on one host. */
export class HostLog {
  readonly #known = new Map<ContainerId, Followed>();
  #isLost = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly host: Host,
    private readonly options: HostLogOptions,
    private readonly ports: HostLogPorts,
  ) {}

  /**
   * Reads what is there, and ends. It waits to be merged with the same of other hosts. Gives how many containers it has read. Throws what keeps
   * it from reading, and the signal's reason.
   */
  async history(): Promise<number> {
    const { merge, outlast } = this.ports;
    const until = merge.add();
    try {
      const all = await outlast(() => this.#list());
      for (const container of all)
        this.#known.set(container.id, { container, progress: new LogProgress(), isOpen: false });
      const chosen = this.#chosen(all);
      if (chosen.length > mostAtOnce) throw tooManyLogs(this.host, chosen.length, mostAtOnce);
      const inputs = chosen.map((container) => ({ container, input: merge.add() }));
      until.end();
      await Promise.all(inputs.map(({ container, input }) => this.#readHistory(container, input)));
      return chosen.length;
    } finally {
      until.end();
    }
  }

  /** Goes on with what is printed from now on, until the signal. Throws when the host cannot be read any more for a reason that stays. */
  async follow(): Promise<void> {
    const { clock, random, tell, signal } = this.ports;
    for (let attempt = 0; !signal.aborted;) {
      try {
        const all = await this.#list();
        if (this.#isLost) tell('can be read again');
        this.#isLost = false;
        attempt = 0;
        for (const container of all) this.#look(container);
        const ids = new Set(all.map(({ id }) => id));
        for (const [id, { isOpen }] of this.#known) if (!ids.has(id) && !isOpen) this.#known.delete(id);
        await this.#pause(lookEvery);
      } catch (error) {
        if (isOver(signal)) return;
        if (blipSourceOf(error) === undefined) throw error;
        this.#lose(error);
        attempt += 1;
        await clock.sleep(retryPause(attempt, random), signal).catch(() => undefined);
      }
    }
  }

  #lose(error: unknown): void {
    if (!this.#isLost) this.ports.tell(`was lost, and is asked until it answers again: ${messageOf(error)}`);
    this.#isLost = true;
  }

  async #list(): Promise<readonly LoggedContainer[]> {
    const lists = await Promise.all(this.options.groups.map((labels) => this.ports.logs.containers(labels)));
    const { container: name } = this.options;
    return lists.flat().filter((container) => name === undefined || nameOf(container) === name);
  }

  /** Those that run, and those that ended since then; of a name that none of them has, the one that ended last. */
  #chosen(all: readonly LoggedContainer[]): readonly LoggedContainer[] {
    const { since } = this.options;
    const ran = all.filter(({ running, startedAt }) => running || startedAt !== undefined);
    const chosen = ran.filter(
      ({ running, finishedAt }) =>
        running || finishedAt === undefined || (since !== undefined && finishedAt >= since),
    );
    const names = new Set(chosen.map(nameOf));
    const others = Map.groupBy(
      ran.filter((container) => !names.has(nameOf(container))),
      nameOf,
    );
    const last = [...others.values()].flatMap(
      (same) => same.toSorted((a, b) => ((a.finishedAt ?? '') < (b.finishedAt ?? '') ? 1 : -1))[0] ?? [],
    );
    return [...chosen, ...last];
  }

  async #readHistory(container: LoggedContainer, input: MergeInput<GroupLogLine>): Promise<void> {
    const followed = this.#known.get(container.id);
    if (followed === undefined) return;
    const { since, tail } = this.options;
    try {
      await this.ports.outlast(() => this.#read(followed, input, defined({ since, tail })));
      if (!container.running) followed.endedWith = container.startedAt;
    } finally {
      input.end();
    }
  }

  /** Begins to follow a container that runs, or ran since it was looked at, and is not followed. */
  #look(container: LoggedContainer): void {
    const { id, running, startedAt } = container;
    const known = this.#known.get(id);
    const ran = running || startedAt !== undefined;
    if (known === undefined) {
      const followed = { container, progress: new LogProgress(), isOpen: false };
      if (!ran) return;
      this.#known.set(id, followed);
      const release = container.labels[label.release];
      this.ports.tell(
        `has a new container ${nameOf(container)}${release === undefined ? '' : ` of ${release}`}`,
      );
      void this.#followOne(followed, {}, startedAt);
      return;
    }
    const { isOpen, isRefused, endedWith, progress } = known;
    if (isOpen || isRefused === true || (!running && startedAt === endedWith)) return;
    const { since, tail } = this.options;
    if (endedWith !== undefined) {
      // It was started again.
      void this.#followOne(known, defined({ since: known.container.finishedAt }), startedAt);
    } else if (running || progress.since !== undefined) {
      void this.#followOne(known, defined({ since, tail }), startedAt);
    } else known.endedWith = startedAt;
  }

  async #followOne(followed: Followed, query: LogQuery, startedAt: string | undefined): Promise<void> {
    const { merge, signal, tell } = this.ports;
    followed.isOpen = true;
    const open = [...this.#known.values()].filter(({ isOpen }) => isOpen).length;
    const input = merge.add();
    input.live();
    try {
      if (open > mostAtOnce) throw tooManyLogs(this.host, open, mostAtOnce);
      await this.#read(followed, input, { ...query, follow: true });
      // What was printed while the Engine ended the stream.
      await this.#read(followed, input, query);
      followed.endedWith = startedAt;
    } catch (error) {
      if (signal.aborted) return;
      if (blipSourceOf(error) !== undefined) this.#lose(error);
      else {
        followed.isRefused = true;
        // A container that was removed has no more to tell.
        const isGone = error instanceof AdfError && error.status === 404;
        if (!isGone) tell(`does not give the log of ${nameOf(followed.container)}: ${messageOf(error)}`);
      }
    } finally {
      input.end();
      followed.isOpen = false;
      this.#wake();
    }
  }

  /** Reads on from where it was read to, or else as the query says. */
  async #read(followed: Followed, input: MergeInput<GroupLogLine>, query: LogQuery): Promise<void> {
    const { progress, container } = followed;
    const { since } = progress;
    const { tail: _, ...whole } = query;
    const wanted = since === undefined ? query : { ...whole, since };
    progress.begins();
    const release = container.labels[label.release];
    for await (const lines of this.ports.logs.read(container.id, wanted, this.ports.signal)) {
      for (const line of lines) {
        if (!progress.take(line)) continue;
        await input.push({
          ...line,
          host: this.host.id,
          name: this.host.name,
          container: nameOf(container),
          ...defined({ release }),
        });
      }
    }
  }

  /** Until the time is over, or the log of a container ended. */
  async #pause(time: Milliseconds): Promise<void> {
    const over = new AbortController();
    const stop = (): void => over.abort();
    this.#wake = stop;
    this.ports.signal.addEventListener('abort', stop, { once: true });
    await this.ports.clock.sleep(time, over.signal).catch(() => undefined);
    this.ports.signal.removeEventListener('abort', stop);
    // A container that was just ended may be followed by the next within a moment, but never at once forever.
    if (over.signal.aborted)
      await this.ports.clock.sleep(time / 10, this.ports.signal).catch(() => undefined);
  }
}

/** The name it runs under; a kept predecessor is renamed, its label is not. */
const nameOf = ({ labels, name }: LoggedContainer): string => labels[label.container] ?? name;

/** It may become so at any await, which the compiler does not see. */
const isOver = ({ aborted }: AbortSignal): boolean => aborted;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
