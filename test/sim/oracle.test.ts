import { describe, expect, it } from 'vitest';
import { describeHold, type Hold } from '../../src/model/hold.js';
import type { RestartPolicy } from '../../src/model/container.js';
import {
  containerId,
  containerName,
  groupName,
  holdId,
  hostId,
  runId,
  targetGroupArn,
  type ContainerId,
  type HostId,
} from '../../src/model/ids.js';
import type { TargetState } from '../../src/model/registration.js';
import type { HostResult } from '../../src/model/run-result.js';
import { digestOf } from '../fakes/digest-of.js';
import type { Actor, Entry, Happening } from '../fakes/world/timeline.js';
import type { ContainerState, HostState, WorldState } from '../fakes/world/world.js';
import { judge, namedAtTheEnd } from './oracle.js';
import { keepsTheFloor } from './oracle/01-floor.js';
import { deedsOf } from './oracle/deeds.js';
import { droppedFor, dropsOf } from './oracle/drops.js';
import { neverOverridesANewerSuccess } from './oracle/newer-success.js';
import type { Program, Said, Story, StoryGroup } from './oracle/story.js';
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
  Partial<
    Pick<Program, 'ended' | 'exit' | 'named' | 'namedAt' | 'says' | 'signalledAt' | 'commandsReported'>
  >;

/** So that hosts may have to be named. */
const somethingGoesWrong: FaultPlan = { ...noFaults, lostBefore: 0.01 };

