import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/errors/aws.js';
import { blipSourceOf } from '../../src/errors/blip.js';
import { dockerPull, dockerUnreachable } from '../../src/errors/docker.js';
import { connectionLost, unreachable } from '../../src/errors/ssh.js';
import type { Milliseconds } from '../../src/model/duration.js';
import { deployWith } from '../../src/deploy/deploy.js';
import type { RunResult } from '../../src/model/run-result.js';
import { breadth } from '../deep.js';
import type { PortCall } from '../fakes/port-calls.js';
import { longestStaleness } from '../fakes/world/fake-target-group.js';
import { image } from '../fakes/world/image-behaviour.js';
import { deployOptions, FleetStage, packaged } from '../stages/fleet-stage.js';

/** The packaged playbook, and a command that must run once on each host. */
const playbook = packaged.replace(
  '\n    - name: put in service',
  '\n    - name: warm up\n      command: warm-up\n\n    - name: put in service',
);
const stageOf = (): FleetStage => new FleetStage({ hosts: 2, playbook });

/** Each kind at so many of the calls; at all of them in the broad tests. */
const every = (scene: Scene): number => (scene.rolls === true ? breadth(9, 1) : breadth(33, 1));

/** What goes wrong for a while, from one call on. */
interface Kind {
  readonly name: string;
  /** How long, at most: before the first change patience is one connection timeout. */
  readonly lasts: Milliseconds;
  /** Whether a call like this can be the one that meets it first. */
  begins(call: PortCall): boolean;
  /** Why a call within that time fails; undefined when it does not. `first` is the call that met it first. */
  failure(call: PortCall, first: PortCall, stage: FleetStage): Error | undefined;
  /** What happens to the world. */
  strike?(first: PortCall, lasts: Milliseconds, stage: FleetStage): void;
  /** Whether a call within that time is neither answered nor refused, but carried out when the time is over. */
  stalls?(call: PortCall, first: PortCall): boolean;
  /** The program stands still with all that it does: its calls go on when the time is over, and none fails. */
  readonly suspends?: true;
  /** The call that meets it first is answered. */
  readonly answers?: true;
  /** Requests fail that the blip itself explains: containers go down with their Engine. */
  readonly takesContainersDown?: true;
}

const hostOf = (stage: FleetStage, { host }: PortCall) => stage.host(host ?? '').host;
const isOfHost = ({ host }: PortCall): boolean => host !== undefined;
const isOfEngine = ({ port, host }: PortCall): boolean => port === 'runtime' && host !== undefined;
const isOfCloud = ({ port }: PortCall): boolean => ['traffic', 'scaling', 'fleet'].includes(port);

const cut = (call: PortCall, stage: FleetStage): Error =>
  call.method === 'connect'
    ? unreachable(hostOf(stage, call), 'tcp', 'connection refused')
    : connectionLost(hostOf(stage, call), 'read ECONNRESET');

const ofCloud =
  (name: string, more: Readonly<Record<string, unknown>> = {}) =>
  (call: PortCall): Error | undefined =>
    isOfCloud(call)
      ? awsError(Object.assign(new Error(name), { name, ...more }), {
          action: `aws:${call.method}`,
          region: 'eu-west-1',
        })
      : undefined;

