import type { Digest, HostId } from '../../../src/model/ids.js';
import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import { isDeed, type Deed } from './deeds.js';
import { replay, type Replay } from './replay.js';
import { isContainerOf, type Program, type Statement, type Story, type Violation } from './story.js';

const promise = 0;

/** A deploy that ended with 0: from then on its release is the newest. */
interface Success {
  readonly program: Program;
  readonly release: Digest;
}

/**
 * An older run never overrides a newer success of its group. Once a run ended with 0 on a release, nothing that is done for a run that started earlier, by
 * itself or by whoever recovers it, replaces a container of that release, or puts another release in service. Only a run that started later may,
 * and whoever recovers that one.
 */
export const neverOverridesANewerSuccess: Statement = (story) => {
  const successes = story.programs.filter(({ verb, exit }) => verb === 'deploy' && exit === 0);
  if (successes.length === 0) return [];
  const violations: Violation[] = [];
  const later = new LaterRuns(story);
  let over: Success[] = [];
  replay(story.initial, story.timeline, (entry, before) => {
    if (entry.type === 'process' && entry.became === 'ended') {
      const ended = successes.find(({ actor }) => actor === entry.by);
      if (ended !== undefined) over = [...over, { program: ended, release: ended.release }];
    }
    later.note(entry);
    if (over.length === 0 || !isDeed(entry)) return;
    const undone = over.find(
      ({ program, release }) =>
        entry.by !== program.actor &&
        overrides(entry, { program, release }, before) &&
        !later.mayChange(entry, program, before),
    );
    if (undone === undefined) return;
    violations.push({
      statement: promise,
      at: entry.at,
      what: `${entry.by}: ${entry.type} on ${entry.host}, for a run older than that of ${undone.program.actor}, which had ended with 0`,
    });
  });
  return violations;
};

/** It takes away a container of the release that runs, or puts a host in service that runs another one. */
function overrides(entry: Deed, { program: { group }, release }: Success, before: Replay): boolean {
  if (entry.type === 'target.registered') {
    const container = before.onPort(entry.host, entry.registration.port);
    return container !== undefined && isContainerOf(group, container.name) && container.digest !== release;
  }
  if (!('container' in entry) || entry.type === 'container.created') return false;
  const container = before.containers.get(entry.container);
  if (container === undefined || !isContainerOf(group, container.name)) return false;
  return entry.type !== 'container.started' && container.running && container.digest === release;
}

/** For which run something is done to a host, as its notes and its history tell. */
class LaterRuns {
  /** By host: the programs whose runs held something there, each for its own run. */
  readonly #holders = new Map<HostId, Set<Program>>();

  constructor(private readonly story: Story) {}

  note(entry: Entry): void {
    if (entry.type !== 'hold.kept' || !isProgram(entry.by)) return;
    const holder = this.story.programs.find(({ run }) => run === entry.run);
    if (holder === undefined) return;
    this.#holders.set(entry.host, (this.#holders.get(entry.host) ?? new Set()).add(holder));
  }

  /** It is done for a run that started after this one, or for a rollback that a person asked for. */
  mayChange({ by, host }: Deed, success: Program, before: Replay): boolean {
    const isLater = ({ begunAt, rollsBack }: Program): boolean =>
      begunAt > success.begunAt || rollsBack === true;
    const holders = [...(this.#holders.get(host) ?? [])];
    // Whoever changes a host for its own run has held something there first: else it does so for another's.
    const own = holders.find(({ actor }) => actor === by);
    if (own !== undefined && !before.isRecovering(own.actor, host)) return isLater(own);
    const held = new Set([...(before.holds.get(host)?.values() ?? [])].map(({ run }) => run));
    const others = holders.filter(
      ({ run, actor }) => actor !== by && (held.size === 0 || (run !== undefined && held.has(run))),
    );
    return others.some(isLater);
  }
}