/** Of one deploy, unless other programs are given. */
function story({
  ended = worldWith(),
  exit = 4,
  named = [],
  namedAt = new Map(),
  commandsReported = [],
  signalledAt,
  says,
  ...given
}: Given): Story {
  const program: Program = {
    actor: 'program 1',
    machine: 'desk',
    verb: 'deploy',
    group: api,
    release: v2,
    begunAt: 0,
    endedAt: 1_000_000,
    history: (given.timeline ?? []).length,
    commandsReported,
    ended,
    exit,
    named,
    namedAt,
    ...(says === undefined ? {} : { says }),
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

  it('1: counts what a living or killed run of another group has out while others are told of it, not what an ended one left', () => {
    const web: StoryGroup = { ...api, name: 'web' };
    const left = [...out(0, h1), ...out(0, h2)].map((one) => ({
      ...one,
      by: one.by === 'world' ? one.by : ('program 2' as const),
    }));
    const floored = (fate: Pick<Program, 'exit'>, at: number) => {
      const timeline = [...left, gone(1, h1), gone(1, h2), ...out(at, h3)];
      const one = story({ timeline, named: [...all], exit: 5 });
      const [own] = one.programs;
      if (own === undefined) throw new Error('a story of one program');
      const { exit: _, ...killed } = { ...own, actor: 'program 2' as const, group: web, endedAt: 2_000 };
      return keepsTheFloor({ ...one, programs: [own, { ...killed, ...fate }] }).length;
    };
    expect(floored({}, 35_000)).toBe(1);
    expect(floored({}, 60_000)).toBe(0);
    expect(floored({ exit: 5 }, 35_000)).toBe(0);
    expect(floored({ exit: 5 }, 1_500)).toBe(1);
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
    expect(breaches({ timeline: [created(0, h1), created(20_000, h2, v3)] })).toEqual([5]);
    expect(breaches({ timeline: [created(0, h1), created(20_000, h2, v1)] })).toEqual([]);
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

  it('7: lets a host go back that left service by the hand of another, a moment before its turn', () => {
    const others = [{ ...out(0, h2)[0]!, by: 'operator' as const }, ...turn(0, h2).slice(1)];
    const restored = [...turn(0, h1).slice(0, 6), started(60_000, h1, oldOf(h1)), back(62_000, h1)];
    const rolledBack = [...out(100_000, h2), gone(102_000, h2), back(108_000, h2)];
    const timeline = [...others, ...restored, ...rolledBack].sort((a, b) => a.at - b.at);
    const sevens = breaches({ timeline }).filter((statement) => statement === 7);
    expect(sevens).toEqual([]);
    expect(breaches({ timeline: [...timeline, ...out(120_000, h3)] })).toContain(7);
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

  it('9: takes no container of another group for one that was touched', () => {
    const web: StoryGroup = { name: 'web', containers: ['web'], targetGroups: ['web'], hosts: [h1] };
    const ofWeb = {
      ...containerOf(h1, 'old'),
      id: containerId('h1-web'),
      name: containerName('web'),
      ports: [7000],
    };
    const initial = worldWith({ h1: [containerOf(h1, 'old'), ofWeb] });
    const touching = (container: ContainerId) => [
      ...out(0, h1),
      gone(2_000, h1),
      entry(3_000, 'program 2', { type: 'container.stopped', host: h1, container }),
      exited(4_000, h1),
      back(100_000, h1),
    ];
    const nines = (timeline: Entry[]) =>
      breaches({ initial, groups: [api, web], timeline, named: [h1], exit: 5 }).filter((one) => one === 9);
    expect(nines(touching(ofWeb.id))).toEqual([]);
    expect(nines(touching(oldOf(h1)))).toEqual([9]);
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
    // It has the lease of another, and changes something.
    expect(breaches({ timeline: both, calls: [call(60, 'program 1')] })).toEqual([10, 10]);
  });

  it('10: sees two programs that have one lease at one moment', () => {
    const timeline = leased(0, 'program 1', 100);
    expect(breaches({ timeline: [...timeline, ...leased(99, 'program 2', 200)] })).toEqual([10]);
    expect(breaches({ timeline: [...timeline, ...leased(100, 'program 2', 200)] })).toEqual([]);
    const released = entry(50, 'program 1', { type: 'lease.released', lease: 'test.api' });
    expect(breaches({ timeline: [...timeline, released, ...leased(60, 'program 2', 200)] })).toEqual([]);
    const killed = entry(50, 'program 1', { type: 'process', became: 'killed' });
    expect(breaches({ timeline: [...timeline, killed, ...leased(60, 'program 2', 200)] })).toEqual([]);
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

  it('12: sees a roll fail though the registry was only away for a moment', () => {
    const faults: FaultPlan = {
      ...noFaults,
      sparesPreflight: true,
      outages: [{ of: 'registry', after: 0, lasts: 5_000, says: '503' }],
    };
    expect(breaches({ faults, exit: 4 })).toEqual([12]);
    expect(breaches({ faults: { ...faults, leaseLost: 0.5 }, exit: 4 })).toEqual([]);
  });

  it('12: sees a roll fail though an Engine was only restarted, unless its container stayed down', () => {
    const faults: FaultPlan = {
      ...noFaults,
      sparesPreflight: true,
      blips: [{ host: h1, at: 1_000, lasts: 5_000, of: 'dockerd', stopping: 2_000 }],
    };
    const of = { host: h1, container: oldOf(h1) };
    const pulled = entry(1, 'program 1', { type: 'image.pulled', host: h1, digest: v2 });
    const blip = entry(1_000, 'world', { type: 'blip', host: h1, of: 'dockerd', lasts: 5_000 });
    const down = entry(1_000, 'world', { type: 'container.exited', ...of, code: 0 });
    const up = entry(6_000, 'world', { type: 'container.started', ...of });
    expect(breaches({ faults, timeline: [pulled, blip, down, up], exit: 4 })).toContain(12);
    const initial = worldWith({ h1: [{ ...containerOf(h1, 'old'), restartPolicy: { name: 'no' } }] });
    expect(breaches({ faults, initial, timeline: [pulled, blip, down], exit: 4 })).not.toContain(12);
  });

  it('12: sees a host named after a bad release, though it could go back, and runs nothing', () => {
    const faults: FaultPlan = { ...noFaults, sparesPreflight: true, throttled: 0.1 };
    const of = { host: h1, container: newOf(h1) };
    const made = entry(2, 'program 1', {
      type: 'container.created',
      ...of,
      name: containerName('api'),
      ports: [],
    });
    const ended = worldWith({ h1: [containerOf(h1, 'old', false)] });
    const bad = { faults, timeline: [made], named: [h1], exit: 5 };
    expect(breaches({ ...bad, ended, final: ended })).toContain(12);
    expect(breaches(bad)).not.toContain(12);
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

  it('sees what is still held of a host that was not named, and a host that is not in service any more', () => {
    const hold: Hold = { id: holdId('1'), host: h1, kind: 'container', name: containerName('api') };
    const kept = entry(1, 'program 1', { type: 'hold.kept', host: h1, run: runId('r'), hold });
    expect(breaches({ timeline: [kept] })).toEqual([0]);
    expect(breaches({ timeline: [kept], named: [h1], exit: 5 })).toEqual([]);
    // A lost call excuses the note of what is back, and of nothing else.
    const lost: CallRecord = { ...call(2, 'program 1', 'forgetHold'), host: h1, fault: 'after' };
    expect(breaches({ timeline: [kept], calls: [lost] })).toEqual([0]);
    expect(breaches({ timeline: [kept], calls: [lost], final: worldWith({ h1: [] }) })).not.toContain(0);
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

  const route = (at: number, targets: readonly { host: HostId; port: number; serving: boolean }[]) =>
    entry(at, 'world', { type: 'routes', targetGroup: group, targets });
  const routed = (at: number, serving: boolean, hosts: readonly HostId[] = all) =>
    route(
      at,
      hosts.map((host) => ({ host, port: 5060, serving })),
    );
  const exited = (at: number, host: HostId) =>
    entry(at, 'world', { type: 'container.exited', host, container: oldOf(host), code: 1 });

  it('sees requests sent to where nothing serves, and nowhere to send them', () => {
    expect(breaches({ timeline: [route(0, [{ host: h1, port: 5060, serving: false }])] })).toEqual([0]);
    expect(breaches({ timeline: [route(0, [])] })).toEqual([0]);
    expect(breaches({ timeline: [route(0, [{ host: h1, port: 5060, serving: true }])] })).toEqual([]);
  });

  it('takes a fault for the reason only where it hit the host that the requests went to', () => {
    const deaf = route(2, [
      { host: h1, port: 5060, serving: false },
      { host: h2, port: 5060, serving: true },
    ]);
    expect(breaches({ timeline: [exited(1, h1), deaf] })).toEqual([]);
    expect(breaches({ timeline: [exited(1, h2), deaf] })).toEqual([0]);
    expect(breaches({ timeline: [exited(1, h1), serving(1, h1, oldOf(h1)), deaf] })).toEqual([0]);
    const lost = entry(1, 'world', { type: 'fault', what: 'runtime.list of h1 lost (before)' });
    expect(breaches({ timeline: [lost, deaf] })).toEqual([0]);
  });

  it('asks for a fault that left no target healthy, or for a floor of 0', () => {
    const everywhere = all.flatMap((host) => out(1, host));
    const named = [...all];
    const rollout = { ...calmScenario.rollout, serial: [{ percent: 100 }], minHealthy: { hosts: 0 } };
    expect(breaches({ timeline: [...everywhere, routed(2, true, [])], rollout, named, exit: 5 })).toEqual([]);
    const some = [...out(1, h1), ...out(1, h2), exited(2, h3), state(3, h3, 'unhealthy'), ...out(40_000, h4)];
    const blamed = breaches({ timeline: [...some, routed(40_001, true, [])], named, exit: 5 });
    // The floor is broken, and the program took the last one; that h3 was ill is the world's doing all the same.
    expect(blamed).toEqual([1, 6, 6]);
    const taken = all.flatMap((host) => out(1, host));
    expect(breaches({ timeline: [...taken, routed(2, true, [])], named, exit: 5 })).toEqual([
      1, 1, 6, 6, 6, 0,
    ]);
  });

  it('counts how long requests were dropped, and what share of them', () => {
    const timeline = [
      exited(1_000, h1),
      route(1_000, [
        { host: h1, port: 5060, serving: false },
        { host: h2, port: 5060, serving: true },
      ]),
      routed(5_000, true),
    ];
    const drops = dropsOf(story({ timeline }));
    expect(drops).toMatchObject([
      {
        from: 1_000,
        to: 5_000,
        share: 0.5,
        fault: { host: h1, at: 1_000, what: 'container.exited by world' },
      },
    ]);
    expect(droppedFor(drops)).toBe(2_000);
  });

  const said = (status: HostResult['status'], host = h1): HostResult => ({
    host,
    name: host,
    ok: 0,
    changed: 0,
    skipped: 0,
    failed: 0,
    unreachable: 0,
    restored: 0,
    rescued: 0,
    ignored: 0,
    status,
  });
  const says = (given: Partial<Said>): Said => ({
    hosts: [],
    named: [],
    mixed: false,
    groups: [groupName('api')],
    releases: [],
    ...given,
  });
  const lookedAt = (at: number, host: HostId): CallRecord => ({ ...call(at, 'program 1', 'list'), host });

  it('8: takes either for what a program found that looked while a container was stopped by hand', () => {
    const timeline = (stoppedAt: number) => [
      stopped(stoppedAt, h1, 'operator'),
      ...turn(1_000, h1).filter((one) => !('container' in one)),
      entry(4_000, 'program 1', {
        type: 'container.renamed',
        host: h1,
        container: oldOf(h1),
        name: containerName('a'),
      }),
      started(20_000, h1, oldOf(h1)),
    ];
    const judged = (stoppedAt: number) =>
      breaches({
        timeline: timeline(stoppedAt),
        calls: [lookedAt(500, h1)],
        says: says({ hosts: [said('restored')] }),
      }).filter((one) => one !== 9);
    expect(judged(100)).toEqual([8, 0]);
    expect(judged(600)).toEqual([]);
  });

  it('sees a status that does not say what a host runs', () => {
    const timeline = turn(0, h1);
    const released = worldWith({ h1: [containerOf(h1, 'new')] });
    const at = (status: HostResult['status'], ended: WorldState) =>
      breaches({ timeline, ended, final: released, says: says({ hosts: [said(status)] }) });
    expect(at('deployed', released)).toEqual([]);
    expect(at('deployed', worldWith())).toEqual([0]);
    expect(at('restored', released)).toEqual([0]);
    expect(at('rolled_back', worldWith({}, [h1]))).toEqual([0]);
    expect(at('untouched', released)).toEqual([0]);
    expect(at('converged', released)).toEqual([0]);
    expect(at('failed', worldWith({ h1: [] }))).toEqual([8, 0]);
  });

  it('asks for no container back that had ended by itself before the program took one', () => {
    const down = worldWith({ h1: [containerOf(h1, 'old', false)] });
    const took = [gone(2_000, h1), created(3_000, h1)];
    const at = (timeline: Entry[]) =>
      breaches({
        timeline,
        ended: down,
        final: down,
        named: [h1],
        exit: 5,
        calls: [lookedAt(9_000, h1)],
        says: says({ hosts: [said('failed')] }),
      });
    expect(at([...out(0, h1), exited(1_000, h1), ...took, back(8_000, h1)])).not.toContain(0);
    expect(at([...out(0, h1), ...took, back(8_000, h1)])).toContain(0);
  });

  it('sees an image that a host does not run, and a host of which nothing is told', () => {
    const image = `registry/api@${v2}`;
    expect(breaches({ says: says({ hosts: [{ ...said('untouched'), image }] }) })).toEqual([0]);
    const timeline = [...out(0, h1), gone(1, h1), back(2, h1)];
    expect(breaches({ timeline, says: says({}) })).toEqual([0]);
  });

  it('excuses what happened to a host after the program looked last, and only that', () => {
    const down = worldWith({ h1: [containerOf(h1, 'new', false)] });
    const timeline = [...turn(0, h1), exited(20_000, h1)];
    const given = {
      timeline,
      ended: down,
      final: down,
      named: [h1],
      says: says({ hosts: [said('deployed')] }),
    };
    const after = [...leased(0, 'program 1', 99_000)];
    const looks = (at: number) => judge(story({ ...given, calls: [lookedAt(at, h1)], exit: 5 })).length;
    expect(after.length).toBe(2);
    expect(looks(15_000)).toBe(0);
    expect(looks(25_000)).toBe(1);
  });

  it('excuses what ended by itself after the bake of a program that was signalled, and nothing before', () => {
    const down = worldWith({ h1: [containerOf(h1, 'new', false)] });
    const baked = entry(15_000, 'program 1', {
      type: 'hold.forgotten',
      host: h1,
      run: runId('r'),
      hold: holdId('h1#1'),
    });
    const judged = (exitedAt: number, signalledAt?: number) => {
      const timeline = [...turn(0, h1), exited(exitedAt, h1), baked].toSorted((a, b) => a.at - b.at);
      const given = { timeline, ended: down, final: down, named: [h1], calls: [lookedAt(25_000, h1)] };
      const one = story({
        ...given,
        says: says({ hosts: [said('deployed')] }),
        exit: 5,
        ...(signalledAt === undefined ? {} : { signalledAt }),
      });
      return judge(one).map(({ what }) => what);
    };
    const untrue = 'program 1 says that h1 is deployed, which does not run the release';
    expect(judged(20_000, 30_000)).not.toContain(untrue);
    expect(judged(20_000)).toContain(untrue);
    expect(judged(12_000, 30_000)).toContain(untrue);
  });

  it('takes what a program does for a run of another for a recovery, though its notes were pruned', () => {
    const pruned = entry(10, 'operator', {
      type: 'hold.forgotten',
      host: h1,
      run: runId('r'),
      hold: holdId('h1#1'),
    });
    const timeline = [
      kept(0, 'program 2', 'r'),
      ...out(1, h1).map((one) => ({ ...one, by: one.by === 'world' ? one.by : ('program 2' as const) })),
      gone(2, h1),
      pruned,
      back(20, h1),
      state(21, h1, 'healthy'),
      kept(30, 'program 1', 'mine'),
      ...out(31, h1),
      gone(32, h1),
      back(40, h1),
      state(41, h1, 'healthy'),
    ];
    const deeds = deedsOf(story({ timeline })).get('program 1')?.get(h1);
    expect(deeds?.recovering.map(({ at }) => at)).toEqual([20]);
    expect(deeds?.own.map(({ at }) => at)).toEqual([31, 40]);
    expect(deeds?.found?.at).toBe(30);
  });

  it('sees a fleet that is mixed and not said to be, and one that is said to be and is not', () => {
    const mixed = worldWith({ h1: [containerOf(h1, 'new')] });
    const hosts = all.map((host) => said(host === h1 ? 'deployed' : 'untouched', host));
    const calls = all.map((host) => lookedAt(50_000, host));
    const timeline = turn(0, h1);
    const given = { timeline, calls, ended: mixed, final: mixed };
    expect(breaches({ ...given, says: says({ hosts, mixed: true }) })).toEqual([]);
    expect(breaches({ ...given, says: says({ hosts, mixed: false }) })).toEqual([0]);
    const untouched = all.map((host) => said('untouched', host));
    expect(breaches({ calls, says: says({ hosts: untouched, mixed: true }) })).toEqual([0]);
    // Out of service it does not count.
    const targets = mixed.targets.filter(({ host }) => host !== h1);
    const alone = { ...mixed, targets };
    expect(breaches({ ...given, ended: alone, says: says({ hosts, mixed: true }) }).includes(0)).toBe(true);
  });

  const holdOf = (host: HostId): Hold => ({
    id: holdId(`${host}#1`),
    host,
    kind: 'registration',
    registration: registrationOf(host),
    state: 'healthy',
  });
  const kept = (at: number, by: Actor, run: string, host = h1) =>
    entry(at, by, { type: 'hold.kept', host, run: runId(run), hold: holdOf(host) });
  const registrationHeld = describeHold(holdOf(h1));

  it('sees a host that is named and has what it is said to hold, and one that lacks more than is said', () => {
    const timeline = [kept(0, 'program 1', 'r')];
    const named = (held: readonly string[], ended: WorldState, given: Given = {}) => {
      const one = story({ timeline, ended, final: ended, named: [h1], exit: 5, ...given });
      const said = says({ named: [{ host: h1, name: 'h1', held, reason: 'why' }] });
      const programs = one.programs.map((program) => ({ ...program, run: runId('r'), says: said }));
      return judge({ ...one, programs }).map(({ statement }) => statement);
    };
    expect(named([registrationHeld], worldWith({}, [h1]))).toEqual([]);
    expect(named([registrationHeld], worldWith())).toEqual([0]);
    expect(named(['its container "api" (v1)'], worldWith({}, [h1]))).toEqual([0, 0]);
    expect(named([], worldWith({}, [h1]))).toEqual([0]);
    expect(named([], worldWith(), { timeline: [] })).toEqual([0]);
    // Somebody pruned its note: what it was cannot be said, and that it is not there can.
    const { id } = holdOf(h1);
    const pruning = entry(1, 'operator', { type: 'hold.forgotten', host: h1, run: runId('r'), hold: id });
    const pruned = [...timeline, pruning];
    expect(named([], worldWith({}, [h1]), { timeline: pruned })).toEqual([]);
    expect(named([], worldWith(), { timeline: pruned })).toEqual([0]);
    const faults: FaultPlan = { ...noFaults, unreachable: ['h1'] };
    expect(named([registrationHeld], worldWith(), { faults })).toEqual([]);
    // It is lost, named, found again and looked at.
    const lost = entry(500_000, 'world', { type: 'host.lost', host: h1 });
    const found = entry(900_000, 'world', { type: 'host.found', host: h1 });
    const at = (moment: number) => {
      const calls = [lookedAt(400_000, h1), lookedAt(950_000, h1)];
      const namedAt = new Map([[h1, moment]]);
      return named([registrationHeld], worldWith(), { timeline: [...timeline, lost, found], calls, namedAt });
    };
    expect(at(600_000)).toEqual([]);
    expect(at(960_000)).toEqual([0]);
  });

  it('takes no name for an excuse that was given before another program changed the host', () => {
    const programs = [
      { named: [h1, h2], history: 5 },
      { named: [], history: 6 },
    ];
    const timeline = [...out(0, h1), ...out(1, h2), gone(2, h2), stopped(3, h1, 'program 2')];
    expect(namedAtTheEnd(programs, timeline)).toEqual([h2]);
  });

  it('sees a run override what a newer one had reached, in a recovery', () => {
    const older: Program = { ...story({}).programs[0]!, run: runId('old'), history: 1 };
    const newer: Program = {
      ...older,
      actor: 'program 2',
      run: runId('new'),
      begunAt: 100,
      ended: rolled,
      exit: 0,
      history: 2,
    };
    const recovers: Program = { ...older, actor: 'program 3', verb: 'recover', begunAt: 200, exit: 0 };
    const ended = entry(150, 'program 2', { type: 'process', became: 'ended' });
    const stops = (run: string) => [
      kept(0, 'program 1', 'old'),
      ended,
      ...(run === 'old' ? [] : [kept(201, 'program 4', run)]),
      ...out(202, h1).map((one) => ({ ...one, by: one.by === 'world' ? one.by : ('program 3' as const) })),
      gone(203, h1),
      entry(204, 'program 3', { type: 'container.stopped', host: h1, container: newOf(h1) }),
    ];
    const later: Program = { ...older, actor: 'program 4', run: runId('later'), begunAt: 190 };
    const overridden = (run: string, by: Partial<Program> = {}) =>
      neverOverridesANewerSuccess(
        story({
          initial: rolled,
          programs: [{ ...older, ...by }, newer, recovers, later],
          timeline: stops(run),
        }),
      ).length;
    expect(overridden('old')).toBe(1);
    expect(overridden('later')).toBe(0);
    expect(overridden('old', { rollsBack: true })).toBe(0);
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
    const targets = worldWith().targets.map((one) =>
      one.host === h1 ? { ...one, state: 'unhealthy' as const } : one,
    );
    const ill = { ...worldWith(), targets };
    const given = { faults: noFaults, named: [h1], exit: 5, initial: ill };
    expect(breaches({ ...given, ended: ill, final: ill })).toEqual([]);
    expect(breaches(given)).toEqual([0]);
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
