import type { Event, EventHost } from '../events/event.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { HostId } from '../model/ids.js';
import { countHosts } from './host-ranges.js';
import { releaseLabel } from './release-label.js';
import { onOneLine } from '../model/visible.js';
import { phaseName } from './wording.js';

export type HostStage = 'waiting' | 'working' | 'done' | 'failed' | 'restoring' | 'restored' | 'named';

/** What the live view knows of one host. */
export interface LiveHost {
  readonly host: EventHost;
  stage: HostStage;
  /** The name of its task, or what else is done to it. */
  doing: string;
  /** The last progress of that: `draining`, `pass 2 of 3`. */
  progress: string;
  done?: number;
  total?: number;
  since: EpochMilliseconds;
  batch: number;
}

/** What the live view shows, learnt from events alone. */
export class LiveState {
  title = 'adfpush';
  run = '';
  startedAt: EpochMilliseconds | undefined;
  readonly releases: string[] = [];
  /** What is going on apart from hosts: a phase, a bake, a wait. */
  activity = '';
  activitySince: EpochMilliseconds | undefined;
  /** For a bake: how long it takes. */
  activityLasts: Milliseconds | undefined;
  batch: { readonly number: number; readonly of: number } | undefined;
  alert = '';
  ended = false;
  readonly hosts = new Map<HostId, LiveHost>();
  connected = 0;

  apply(event: Event): void {
    this.startedAt ??= event.at;
    switch (event.type) {
      case 'run.started':
        this.title = `${event.verb} ${event.groups.join(', ')} in ${event.environment}`;
        this.run = event.run;
        return;
      case 'phase.started':
        this.#begin(
          `${phaseName(event.phase)}${event.detail === undefined ? '' : `: ${event.detail}`}`,
          event.at,
        );
        return;
      case 'phase.ended':
      case 'batch.ended':
        this.#begin('', event.at);
        return;
      case 'host.connected':
        this.connected += 1;
        return;
      case 'plan.made':
        this.releases.push(
          `${event.plan.group} ${releaseLabel({ version: event.plan.release.version, digest: event.plan.release.image.digest })}`,
        );
        for (const { host, name, action } of event.plan.hosts) {
          if (action === 'roll') this.#host({ id: host, name }, event.at);
        }
        return;
      case 'play.started':
        this.batch = undefined;
        for (const host of event.hosts) this.#await(host, event.at);
        return;
      case 'batch.started':
        this.batch = { number: event.batch, of: event.of };
        this.#begin('', event.at);
        for (const host of event.hosts) this.#host(host, event.at).batch = event.batch;
        return;
      case 'batch.waiting':
        if (this.activity !== `Waiting: ${event.reason}`) this.#begin(`Waiting: ${event.reason}`, event.at);
        return;
      case 'bake.started':
        this.#begin(`Baking batch ${event.batch}`, event.at, event.duration);
        return;
      case 'bake.ended':
        this.#begin('', event.at);
        return;
      case 'turn.started':
        this.#stage(event.host, 'working', '', event.at);
        return;
      case 'turn.ended':
        this.#stage(event.host, stageOfTurn[event.status], '', event.at);
        return;
      case 'task.started':
        this.#stage(event.host, 'working', event.task.name, event.at);
        return;
      case 'task.progress': {
        const host = this.#host(event.host, event.at);
        host.progress = onOneLine(event.message);
        this.#measure(host, event.done, event.total);
        return;
      }
      case 'task.retrying':
        this.#host(event.host, event.at).progress =
          `attempt ${event.attempt} of ${event.of}: ${event.reason}`;
        return;
      case 'task.ended':
        this.#taskEnded(event);
        return;
      case 'restore.started':
        this.#stage(event.host, 'restoring', 'restoring', event.at);
        return;
      case 'restore.step':
        this.#host(event.host, event.at).progress = event.step;
        return;
      case 'restore.ended':
        this.#stage(event.host, event.restored ? 'restored' : 'failed', '', event.at);
        return;
      case 'host.named':
        this.#stage(event.host, 'named', event.reason, event.at);
        return;
      case 'rollback.started':
        this.alert = `Rolling back ${countHosts(event.hosts.length)}: ${event.reason}`;
        for (const host of event.hosts) this.#stage(host, 'waiting', '', event.at);
        return;
      case 'rollback.ended':
        this.alert = '';
        return;
      case 'signal.received':
        this.alert = `${event.signal}: restoring what is held; once more exits at once`;
        return;
      case 'run.ended':
        this.ended = true;
        return;
      case 'task.output':
      case 'warning':
      case 'blip':
      case 'blip.waiting':
      case 'host_key.recorded':
      case 'play.ended':
      case 'hold.opened':
      case 'hold.settled':
      case 'scaling.suspended':
      case 'scaling.settled':
    }
  }

  /** Each play has its own turns; only what went wrong is kept from the one before. */
  #await(of: EventHost, at: EpochMilliseconds): void {
    const host = this.#host(of, at);
    host.batch = 0;
    if (host.stage === 'done' || host.stage === 'working') this.#stage(of, 'waiting', '', at);
  }

  #taskEnded({ host: of, status, at, excused }: Extract<Event, { type: 'task.ended' }>): void {
    const host = this.#host(of, at);
    host.progress = '';
    this.#measure(host, undefined, undefined);
    if ((status === 'failed' || status === 'unreachable') && excused === undefined) host.stage = 'failed';
    // Before the turns hosts are only prepared (all images are pulled first); then they wait again.
    else if (host.stage === 'working' && host.batch === 0) this.#stage(of, 'waiting', '', at);
  }

  #begin(activity: string, at: EpochMilliseconds, lasts?: Milliseconds): void {
    this.activity = activity;
    this.activitySince = at;
    this.activityLasts = lasts;
  }

  #stage(of: EventHost, stage: HostStage, doing: string, at: EpochMilliseconds): void {
    const host = this.#host(of, at);
    // A host that needs a person is shown as such to the end, whatever is still tried on it.
    if (host.stage === 'named' && stage !== 'restored') return;
    host.stage = stage;
    host.doing = doing;
    host.progress = '';
    host.since = at;
    this.#measure(host, undefined, undefined);
  }

  #measure(host: LiveHost, done: number | undefined, total: number | undefined): void {
    delete host.done;
    delete host.total;
    if (done !== undefined) host.done = done;
    if (total !== undefined) host.total = total;
  }

  #host(host: EventHost, at: EpochMilliseconds): LiveHost {
    const known = this.hosts.get(host.id);
    if (known !== undefined) return known;
    const fresh: LiveHost = { host, stage: 'waiting', doing: '', progress: '', since: at, batch: 0 };
    this.hosts.set(host.id, fresh);
    return fresh;
  }
}

const stageOfTurn = {
  ok: 'done',
  failed: 'failed',
  unreachable: 'failed',
  restored: 'restored',
  interrupted: 'waiting',
} as const;
