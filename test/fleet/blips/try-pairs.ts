import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Ran } from '../adfpush.js';
import type { Reality } from '../fleet.js';
import type { FleetHost } from '../host/fleet-host.js';
import type { LoadResult } from '../load.js';
import { until } from '../until.js';
import type { Kind } from './kinds.js';
import type { Bundle, Pair } from './pairs.js';
import { hostOf, type Story } from './phases.js';
import { Telling, type Told } from './told.js';
import type { World } from './world.js';

/** How long a run may take, and what each blip may add to how long it lasts itself, ms. */
const patience = { run: 120_000, blip: 10_000 } as const;
/** What a blip still explains when it is over: the balancer has to find out. */
const aftermath = 5_000;
/** Clients of the balancer: enough to see every gap, and cheap. */
const clients = 3;
const killAt = new URL('../../stages/kill-at.ts', import.meta.url);

/** What became of one pair. */
export interface Outcome {
  readonly pair: Pair;
  /** In words; empty when all was well. */
  readonly wrong: readonly string[];
  /** How many blips the program told of. */
  readonly blips: number;
  /** How many phases had a blip in the same run. */
  readonly together: number;
  readonly took: number;
}

/** From the injection until the undoing was done, as `Date.now()` tells. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** What the run must end with. */
interface Expected {
  readonly exit: number;
  /** What is in service afterwards; undefined: the very containers of before. */
  readonly version: string | undefined;
  readonly hosts: readonly FleetHost[];
  /** Turns whose step is to leave its traces; of others it may. */
  readonly stepped: readonly FleetHost[];
}

/**
 * Lets blips of a kind come in some phases of one story, in as few runs as can be: one after the other, never two at once. Where such a run
 * is wrong, so are all the phases in which a blip came; each can be tried alone then.
 */
export async function tryPairs(
  world: World,
  { kind, story, phases }: Bundle,
  tell: (outcomes: readonly Outcome[]) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let left = phases; left.length > 0;) {
    const { hit, ...tried } = await tryRun(world, kind, story, left);
    const together = hit.length === 0 ? left : hit;
    const found = together.map((phase) => ({ pair: { kind, phase }, together: together.length, ...tried }));
    tell(found);
    outcomes.push(...found);
    left = left.filter((phase) => !together.includes(phase));
  }
  return outcomes;
}

/** One run, with a blip in as many of the phases as come while none is there. */
interface Tried {
  readonly hit: readonly Pair['phase'][];
  readonly wrong: readonly string[];
  readonly blips: number;
  readonly took: number;
}

async function tryRun(
  world: World,
  kind: Kind,
  story: Story,
  phases: readonly Pair['phase'][],
): Promise<Tried> {
  const began = Date.now();
  const tried = await tryOnce(world, kind, story, phases).catch((error: unknown) => ({
    wrong: [inspect(error)],
    hit: [],
    blips: 0,
  }));
  if (tried.wrong.length > 0) world.isClean = false;
  return { ...tried, took: Date.now() - began };
}

async function tryOnce(
  world: World,
  kind: Kind,
  story: Story,
  phases: readonly Pair['phase'][],
): Promise<Omit<Tried, 'took'>> {
  const before = await world.ready();
  const version = await world.publish();
  if (story === 'restore') world.group('never');
  if (story === 'rollback') world.group('never on the last');
  if (story === 'recover') await interrupt(world, version);
  await kind.arm?.(world);
  const load = world.fleet.load('api-http', clients);

  const { ran, hit, windows, blips } = await runWithBlips(world, kind, story, phases, version);

  const wrong = hit.length > 0 ? [] : ['no phase was ever reached'];
  const expected = expectedOf(world, story, version);
  if (kind.outlivesLease === true) {
    wrong.push(...wrongWithStopped(ran, story));
    const again = await healed(world, story, version);
    wrong.push(...wrongWithRun(again, expected).map((what) => `the next run: ${what}`));
  } else {
    wrong.push(...wrongWithRun(ran, expected), ...wrongWithTelling(ran, kind, blips));
  }
  wrong.push(...(await wrongWithFleet(world, expected, before)));
  wrong.push(...wrongWithTraces(await world.traces(version), expected, kind));
  wrong.push(...wrongWithLoad(await load.stop(), kind, windows));
  return { hit, wrong: wrong.length === 0 ? [] : [...wrong, `${ran.stderr}\n${ran.stdout}`], blips };
}

