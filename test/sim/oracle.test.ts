import { describe, expect, it } from 'vitest';
import type { RestartPolicy } from '../../src/model/container.js';
import type { Hold } from '../../src/model/hold.js';
import {
  containerId,
  containerName,
  holdId,
  hostId,
  runId,
  targetGroupArn,
  type HostId,
} from '../../src/model/ids.js';
import type { TargetState } from '../../src/model/registration.js';
import { digestOf } from '../fakes/digest-of.js';
import type { Actor, Entry, Happening } from '../fakes/world/timeline.js';
import type { ContainerState, HostState, WorldState } from '../fakes/world/world.js';
import { judge } from './oracle.js';
import type { Program, Story, StoryGroup } from './oracle/story.js';
import { secretToken } from './canaries.js';
import { noFaults, type FaultPlan } from './faults.js';
import type { CallRecord } from './network.js';
import { calmScenario } from './scenario.js';

const [v1, v2, v3] = [digestOf('v1'), digestOf('v2'), digestOf('v3')];
const group = targetGroupArn('arn:tg/api/1');
const [h1, h2, h3, h4] = ['h1', 'h2', 'h3', 'h4'].map(hostId) as [HostId, HostId, HostId, HostId];
const all = [h1, h2, h3, h4];

const api: StoryGroup = { name: 'api', containers: ['api'], targetGroups: ['api'], hosts: all };

const oldOf = (host: HostId) => containerId(`${host}-old`);
const newOf = (host: HostId) => containerId(`${host}-new`);
const registrationOf = (host: HostId) => ({ targetGroup: group, id: host, port: 5060 });

function containerOf(host: HostId, which: 'old' | 'new', running = true): ContainerState {
  return {
    id: which === 'old' ? oldOf(host) : newOf(host),
    name: containerName('api'),
    digest: which === 'old' ? v1 : v2,
    ports: [5060],
    running,
    serving: running,
    restartPolicy: { name: 'unless-stopped' },
  };
}

/** Four hosts in two zones, each with one container, all registered and healthy. */
function worldWith(
  changed: Partial<Record<string, readonly ContainerState[]>> = {},
  gone: readonly HostId[] = [],
): WorldState {
  const hosts: HostState[] = all.map((id, index) => ({
    id,
    zone: index === 0 ? 'a' : 'b',
    images: [v1, v2],
    containers: changed[id] ?? [containerOf(id, 'old')],
  }));
  const registered = all.filter((host) => !gone.includes(host));
  const targets = registered.map((host) => ({
    host,
    registration: registrationOf(host),
    state: 'healthy' as const,
  }));
  return { at: 0, hosts, targets };
}

const entry = (at: number, by: Actor, happening: Happening): Entry => ({ at, by, ...happening });
const out = (at: number, host: HostId): Entry[] => [
  entry(at, 'program 1', { type: 'target.deregistered', host, registration: registrationOf(host) }),
  entry(at, 'world', { type: 'target.state', host, registration: registrationOf(host), state: 'draining' }),
];
const gone = (at: number, host: HostId) =>
  entry(at, 'world', { type: 'target.gone', host, registration: registrationOf(host) });
const back = (at: number, host: HostId) =>
  entry(at, 'program 1', { type: 'target.registered', host, registration: registrationOf(host) });
const state = (at: number, host: HostId, state: TargetState) =>
  entry(at, 'world', { type: 'target.state', host, registration: registrationOf(host), state });
const stopped = (at: number, host: HostId, by: Actor = 'program 1') =>
  entry(at, by, { type: 'container.stopped', host, container: oldOf(host) });
const created = (at: number, host: HostId, digest = v2) =>
  entry(at, 'program 1', {
    type: 'container.created',
    host,
    container: newOf(host),
    name: containerName('api'),
    digest,
    ports: [5060],
  });
const started = (at: number, host: HostId, container = newOf(host)) =>
  entry(at, 'program 1', { type: 'container.started', host, container });
const serving = (at: number, host: HostId, container = newOf(host)) =>
  entry(at, 'world', { type: 'container.serving', host, container });

/** One host's whole turn as it should be, 10 seconds long. */
const turn = (at: number, host: HostId): Entry[] => [
  ...out(at, host),
  gone(at + 2_000, host),
  stopped(at + 3_000, host),
  created(at + 3_000, host),
  started(at + 4_000, host),
  serving(at + 6_000, host),
  back(at + 8_000, host),
  state(at + 10_000, host, 'healthy'),
];

const rolled = worldWith(Object.fromEntries(all.map((host) => [host, [containerOf(host, 'new')]])));

type Given = Partial<Story> &
  Partial<Pick<Program, 'ended' | 'exit' | 'named' | 'signalledAt' | 'commandsReported'>>;