const kinds: readonly Kind[] = [
  {
    name: 'the SSH connections of a host are cut',
    lasts: 3_000,
    begins: isOfHost,
    failure: (call, { host }, stage) => (call.host === host ? cut(call, stage) : undefined),
  },
  {
    name: 'the bastion restarts',
    lasts: 12_000,
    begins: isOfHost,
    failure: (call, _first, stage) => (isOfHost(call) ? cut(call, stage) : undefined),
  },
  {
    name: 'an sshd refuses new connections',
    lasts: 30_000,
    begins: ({ method }) => method === 'connect',
    failure: (call, { host }, stage) =>
      call.host === host && call.method === 'connect' ? cut(call, stage) : undefined,
  },
  {
    name: 'a host stands still',
    lasts: 30_000,
    begins: isOfHost,
    failure: () => undefined,
    stalls: (call, { host }) => call.host === host,
  },
  {
    name: 'a name cannot be resolved once',
    lasts: 1,
    begins: ({ method }) => method === 'connect',
    failure: (call, first, stage) =>
      call.host === first.host && call.method === 'connect'
        ? unreachable(hostOf(stage, call), 'name', 'the name server does not answer')
        : undefined,
  },
  {
    name: 'the dial-stdio helper is killed',
    lasts: 1,
    begins: isOfEngine,
    failure: (call, { host }, stage) =>
      isOfEngine(call) && call.host === host
        ? dockerUnreachable(hostOf(stage, call), 'docker system dial-stdio ended by SIGKILL')
        : undefined,
  },
  {
    name: 'dockerd is restarted',
    lasts: 8_000,
    begins: isOfEngine,
    failure: () => undefined,
    strike: ({ host }, lasts, stage) => stage.host(host ?? '').restartEngine(lasts, 'terminated'),
    takesContainersDown: true,
  },
  {
    name: 'dockerd stops its containers while it still answers, and is restarted',
    lasts: 10_000,
    begins: isOfEngine,
    failure: () => undefined,
    strike: ({ host }, lasts, stage) => stage.host(host ?? '').restartEngine(lasts, 'terminated', 3_000),
    answers: true,
    takesContainersDown: true,
  },
  {
    name: 'dockerd is killed, with live-restore',
    lasts: 8_000,
    begins: isOfEngine,
    failure: () => undefined,
    strike: ({ host }, lasts, stage) => stage.host(host ?? '').restartEngine(lasts, 'live_restore'),
  },
  ...[
    'received unexpected HTTP status: 503 Service Unavailable',
    'toomanyrequests: slow down',
    'unexpected EOF',
  ].map((reason): Kind => ({
    name: `a registry answers "${reason}"`,
    lasts: 30_000,
    begins: ({ method }) => method === 'pull',
    failure: (call, _first, stage) =>
      call.method === 'pull' ? dockerPull(hostOf(stage, call), call.about, reason) : undefined,
  })),
  { name: 'AWS throttles', lasts: 30_000, begins: isOfCloud, failure: ofCloud('Throttling') },
  {
    name: 'AWS answers 503',
    lasts: 30_000,
    begins: isOfCloud,
    failure: ofCloud('ServiceUnavailable', { $metadata: { httpStatusCode: 503 } }),
  },
  {
    name: 'AWS does not answer',
    lasts: 30_000,
    begins: isOfCloud,
    failure: ofCloud('TimeoutError', { code: 'ETIMEDOUT' }),
  },
  {
    name: 'the address of AWS is not found',
    lasts: 30_000,
    begins: isOfCloud,
    failure: ofCloud('getaddrinfo ENOTFOUND', { code: 'ENOTFOUND' }),
  },
  ...[
    { shows: 'old states', age: () => longestStaleness },
    {
      shows: 'an old state every other time',
      age: (_since: Milliseconds, nth: number) => (nth % 2) * longestStaleness,
    },
    {
      shows: 'the same state for a while',
      age: (since: Milliseconds) => (since < longestStaleness ? since : 0),
    },
  ].map(({ shows, age }): Kind => ({
    name: `a balancer shows ${shows}`,
    lasts: 30_000,
    begins: ({ port, method }) => port === 'traffic' && method.startsWith('health'),
    failure: () => undefined,
    strike: (_first, lasts, { world }) => {
      const from = world.clock.elapsed();
      let asked = 0;
      world.staleness = () => {
        const now = world.clock.elapsed();
        // Nothing is older than the world, which began with the test.
        return now - from < lasts ? Math.min(age(now - from, asked++), now) : 0;
      };
    },
    answers: true,
  })),
  {
    // For half as long as its lease lives.
    name: 'the control machine is suspended',
    lasts: 30_000,
    begins: () => true,
    failure: () => undefined,
    answers: true,
    suspends: true,
  },
  { name: 'the AWS token has expired', lasts: 30_000, begins: isOfCloud, failure: ofCloud('ExpiredToken') },
];

/** Whether the call that meets the blip first is carried out all the same. */
type Answer = 'never arrives' | 'is lost' | 'is answered';

/** Calls that only read: whether they were carried out does not matter. */
const reads = new Set(
  [
    'connect',
    'info',
    'list',
    'inspect',
    'image',
    'images',
    'logs',
    'listHolds',
    'request',
    'recordOf',
    'admit',
  ].concat([
    'targetGroups',
    'targetGroupsInUse',
    'health',
    'healthOf',
    'tags',
    'instances',
    'identity',
    'describe',
    'run',
  ]),
);

