import { AdfError } from '../../src/errors/adf-error.js';
import type { Event, EventBody, EventHost, EventTask } from '../../src/events/event.js';
import {
  environmentName,
  groupName,
  hostId,
  isDigest,
  runId,
  targetGroupArn,
  type Digest,
} from '../../src/model/ids.js';
import type { HostPlanReport, PlanReport } from '../../src/model/plan.js';
import type { HostResult, RunResult } from '../../src/model/run-result.js';

export const digestOf = (letter: string): Digest => {
  const text = `sha256:${letter.repeat(64)}`;
  if (!isDigest(text)) throw new Error(text);
  return text;
};

const arn = targetGroupArn(
  'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api-http/73e2d6bc24d8a067',
);
const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];

export const hostsOf = (count: number): EventHost[] =>
  Array.from({ length: count }, (_, index) => ({
    id: hostId(`i-${String(index + 1).padStart(17, '0')}`),
    name: `api-${index + 1}`,
  }));

const hostPlan = ({ id, name }: EventHost, index: number): HostPlanReport => ({
  host: id,
  name,
  address: `10.0.0.${index + 1}`,
  zone: zones[index % zones.length]!,
  engine: { version: '27.5.1', apiVersion: '1.47', address: 'unix:///var/run/docker.sock' },
  action: 'roll',
  from: {
    containers: [{ name: 'api', version: 'v1', digest: digestOf('a'), running: true }],
    registrations: [{ registration: { targetGroup: arn, id, port: 5060 }, state: 'healthy' }],
  },
  to: {
    containers: [{ name: 'api', version: 'v2', digest: digestOf('b'), running: true }],
    registrations: [{ registration: { targetGroup: arn, id, port: 5060 }, state: 'healthy' }],
  },
  reasons: ['digest'],
});

/** A plan for so many hosts: a canary, a quarter, the rest. */
export function planFor(count: number, changes: Partial<PlanReport> = {}): PlanReport {
  const hosts = hostsOf(count).map(hostPlan);
  const ids = hosts.map(({ host }) => host);
  const quarter = Math.max(1, Math.floor(count / 4));
  return {
    environment: environmentName('lab'),
    group: groupName('api'),
    release: { image: { repository: 'registry:5000/api', digest: digestOf('b') }, version: 'v2' },
    hosts,
    batches: [ids.slice(0, 1), ids.slice(1, 1 + quarter), ids.slice(1 + quarter)].filter(
      (batch) => batch.length > 0,
    ),
    targetGroups: [
      {
        arn,
        name: 'api-http',
        deregistrationDelay: 300_000,
        registered: count,
        healthy: count,
        floor: Math.ceil(count / 2),
      },
    ],
    rollout: {
      serial: [{ hosts: 1 }, { percent: 25 }, { percent: 100 }],
      minHealthy: { percent: 50 },
      bake: 30_000,
      drainTimeout: 'default',
      onFailure: 'rollback',
      keepReleases: 3,
      floorWait: 600_000,
      reconnect: 300_000,
      asg: 'suspend',
    },
    minimumDuration: 990_000,
    warnings: [],
    ...changes,
  };
}

const counts = {
  ok: 7,
  changed: 4,
  skipped: 1,
  failed: 0,
  unreachable: 0,
  restored: 0,
  rescued: 0,
  ignored: 0,
};

export const hostResult = ({ id, name }: EventHost, changes: Partial<HostResult> = {}): HostResult => ({
  host: id,
  name,
  ...counts,
  status: 'deployed',
  version: 'v2',
  image: `registry:5000/api@${digestOf('b')}`,
  ...changes,
});

export function resultFor(hosts: readonly EventHost[], changes: Partial<RunResult> = {}): RunResult {
  return {
    run: runId('20261121T031500Z-7f3a'),
    verb: 'deploy',
    environment: environmentName('lab'),
    groups: [groupName('api')],
    outcome: 'converged',
    exit: 0,
    startedAt: Date.UTC(2026, 10, 21, 3, 15),
    duration: 201_000,
    releases: [{ group: groupName('api'), version: 'v2', image: `registry:5000/api@${digestOf('b')}` }],
    hosts: hosts.map((host) => hostResult(host)),
    mixed: false,
    oneWay: [],
    named: [],
    errors: [],
    warnings: [],
    ...changes,
  };
}