/** So that hosts may have to be named. */
const somethingGoesWrong: FaultPlan = { ...noFaults, lostBefore: 0.01 };

/** Of one deploy, unless other programs are given. */
function story({
  ended = worldWith(),
  exit = 4,
  named = [],
  commandsReported = [],
  signalledAt,
  ...given
}: Given): Story {
  const program: Program = {
    actor: 'program 1',
    verb: 'deploy',
    group: api,
    release: v2,
    endedAt: 1_000_000,
    commandsReported,
    ended,
    exit,
    named,
    ...(signalledAt === undefined ? {} : { signalledAt }),
  };
  return {
    initial: worldWith(),
    timeline: [],
    calls: [],
    programs: [program],
    final: worldWith(),
    rollout: { ...calmScenario.rollout, serial: [{ hosts: 1 }, { percent: 100 }], bake: 10_000 },
    groups: [api],
    zonal: [],
    named,
    isOver: true,
    playbookFails: false,
    faults: somethingGoesWrong,
    words: [],
    ...given,
  };
}
const breaches = (given: Given): readonly number[] => judge(story(given)).map(({ statement }) => statement);

describe('the oracle', () => {
  it('finds nothing wrong with a roll as it should be', () => {
    const timeline = [...turn(0, h1), ...turn(30_000, h2), ...turn(50_000, h3), ...turn(70_000, h4)];
    expect(judge(story({ timeline, ended: rolled, final: rolled, exit: 0 }))).toEqual([]);
  });

  it('1: sees more hosts taken out than the floor allows', () => {
    const timeline = [...turn(0, h1), ...out(30_000, h2), ...out(30_000, h3), ...out(30_000, h4)];
    const named = [h1, h2, h3, h4];
    expect(breaches({ timeline, named, exit: 5 })).toEqual([1]);
  });

  it('1: does not blame the program for a target that fell ill a moment before', () => {
    const timeline = [
      ...turn(0, h1),
      state(29_000, h3, 'unhealthy'),
      state(29_000, h4, 'unhealthy'),
      ...out(30_000, h2),
    ];
    expect(breaches({ timeline, named: [...all], exit: 5 })).toEqual([]);
  });

  it('1: sees the last healthy target of a zone go, where zones are not balanced across', () => {
    const timeline = turn(0, h1);
    expect(breaches({ timeline, zonal: [group], named: [...all], exit: 5 })).toEqual([1]);
    expect(breaches({ timeline, zonal: [], named: [...all], exit: 5 })).toEqual([]);
  });

  it('2: sees a registration that is lost, unless its host is named', () => {
    const final = worldWith({}, [h2]);
    expect(breaches({ final })).toEqual([2]);
    expect(breaches({ final, named: [h2], exit: 5 })).toEqual([]);
  });

  it('2: sees a registration under another port than before', () => {
    const final = worldWith({}, [h2]);
    const elsewhere = {
      host: h2,
      registration: { ...registrationOf(h2), port: 80 },
      state: 'healthy' as const,
    };
    expect(breaches({ final: { ...final, targets: [...final.targets, elsewhere] } })).toEqual([2, 2]);
  });

  it('3: sees a container stopped that is still in service or draining', () => {
    expect(breaches({ timeline: [stopped(0, h1)], named: [h1], exit: 5 })).toEqual([3]);
    expect(breaches({ timeline: [...out(0, h1), stopped(1, h1)], named: [h1], exit: 5 })).toEqual([3]);
    expect(
      breaches({ timeline: [...out(0, h1), gone(1, h1), stopped(2, h1)], named: [h1], exit: 5 }),
    ).toEqual([]);
  });

  it('4: sees a host leave service without the image', () => {
    const initial = worldWith();
    const bare = initial.hosts.map((host) => ({ ...host, images: [v1] }));
    const timeline = turn(0, h1);
    const pulled = entry(0, 'program 1', { type: 'image.pulled', host: h1, digest: v2 });
    const named = [...all];
    expect(breaches({ initial: { ...initial, hosts: bare }, timeline, named, exit: 5 })).toEqual([4]);
    expect(
      breaches({ initial: { ...initial, hosts: bare }, timeline: [pulled, ...timeline], named, exit: 5 }),
    ).toEqual([]);
  });

  it('5: sees a second digest', () => {
    expect(breaches({ timeline: [created(0, h1), created(1, h2, v3)] })).toEqual([5]);
    expect(breaches({ timeline: [created(0, h1), created(1, h2, v1)] })).toEqual([]);
  });

  it('6: sees a host that leaves before the last batch is healthy and baked', () => {
    const named = [...all];
    expect(breaches({ timeline: [...turn(0, h1), ...turn(19_999, h2)], named, exit: 5 })).toEqual([6]);
    expect(breaches({ timeline: [...turn(0, h1), ...turn(20_000, h2)], named, exit: 5 })).toEqual([]);
  });

  it('7: sees the roll go on after a failure, and a failure that is not told', () => {
    const restored = [
      ...turn(0, h1).slice(0, 6),
      started(60_000, h1, oldOf(h1)),
      serving(61_000, h1, oldOf(h1)),
      back(62_000, h1),
      state(70_000, h1, 'healthy'),
    ];
    expect(breaches({ timeline: restored })).toEqual([]);
    expect(breaches({ timeline: [...restored, ...turn(100_000, h2)], named: [h2], exit: 5 })).toEqual([7]);
    expect(breaches({ timeline: restored, ended: rolled, final: rolled, exit: 0 })).toEqual([7]);
  });

  it.each([
    ['another container', [{ ...containerOf(h1, 'old'), id: containerId('h1-third') }]],
    [
      'the very container with another restart policy',
      [{ ...containerOf(h1, 'old'), restartPolicy: { name: 'no' } as const }],
    ],
    [
      'the very container under another name',
      [{ ...containerOf(h1, 'old'), name: containerName('api-old') }],
    ],
    ['nothing', [containerOf(h1, 'old', false)]],
  ])('8: sees a restored host that runs %s', (_what, containers) => {
    const ended = worldWith({ h1: containers });
    expect(breaches({ ended })).toEqual([8]);
    expect(breaches({ ended, named: [h1], exit: 5 })).toEqual([]);
  });

  it('8: sees a container left on a host that had none', () => {
    const initial = worldWith({ h1: [] });
    const ended = worldWith({ h1: [{ ...containerOf(h1, 'old'), id: containerId('h1-left') }] });
    expect(breaches({ initial, ended })).toEqual([8]);
  });

  it('9: sees a host put in service that does not serve', () => {
    const timeline = turn(0, h1).filter(({ type }) => type !== 'container.serving');
    expect(breaches({ timeline, named: [...all], exit: 5 })).toEqual([9]);
  });

  it('9: lets a host go back as it was found, or untouched', () => {
    const untouched = [...out(0, h1), gone(2_000, h1), back(100_000, h1)];
    expect(breaches({ timeline: untouched })).toEqual([]);
    const initial = worldWith({ h1: [{ ...containerOf(h1, 'old'), serving: false }] });
    const targets = initial.targets.map((target) =>
      target.host === h1 ? { ...target, state: 'unhealthy' as const } : target,
    );
    expect(breaches({ initial: { ...initial, targets }, timeline: untouched })).toEqual([]);
  });

  const call = (at: number, by: Actor, method = 'stop'): CallRecord => ({
    at,
    by,
    port: 'runtime',
    method,
    actor: h1,
    host: h1,
    about: 'api',
    fault: 'none',
  });
  const leased = (at: number, by: Actor, until: number): Entry[] => [
    entry(at, by, { type: 'lease.taken', lease: 'test.api', run: by }),
    entry(at, by, { type: 'lease.valid', lease: 'test.api', until }),
  ];

  it('10: sees a change without a lease, past its deadline, or under the lease of another', () => {
    expect(breaches({ calls: [call(5, 'program 1')] })).toEqual([10]);
    const timeline = leased(0, 'program 1', 100);
    expect(breaches({ timeline, calls: [call(99, 'program 1')] })).toEqual([]);
    expect(breaches({ timeline, calls: [call(100, 'program 1', 'list')] })).toEqual([]);
    expect(breaches({ timeline, calls: [call(100, 'program 1')] })).toEqual([10]);
    const both = [...timeline, ...leased(50, 'program 2', 150)];
    expect(breaches({ timeline: both, calls: [call(60, 'program 1')] })).toEqual([10]);
  });

  it('11: sees a change in a wrong account', () => {
    const faults: FaultPlan = { ...noFaults, wrong: 'account' };
    const timeline = leased(0, 'program 1', 100);
    expect(breaches({ timeline, faults, calls: [call(5, 'program 1')] })).toEqual([11]);
    expect(breaches({ timeline, faults, calls: [call(5, 'program 1', 'list')] })).toEqual([]);
  });

  it('12: sees a roll fail though the cloud was only slow', () => {
    const faults: FaultPlan = { ...noFaults, sparesPreflight: true, throttled: 0.1 };
    expect(breaches({ faults, exit: 4 })).toEqual([12]);
    expect(breaches({ faults, exit: 0, ended: rolled, final: rolled })).toEqual([]);
    expect(breaches({ faults, exit: 4, playbookFails: true })).toEqual([]);
  });

  it('13: sees a secret in what programs write and say', () => {
    const words = [{ where: 'an event', text: `token=${secretToken}` }];
    expect(breaches({ words })).toEqual([13]);
    expect(breaches({ words: [{ where: 'an event', text: 'token=***' }] })).toEqual([]);
  });

  it('15: sees a command run twice, and one that is said to have gone well where it did not', () => {
    const ran = (at: number, code = 0) =>
      entry(at, 'program 1', { type: 'command.ran', host: h1, text: 'migrate', code });
    expect(breaches({ timeline: [ran(1), ran(2)] })).toEqual([15]);
    expect(breaches({ timeline: [ran(1)], commandsReported: [h1] })).toEqual([]);
    expect(breaches({ timeline: [ran(1, 1)], commandsReported: [h1] })).toEqual([15]);
    expect(breaches({ commandsReported: [h1] })).toEqual([15]);
  });

  it('sees what is still held of a host that nobody named, and a host that is not in service any more', () => {
    const hold: Hold = { id: holdId('1'), host: h1, kind: 'container', name: containerName('api') };
    const kept = entry(1, 'program 1', { type: 'hold.kept', host: h1, run: runId('r'), hold });
    expect(breaches({ timeline: [kept] })).toEqual([0]);
    expect(breaches({ timeline: [kept], named: [h1], exit: 5 })).toEqual([]);
    const ill = worldWith();
    const targets = ill.targets.map((one, index) =>
      index === 0 ? { ...one, state: 'unhealthy' as const } : one,
    );
    expect(breaches({ final: { ...ill, targets } })).toEqual([0]);
  });

  it('sees an Auto Scaling group that is left suspended', () => {
    const suspended = { name: 'asg', suspended: ['AZRebalance'], tags: [] };
    const initial = { ...worldWith(), scaling: [{ name: 'asg', suspended: [], tags: [] }] };
    expect(breaches({ initial, final: { ...worldWith(), scaling: [suspended] } })).toEqual([0]);
    expect(breaches({ initial, final: initial })).toEqual([]);
  });

  it('14: sees a turn that begins long after the signal, and an exit code that hides it', () => {
    const timeline = turn(60_000, h1);
    expect(breaches({ timeline, signalledAt: 0, named: [h1], exit: 5 })).toEqual([14]);
    expect(breaches({ timeline, signalledAt: 59_000, named: [h1], exit: 5 })).toEqual([]);
    expect(breaches({ signalledAt: 0, named: [h1], exit: 143 })).toEqual([14]);
  });

  it('sees requests sent to where nobody serves, and nowhere to send them', () => {
    const route = (targets: readonly { host: HostId; port: number; serving: boolean }[]) =>
      entry(0, 'world', { type: 'routes', targetGroup: group, targets });
    expect(breaches({ timeline: [route([{ host: h1, port: 5060, serving: false }])] })).toEqual([0]);
    expect(breaches({ timeline: [route([])] })).toEqual([0]);
    expect(breaches({ timeline: [route([{ host: h1, port: 5060, serving: true }])] })).toEqual([]);
  });

  it('sees a run that ends as a bug', () => {
    expect(breaches({ exit: 1 })).toEqual([0]);
  });

  it('sees a success that is none', () => {
    const ended = worldWith({
      ...Object.fromEntries(all.map((host) => [host, [containerOf(host, 'new')]])),
      h4: [containerOf(h4, 'old')],
    });
    expect(breaches({ ended, exit: 0 })).toEqual([0]);
  });

  it('sees a host that is named though nothing went wrong but the release', () => {
    expect(breaches({ faults: noFaults, named: [h1], exit: 5 })).toEqual([0]);
    expect(breaches({ faults: { ...noFaults, lostAfter: 0.01 }, named: [h1], exit: 5 })).toEqual([]);
    const rollout = { ...calmScenario.rollout, onFailure: 'stop' as const };
    expect(breaches({ faults: noFaults, named: [h1], exit: 5, rollout })).toEqual([]);
  });

  it('sees a host that is left on the release by a roll that failed', () => {
    const timeline = [...turn(0, h1), ...turn(30_000, h2), started(60_000, h2, oldOf(h2))];
    const ended = worldWith({ h1: [containerOf(h1, 'new')] });
    expect(breaches({ timeline, ended })).toEqual([0]);
    expect(breaches({ timeline, ended: worldWith() })).toEqual([]);
    expect(breaches({ timeline, ended, named: [h1], exit: 5 })).toEqual([]);
    const rollout = { ...story({}).rollout, onFailure: 'restore' as const };
    expect(breaches({ timeline, ended, rollout })).toEqual([]);
  });

  it('sees a kept container that would come back with its Engine', () => {
    const keptWith = (restartPolicy: RestartPolicy) => {
      const kept = { ...containerOf(h1, 'old', false), name: containerName('api.kept-1'), restartPolicy };
      return breaches({ final: worldWith({ [h1]: [containerOf(h1, 'new'), kept] }) });
    };
    expect(keptWith({ name: 'always' })).toEqual([0]);
    expect(keptWith({ name: 'no' })).toEqual([]);
  });
});