/** Before the run changes anything, patience is shorter than the longest blips. */
const longestBeforeChange: Milliseconds = 10_000;

/** Until a connection that says nothing is given up. */
const silence: Milliseconds = 15_000;

/** A blip that is met at the call of a number, counted from 0. */
class Disturbance {
  readonly #hit = new Set<string>();
  #made = 0;
  #first: PortCall | undefined;
  #until = -Infinity;
  #failed = 0;
  #isAfterEnd = false;

  constructor(
    private readonly stage: FleetStage,
    private readonly kind: Kind,
    at: number,
    lasts: Milliseconds,
    answer: Answer,
  ) {
    const { clock, calls } = stage.world;
    calls.intercept = async (call, proceed) => {
      if (this.#made++ === at) {
        this.#first = call;
        if (answer === 'is lost') await proceed();
        this.#until = clock.elapsed() + lasts;
        this.#isAfterEnd = stage.told('run.ended').length > 0;
        kind.strike?.(call, lasts, stage);
      }
      return this.#through(call, proceed);
    };
  }

  async #through<T>(call: PortCall, proceed: () => Promise<T>): Promise<T> {
    const { clock } = this.stage.world;
    const left = this.#until - clock.elapsed();
    if (left > 0 && this.kind.suspends === true) {
      await clock.sleep(left);
      return proceed();
    }
    const failure = this.#first === undefined || left <= 0 ? undefined : this.#failureOf(call, this.#first);
    try {
      if (failure !== undefined) throw failure;
      if (this.#first === undefined || left <= 0 || this.kind.stalls?.(call, this.#first) !== true) {
        return await proceed();
      }
      if (left >= silence) {
        clock.after(left, () => void proceed().catch(() => undefined), true);
        await clock.sleep(silence);
        throw stalled(call, this.stage);
      }
      await clock.sleep(left);
      return await proceed();
    } catch (error) {
      // A probe that nobody answers yet is none.
      if (this.#first !== undefined && blipSourceOf(error) !== undefined) {
        this.#failed += 1;
        this.#hit.add(call.host ?? '');
      }
      throw error;
    }
  }

  #failureOf(call: PortCall, first: PortCall): Error | undefined {
    return this.kind.failure(call, first, this.stage);
  }

  /** Each blip is told once, and nothing else is. What is met after the result was told is in nobody's count. */
  get untold(): readonly string[] {
    if (this.#isAfterEnd) return [];
    const blips = this.stage.told('blip').length;
    const warnings = this.stage.told('warning').map(({ message }) => `warned: ${message}`);
    const isRight = this.#failed === 0 ? blips === 0 : blips >= 1 && blips <= this.#hit.size;
    return isRight ? warnings : [...warnings, `${blips} blips told, of ${this.#hit.size}`];
  }
}

const stalled = (call: PortCall, stage: FleetStage): Error =>
  call.method === 'connect'
    ? unreachable(hostOf(stage, call), 'banner', 'no answer within 15 s')
    : connectionLost(hostOf(stage, call), 'keepalive timeout');

/** What ran, or was made, more than once on a host. */
function twice({ world, hosts }: FleetStage): readonly string[] {
  return hosts.flatMap(({ host, containers }) => {
    const mine = world.timeline.entries.filter(
      (entry) => 'host' in entry && entry.host === host.id && entry.by === 'program',
    );
    const commands = mine.filter(({ type }) => type === 'command.ran').length;
    const created = mine.filter(({ type }) => type === 'container.created').length;
    return [
      ...(commands === 1 ? [] : [`the command ran ${commands} times on ${host.id}`]),
      ...(created === 1 ? [] : [`${created} containers were created on ${host.id}`]),
      ...(containers.size === 2 ? [] : [`${host.id} has ${containers.size} containers`]),
    ];
  });
}

/** Moments at which requests would have gone to nobody who serves. */
const dropped = ({ world }: FleetStage): readonly string[] =>
  world.timeline.entries.flatMap((entry) =>
    // The world is set up at its first moment.
    entry.at > 0 &&
    entry.type === 'routes' &&
    (entry.targets.length === 0 || entry.targets.some(({ serving }) => !serving))
      ? [`at ${entry.at} ms requests were dropped`]
      : [],
  );

