import { newRun, type Run, type StepThrough } from '../engine/index.js';
import { EventBus } from '../events/bus.js';
import type { Redaction } from '../events/redaction.js';
import { defined } from '../model/defined.js';
import { isoTime } from '../model/duration.js';
import { environmentName, runId, type RunId } from '../model/ids.js';
import type { Clock, Random } from '../ports/clock.js';
import type { HostHolds } from '../ports/host-holds.js';
import type { TagSelection } from '../playbook/tags.js';
import type { Journal } from '../ports/journal.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import type { World } from '../world/world.js';

export interface RunChoices {
  readonly verb: string;
  readonly checkMode?: boolean;
  readonly tags?: Partial<TagSelection>;
  /** Hosts that are kept out of service may come back in it. */
  readonly undrains?: boolean;
  /** Asks before each task. */
  readonly steps?: StepThrough | undefined;
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
  { verb, checkMode = false, tags = {}, bus: given, steps, undrains }: RunChoices,
): Run {
  const { clock, random, transport, runtime, http, traffic, registry, files, hostFiles } = world;
  const { presence, fence, groupKeys, scaling, spills, redaction, control, drained } = world;
  return newRun({
    id,
    verb,
    begun: world.begun,
    environment: environmentName(options.environment),
    owner: world.owner,
    ports: {
      clock,
      random,
      transport,
      runtime,
      http,
      traffic,
      registry,
      journal: withoutSecrets(fullJournal, redaction),
      hostHolds: holdsWithoutSecrets(world.hostHolds, redaction),
      presence,
      fence,
      files,
      hostFiles,
      ...defined({ groupKeys, scaling, listenerRules: world.listenerRules, spills, control, drained }),
    },
    leaseDuration: world.leaseDuration,
    redaction,
    bus: given ?? openBus(world, hooks),
    stop: hooks.stop,
    checkMode,
    forks: options.forks ?? defaultForks,
    extraVars: options.extraVars,
    tags: { only: tags.only, skip: tags.skip ?? [] },
    ...defined({ steps, undrains }),
  });
}

function openBus({ clock, redaction, notices }: World, { readers }: RunHooks): EventBus {
  const bus = new EventBus(clock, redaction);
  for (const reader of readers) bus.subscribe(reader);
  notices.listen((notice) => bus.emit(notice));
  return bus;
}

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
      look: (options) => kept.look(options),
    };
  },
});

/** For what changes nothing: plan, status, a dry run. */
export const noJournal: Journal = {
  append: async () => Promise.resolve(),
  close: async () => Promise.resolve(),
};