function expectedOf(world: World, story: Story, version: string): Expected {
  switch (story) {
    case 'deploy':
      return { exit: 0, version, hosts: world.hosts, stepped: world.hosts };
    case 'deploy with a joiner':
      return { exit: 0, version, hosts: world.hostsWithJoiner, stepped: world.hostsWithJoiner };
    case 'restore':
    case 'rollback':
      return { exit: 4, version: undefined, hosts: world.hosts, stepped: [] };
    case 'recover':
      return { exit: 0, version: undefined, hosts: world.hosts, stepped: [] };
  }
}

/** A deploy is killed where neither the old container of a host runs nor the new one. */
async function interrupt(world: World, version: string): Promise<void> {
  world.settings({}, { lease: '5s' });
  world.fleet.env = {
    NODE_OPTIONS: `--import ${killAt.href}`,
    CRASH_AT: 'before:"what":"start container ',
  };
  const { exit } = await world.start('deploy', '--group', 'api', '--version', version).ended;
  world.fleet.env = {};
  world.settings({});
  if (exit !== undefined) throw new Error(`the run that was to be killed ended with ${String(exit)}`);
}

/** After a run that had to stop, the same again without a blip. */
async function healed(world: World, story: Story, version: string): Promise<Ran> {
  world.settings({});
  return world.start(...wordsOf(story, version)).ended;
}

const wordsOf = (story: Story, version: string): readonly string[] =>
  story === 'recover'
    ? ['recover', '--lock-wait', '30s']
    : ['deploy', '--group', 'api', '--version', version, '--lock-wait', '30s'];

interface Seen {
  readonly ran: Ran;
  /** The phases in which a blip came, and when it was there. */
  readonly hit: readonly Pair['phase'][];
  readonly windows: readonly Window[];
  readonly blips: number;
}

async function runWithBlips(
  world: World,
  kind: Kind,
  story: Story,
  phases: readonly Pair['phase'][],
  version: string,
): Promise<Seen> {
  const [hit, windows] = [new Set<Pair['phase']>(), [] as Promise<Window>[]];
  let blips = 0;
  let isAway = false;
  let hasJoiner = false;
  let [host] = world.hosts;
  const hear = (told: Told): void => {
    if (told.type === 'blip') blips += 1;
    host = world.host(hostOf(told)) ?? host;
    if (story === 'deploy with a joiner' && told.type === 'bake.started' && !hasJoiner) {
      hasJoiner = true;
      world.join();
    }
    const phase = phases.find((one) => !hit.has(one) && one.begins(told));
    if (isAway || host === undefined || phase === undefined) return;
    isAway = true;
    hit.add(phase);
    const blip = comeAndGo(world, kind, host);
    windows.push(blip);
    void blip.finally(() => (isAway = false)).catch(() => undefined);
  };
  const run = world.start(...wordsOf(story, version));
  const telling = new Telling(world.events, world.journals, hear);
  const most = patience.run + phases.length * (patience.blip + (kind.heldUp ?? kind.lasts));
  const ended = await Promise.race([run.ended, pause(most, undefined, { ref: false })]);
  if (ended === undefined) run.kill('SIGKILL');
  const ran = await run.ended;
  await telling.end();
  const been = await Promise.all(windows);
  if (ended === undefined) throw new Error(`it did not end within ${String(most)} ms\n${ran.stderr}`);
  return { ran, hit: [...hit], windows: been, blips };
}

async function comeAndGo(world: World, kind: Kind, host: FleetHost): Promise<Window> {
  const from = Date.now();
  try {
    await kind.inject(world, host);
    await pause(kind.lasts);
  } finally {
    await kind.undo(world, host);
  }
  return { from, to: Date.now() };
}

const wrongWithRun = ({ exit }: Ran, expected: Expected): readonly string[] =>
  exit === expected.exit ? [] : [`it ended with ${String(exit)} and not with ${String(expected.exit)}`];

/** A recovery does all that it is for under a lease that it took back: it only restores. */
const wrongWithStopped = ({ exit = -1, stderr }: Ran, story: Story): readonly string[] => [
  ...([...(story === 'recover' ? [0] : []), 4, 5].includes(exit)
    ? []
    : [`it ended with ${String(exit)}, though its lease lapsed`]),
  ...(/lease/.test(stderr) ? [] : ['it said nothing of its lease']),
];