/** What a run is about, and how it ends when nothing disturbs it. */
interface Scene {
  readonly name: string;
  readonly stage: () => FleetStage | Promise<FleetStage>;
  readonly run: (stage: FleetStage) => Promise<RunResult>;
  /** The first call of this method is a change. */
  readonly firstChange: string;
  /** Each host gets the release once, and runs its command once. */
  readonly rolls?: true;
}

const deploy = (stage: FleetStage): Promise<RunResult> => stage.deploy();

const scenes: readonly Scene[] = [
  { name: 'a deploy', stage: stageOf, run: deploy, firstChange: 'pull', rolls: true },
  { name: 'a restore', stage: () => brokenOn('i-1'), run: deploy, firstChange: 'pull' },
  { name: 'a rollback', stage: () => brokenOn('i-2'), run: deploy, firstChange: 'pull' },
  { name: 'the turn of a joiner', stage: withJoiner, run: deploy, firstChange: 'pull' },
  { name: 'a recovery', stage: interrupted, run: (stage) => stage.recover(), firstChange: 'acquire' },
];

/** The release never gets healthy on this host. */
function brokenOn(id: string): FleetStage {
  const stage = stageOf();
  stage.atTask(id, 'docker_container', 'task.started', () => stage.release(image.neverHealthy()));
  return stage;
}

function withJoiner(): FleetStage {
  const stage = stageOf();
  stage.atTask('i-1', 'health', 'task.ended', () => {
    stage.runsV1(stage.join('i-9'));
  });
  return stage;
}

/** A deploy was killed while it stopped a container. */
async function interrupted(): Promise<FleetStage> {
  const deployed = await stageOf().untilDeath(undefined, (world, hooks) =>
    deployWith(world, deployOptions, hooks),
  );
  const stage = stageOf();
  const call = deployed.calls.indexOf('runtime.stop') + 1;
  await stage.untilDeath({ call, when: 'after' }, (world, hooks) => deployWith(world, deployOptions, hooks));
  return stage;
}

const resultOf = async (
  stage: FleetStage,
  { exit, named, errors }: RunResult,
): Promise<readonly string[]> => [
  `exit ${exit}`,
  ...named.map(({ host, reason }) => `${host} is named: ${reason}`),
  ...errors.map(({ code }) => code),
  ...(await stage.later()),
  ...(stage.world.hosts.size > 2 ? [stage.seen('i-9')] : []),
];

describe.each(scenes)('$name', (scene) => {
  // A recovery pulls nothing, and its connections are opened by the calls that need them.
  const met = kinds.filter(({ name }) => scene.run === deploy || !/registry|sshd|a name/.test(name));
  it.each(met)('ends as without it when $name, wherever that happens', async (kind) => {
    const calm = await scene.stage();
    const before = calm.world.calls.log.length;
    const result = await scene.run(calm);
    const calls = calm.world.calls.log.slice(before);
    const ended = await resultOf(calm, result);
    const firstChange = calls.findIndex(({ method }) => method === scene.firstChange);
    expect(firstChange).toBeGreaterThan(0);
    const wrong: string[] = [];
    let tried = 0;
    for (const [index, call] of calls.entries()) {
      if (!kind.begins(call)) continue;
      const lasts = index < firstChange ? Math.min(kind.lasts, longestBeforeChange) : kind.lasts;
      const answers: readonly Answer[] =
        kind.answers === true
          ? ['is answered']
          : reads.has(call.method)
            ? ['never arrives']
            : ['never arrives', 'is lost'];
      for (const answer of answers) {
        tried += 1;
        if (tried % every(scene) !== 0 && tried !== 1) continue;
        const stage = await scene.stage();
        const disturbance = new Disturbance(stage, kind, index, lasts, answer);
        const found = await scene.run(stage).then(
          async (result) => [
            ...differences(ended, await resultOf(stage, result)),
            ...(scene.rolls === true ? twice(stage) : []),
            ...(scene.rolls === true && kind.takesContainersDown !== true ? dropped(stage) : []),
            ...(scene.rolls === true ? disturbance.untold : []),
          ],
          (error: unknown) => [`threw ${String(error)}`],
        );
        wrong.push(
          ...found.map((one) => `#${index} ${call.method} of ${call.actor}, which ${answer}: ${one}`),
        );
      }
    }
    expect(tried).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });
});

const differences = (calm: readonly string[], disturbed: readonly string[]): readonly string[] =>
  calm.join('; ') === disturbed.join('; ') ? [] : [`${disturbed.join('; ')}; without it: ${calm.join('; ')}`];