const task = (index: number, name: string, module: string): EventTask => ({
  play: 'Roll the release',
  index,
  name,
  module,
});
const pull = task(0, 'Pull the image', 'docker_image');
const drain = task(1, 'Drain', 'elb_target');
const start = task(2, 'Start the container', 'docker_container');
const probe = task(3, 'Wait until healthy', 'uri');
const serve = task(4, 'Put in service', 'elb_target');

export interface Recording {
  readonly hosts: number;
  /** The index of a host whose container never gets healthy, and of one that is lost while it is drained. */
  readonly failing?: number;
  readonly lost?: number;
}

/** A whole run as its events, with times as they might have been. */
export function recordRun({ hosts: count, failing, lost }: Recording): Event[] {
  const hosts = hostsOf(count);
  const plan = planFor(count);
  const byId = new Map(hosts.map((host) => [host.id, host]));
  const events: Event[] = [];
  let now = Date.UTC(2026, 10, 21, 3, 15);
  const tell = (body: EventBody, after = 0): void => {
    now += after;
    events.push({ at: now, ...body });
  };
  const each = (some: readonly EventHost[], say: (host: EventHost) => EventBody, after = 10): void => {
    for (const host of some) tell(say(host), after);
  };
  const began = (some: readonly EventHost[], of: EventTask): void =>
    each(some, (host) => ({ type: 'task.started', host, task: of }), 2);
  const progress = (
    some: readonly EventHost[],
    of: EventTask,
    message: string,
    done?: number,
    total?: number,
  ): void =>
    each(
      some,
      (host) => ({
        type: 'task.progress',
        host,
        task: of,
        message,
        ...(done === undefined ? {} : { done }),
        ...(total === undefined ? {} : { total }),
      }),
      3,
    );
  const ended = (some: readonly EventHost[], of: EventTask, message: string, duration: number): void =>
    each(some, (host) => ({ type: 'task.ended', host, task: of, status: 'changed', message, duration }), 3);

  tell({
    type: 'run.started',
    run: runId('20261121T031500Z-7f3a'),
    verb: 'deploy',
    environment: 'lab',
    groups: [groupName('api')],
    who: 'anna@laptop',
  });
  tell({ type: 'phase.started', phase: 'inventory' });
  tell({ type: 'phase.ended', phase: 'inventory', detail: `${count} hosts`, duration: 310 }, 310);
  tell({ type: 'phase.started', phase: 'release' });
  tell({ type: 'phase.ended', phase: 'release', detail: `v2 is ${digestOf('b')}`, duration: 90 }, 90);
  tell({ type: 'phase.started', phase: 'preflight' });
  each(hosts, (host) => ({ type: 'host.connected', host, duration: 45 }), 4);
  tell({ type: 'phase.ended', phase: 'preflight', detail: `${count} hosts answer`, duration: 900 }, 500);
  tell({ type: 'plan.made', plan });
  tell({ type: 'play.started', play: 'Roll the release', hosts });
  began(hosts, pull);
  for (const share of [0.1, 0.4, 0.7, 1]) progress(hosts, pull, 'pulling', 72_000_000 * share, 72_000_000);
  ended(hosts, pull, 'pulled registry:5000/api', 4_200);

  const held: EventHost[] = [];
  for (const [index, ids] of plan.batches.entries()) {
    const batch = ids.flatMap((id) => byId.get(id) ?? []);
    tell(
      {
        type: 'batch.started',
        play: 'Roll the release',
        batch: index + 1,
        of: plan.batches.length,
        hosts: batch,
      },
      200,
    );
    each(batch, (host) => ({ type: 'turn.started', host, play: 'Roll the release', batch: index + 1 }), 1);
    began(batch, drain);
    each(
      batch,
      (host) => ({ type: 'hold.opened', host, hold: `h-${host.id}`, what: 'api-http port 5060 (healthy)' }),
      1,
    );
    for (let second = 5; second <= 40; second += 5) {
      now += 5_000;
      progress(batch, drain, 'draining');
    }
    const gone = batch.filter((host) => host === hosts[lost ?? -1]);
    const here = batch.filter((host) => !gone.includes(host));
    for (const host of gone) {
      tell({
        type: 'task.ended',
        host,
        task: drain,
        status: 'unreachable',
        duration: 40_000,
        error: new AdfError({
          code: 'ssh.lost',
          class: 'failed',
          message: 'The connection was lost.',
          host: host.name,
          hint: 'Check that sshd runs there.',
        }),
      });
      tell({ type: 'turn.ended', host, play: 'Roll the release', status: 'unreachable', duration: 41_000 });
      held.push(host);
    }
    ended(here, drain, 'deregistered from api-http', 40_000);
    began(here, start);
    ended(here, start, 'api v1 replaced by v2', 1_900);
    began(here, probe);
    const sick = here.filter((host) => host === hosts[failing ?? -1]);
    const well = here.filter((host) => !sick.includes(host));
    for (const pass of [1, 2, 3]) progress(well, probe, `pass ${pass} of 3`, pass, 3);
    each(
      well,
      (host) => ({
        type: 'task.ended',
        host,
        task: probe,
        status: 'ok',
        message: '3 passes in a row',
        duration: 3_000,
      }),
      3,
    );
    began(well, serve);
    progress(well, serve, 'initial');
    ended(well, serve, 'registered in api-http, healthy', 10_300);
    each(
      well,
      (host) => ({ type: 'turn.ended', host, play: 'Roll the release', status: 'ok', duration: 57_000 }),
      3,
    );
    for (const host of sick) {
      tell({
        type: 'task.retrying',
        host,
        task: probe,
        attempt: 2,
        of: 3,
        reason: 'HTTP 503 from http://127.0.0.1:5060/health',
      });
      tell({
        type: 'task.ended',
        host,
        task: probe,
        status: 'failed',
        duration: 60_000,
        output: 'GET /health 503\nunhealthy: no database',
        error: new AdfError({
          code: 'health.timeout',
          class: 'failed',
          message: 'not healthy within 60 s: HTTP 503',
          host: host.name,
          hint: 'adfpush exec shows its logs: docker logs api',
        }),
      });
      tell({
        type: 'restore.started',
        host,
        steps: ['stop the new container', 'start the old container', 'register in api-http'],
      });
      tell({ type: 'restore.step', host, step: 'stop the new container' }, 900);
      tell({ type: 'restore.ended', host, restored: true }, 3_000);
      tell({ type: 'turn.ended', host, play: 'Roll the release', status: 'restored', duration: 110_000 });
    }
    const failed = [...gone, ...sick];
    if (failed.length > 0) {
      tell({ type: 'batch.ended', play: 'Roll the release', batch: index + 1, failed });
      break;
    }
    tell({ type: 'bake.started', play: 'Roll the release', batch: index + 1, duration: 30_000 });
    tell({ type: 'bake.ended', play: 'Roll the release', batch: index + 1, passed: true }, 30_000);
    tell({ type: 'batch.ended', play: 'Roll the release', batch: index + 1, failed: [] });
  }
  for (const host of held) {
    tell({
      type: 'host.named',
      host,
      held: ['api-http port 5060 (healthy)'],
      reason: 'the connection was lost while it was drained',
    });
  }
  tell({ type: 'play.ended', play: 'Roll the release' });
  tell({ type: 'run.ended', result: endOf(hosts, failing, held, now - events[0]!.at) });
  return events;
}

function endOf(
  hosts: readonly EventHost[],
  failing: number | undefined,
  held: readonly EventHost[],
  duration: number,
): RunResult {
  const old = { version: 'v1', image: `registry:5000/api@${digestOf('a')}` };
  const results = hosts.map((host, index) => {
    if (held.includes(host)) return hostResult(host, { ...old, status: 'named', unreachable: 1, changed: 1 });
    if (index === failing) return hostResult(host, { ...old, status: 'restored', failed: 1, restored: 3 });
    return hostResult(host);
  });
  const outcome = held.length > 0 ? 'needs_person' : failing === undefined ? 'converged' : 'failed';
  return resultFor(hosts, {
    duration,
    hosts: results,
    outcome,
    exit: ({ needs_person: 5, failed: 4, converged: 0 } as const)[outcome],
    mixed: outcome !== 'converged',
    named: held.map(({ id, name }) => ({
      host: id,
      name,
      held: ['registration in api-http: port 5060, was healthy', 'container api: v1, running'],
      reason: 'the connection was lost while it was drained',
    })),
  });
}