/** Every blip is a warning line and counts in the result. */
function wrongWithTelling({ stdout, stderr }: Ran, { isSeen }: Kind, blips: number): readonly string[] {
  const counted = Number(/"blips": (\d+)/.exec(stdout)?.[1] ?? Number.NaN);
  const lines = stderr.match(/Warning: out of reach for /g)?.length ?? 0;
  return [
    ...(isSeen === true && blips === 0 ? ['no blip was told'] : []),
    ...(counted === blips && lines === blips
      ? []
      : [`${String(blips)} events, ${String(lines)} lines, ${String(counted)} blips in the result`]),
  ];
}

async function wrongWithFleet(world: World, expected: Expected, before: Reality): Promise<readonly string[]> {
  const { fleet } = world;
  const wanted = fleet.inService(5060, expected.hosts);
  const states = (): string => JSON.stringify(fleet.cloud.registrations('api-http'));
  await until('the registrations', async () =>
    states() === JSON.stringify(wanted) ? true : undefined,
  ).catch(() => undefined);
  const { containers } = await fleet.reality();
  const held = await Promise.all(
    expected.hosts.map((host) => host.sh('docker volume ls --quiet --filter label=adfpush.hold')),
  );
  return [
    ...(states() === JSON.stringify(wanted) ? [] : [`the balancer says ${states()}`]),
    ...(held.join('') === '' ? [] : [`still held: ${held.join(' ')}`]),
    ...expected.hosts.flatMap(({ name }) => {
      const runs = (containers[name] ?? []).filter(({ running }) => running);
      const ran = (before.containers[name] ?? []).filter(({ running }) => running);
      const isRight =
        expected.version === undefined
          ? JSON.stringify(runs.map(identity)) === JSON.stringify(ran.map(identity))
          : runs.map((one) => one.version).join() === expected.version;
      return isRight ? [] : [`${name} runs ${JSON.stringify(runs.map(identity))}`];
    }),
  ];
}

const identity = (one: Reality['containers'][string][number]): readonly unknown[] => [
  one.name,
  one.version,
  one.id,
  one.restartPolicy,
];

/** No step was run twice, and each that was to run did. Where a run was stopped, the next one has turns of its own. */
function wrongWithTraces(
  traces: Readonly<Record<string, readonly string[]>>,
  { stepped }: Expected,
  { outlivesLease }: Kind,
): readonly string[] {
  const most = outlivesLease === true ? 2 : 1;
  return Object.entries(traces).flatMap(([name, lines]) => {
    const times = lines.filter((line) => line === 'began').length;
    const isDue = stepped.some((host) => host.name === name);
    return times > most || (isDue && (times === 0 || !lines.includes('ended')))
      ? [`the step ran ${String(times)} times on ${name}: ${lines.join(', ')}`]
      : [];
  });
}

function wrongWithLoad(
  { sent, failures, failedBetween }: LoadResult,
  { disturbsRequests }: Kind,
  windows: readonly Window[],
): readonly string[] {
  const isExplained = ([from, to]: readonly [number, number]): boolean =>
    disturbsRequests === true && windows.some((window) => from < window.to + aftermath && to > window.from);
  const unexplained = failures.flatMap((failure, n) => {
    const [from, to] = failedBetween[n] ?? [0, 0];
    return isExplained([from, to]) ? [] : [`${failure}, ${sinceBlip(from, windows)}`];
  });
  return [
    ...(sent > 0 ? [] : ['no request was sent']),
    ...(unexplained.length === 0
      ? []
      : [
          `${String(unexplained.length)} of ${String(sent)} requests failed: ${[...new Set(unexplained)].join('; ')}`,
        ]),
  ];
}

/** How long after which blip something was, to the tenth of a second. */
function sinceBlip(at: number, windows: readonly Window[]): string {
  const n = windows.findLastIndex(({ from }) => from <= at);
  const window = windows[n];
  if (window === undefined) return 'before any blip';
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return `${seconds(at - window.from)} s into blip ${String(n + 1)}, which lasted ${seconds(window.to - window.from)} s`;
}
