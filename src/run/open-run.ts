import { Blips } from '../engine/blips.js';
import { secretUnmasked } from '../errors/secrets.js';
import { HoldBook } from '../engine/hold-book.js';
import { FloorGuard } from '../engine/interlocks/floor-guard.js';
import { LeasedTraffic } from '../engine/interlocks/leased-traffic.js';
import type { Redaction } from '../events/redaction.js';
import { Reservations } from '../engine/interlocks/reservations.js';
import { MutationGate } from '../engine/interlocks/mutation-gate.js';
import { PinnedImages } from '../engine/pinned-images.js';
import type { Run, TagSelection } from '../engine/run.js';
import { RunOnce } from '../engine/run-once.js';
import { Tally } from '../engine/tally.js';
import { TargetGroups } from '../engine/target-groups.js';
import { EventBus } from '../events/bus.js';
import { isoTime } from '../model/duration.js';
import { environmentName, runId, type GroupName, type RunId } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { HostHolds } from '../ports/host-holds.js';
import type { Journal } from '../ports/journal.js';
import type { Random } from '../ports/random.js';
import { SharedTraffic } from '../traffic/shared-traffic.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import type { World } from '../world/world.js';

export interface RunChoices {
  readonly verb: string;
  readonly checkMode?: boolean;
  readonly tags?: Partial<TagSelection>;
  /** Where another run tells what happens, which this one is a part of. */
  readonly bus?: EventBus;
}

/** Turns worked on at the same time, unless `--forks` says otherwise. */
const defaultForks = 50;

/** Makes what all parts of one run share. `fullJournal` is where its holds and mutations are recorded. */
export function openRun(
  world: World,
  options: CommonOptions,
  hooks: RunHooks,
  id: RunId,
  fullJournal: Journal,
  { verb, checkMode = false, tags = {}, bus: given }: RunChoices,
): Run {
  const {
    clock,
    random,
    runtime,
    http,
    registry,
    files,
    hostFiles,
    hostHolds: fullHolds,
    redaction,
    transport,
    fence,
  } = world;
  const journal = withoutSecrets(fullJournal, redaction);
  const hostHolds = holdsWithoutSecrets(fullHolds, redaction);
  const bus = given ?? openBus(world, hooks);
  const gate = new MutationGate({ journal, clock, fence });
  const blips = new Blips({ clock, random, bus, presence: world.presence });
  const traffic = new SharedTraffic(new LeasedTraffic(world.traffic, gate), clock, { patience: blips.cloud });
  const environment = environmentName(options.environment);
  const reservations = new Reservations({
    traffic,
    clock,
    run: id,
    lifetime: world.leaseDuration,
    warn: (message) => bus.emit({ type: 'warning', message }),
  });
  const tally = new Tally();
  redaction.onUnmasked((name) => {
    const message = secretUnmasked(name);
    bus.emit({ type: 'warning', message });
    tally.warn(message);
  });
  return {
    id,
    verb,
    begun: world.begun,
    environment,
    owner: world.owner,
    ports: {
      clock,
      random,
      transport,
      runtime,
      http,
      traffic,
      registry,
      journal,
      hostHolds,
      presence: world.presence,
      fence,
      files,
      hostFiles,
      ...(world.scaling === undefined ? {} : { scaling: world.scaling }),
      ...(world.spills === undefined ? {} : { spills: world.spills }),
    },
    bus,
    stop: hooks.stop,
    holds: new HoldBook({
      journal,
      hostHolds,
      gate,
      blips,
      stop: hooks.stop.signal,
      clock,
      bus,
      run: { run: id, verb, environment, owner: world.owner },
    }),
    gate,
    blips,
    floor: new FloorGuard({ traffic, clock, random, blips }, reservations.of(`${environment}/${id}`)),
    reservations,
    images: new PinnedImages(registry, ({ server, password }) =>
      redaction.add(password, `the password of ${server}`),
    ),
    targetGroups: new TargetGroups(traffic),
    tally,
    runOnce: new RunOnce(),
    checkMode,
    forks: options.forks ?? defaultForks,
    extraVars: options.extraVars,
    tags: { only: tags.only, skip: tags.skip ?? [] },
  };
}

function openBus({ clock, redaction, notices }: World, { readers }: RunHooks): EventBus {
  const bus = new EventBus(clock, redaction);
  for (const reader of readers) bus.subscribe(reader);
  notices.listen((notice) => bus.emit(notice));
  return bus;
}

const bookOf = (
  { id, verb, environment, owner, gate, blips, stop, bus, ports }: Run,
  group: GroupName,
): HoldBook =>
  new HoldBook({
    ...ports,
    gate,
    blips,
    stop: stop.signal,
    bus,
    run: { run: id, verb, environment, owner },
    group,
  });

/** The run as one of its groups sees it: a host in two groups is held, and its floor is kept, for each on its own. */
export const forGroup = (run: Run, group: GroupName): Run => ({
  ...run,
  holds: bookOf(run, group),
  floor: new FloorGuard(
    { ...run.ports, blips: run.blips },
    run.reservations.of(`${run.environment}/${group}`),
  ),
  runOnce: new RunOnce(),
});

/**
 * `20261121T031500Z-7f3a09c4`: sorts by time; the end keeps two of one second apart. Hosts take what has the id of a run for a part of
 * that run, and do not do it twice, so two machines of a team must not meet in one.
 */
export function newRunId(clock: Clock, random: Random): RunId {
  const time = isoTime(clock.now()).replace(/[-:]|\.\d+/g, '');
  const end = Math.floor(random.next() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
  return runId(`${time}-${end}`);
}

/** The journal is on disk: a header of a probe, a name of a task is written there without its secrets. */
const withoutSecrets = (journal: Journal, redaction: Redaction): Journal => ({
  append: (record) => journal.append(redaction.redact(record)),
  close: () => journal.close(),
});

/** A host's disk is one, too. */
const holdsWithoutSecrets = (holds: HostHolds, redaction: Redaction): HostHolds => ({
  on: (host) => {
    const kept = holds.on(host);
    return {
      keep: (held) => kept.keep(redaction.redact(held)),
      forget: (run, hold) => kept.forget(run, hold),
      list: () => kept.list(),
    };
  },
});

/** For what changes nothing: plan, status, a dry run. */
export const noJournal: Journal = {
  append: async () => Promise.resolve(),
  close: async () => Promise.resolve(),
};
