import type { ContainerId } from '../../../src/model/ids.js';
import type { Actor, Entry } from '../../fakes/world/timeline.js';
import type { Statement, Story } from './story.js';

const promise = 0;

/**
 * `on_failure: rollback` (the design's section 7): after a roll that failed no host is left on the release, unless it is named. A roll failed
 * when its program gave a host back what it had taken from it.
 */
export const leavesNoneOnTheRelease: Statement = (story) => {
  const [program, ...others] = story.programs;
  if (program === undefined || others.length > 0 || mayStay(story)) return [];
  const { exit, verb, release, ended, named, signalledAt, actor } = program;
  // One that ends with 0 all the same breaks statement 7.
  if (verb !== 'deploy' || exit === undefined || exit === 0 || signalledAt !== undefined) return [];
  if (!gaveBack(actor, story.timeline)) return [];
  return ended.hosts
    .filter(({ id }) => !named.includes(id))
    .filter(({ containers }) => containers.some(({ digest, running }) => digest === release && running))
    .map(({ id }) => ({
      statement: promise,
      at: ended.at,
      what: `${id} was left on the release by ${actor}, whose roll had failed`,
    }));
};

function gaveBack(actor: Actor, timeline: readonly Entry[]): boolean {
  const stopped = new Set<ContainerId>();
  return timeline.some((entry) => {
    if (entry.by !== actor) return false;
    if (entry.type === 'container.stopped') stopped.add(entry.container);
    return entry.type === 'container.started' && stopped.has(entry.container);
  });
}

/** Hosts stay where the playbook or a command says so, where the lease or the journal may be lost, and where others were there too. */
const mayStay = ({ rollout, timeline, faults }: Story): boolean =>
  rollout.onFailure !== 'rollback' ||
  timeline.some(({ type }) => type === 'command.ran') ||
  timeline.some((entry) => entry.type === 'process' && entry.became === 'frozen') ||
  faults.leaseLost > 0 ||
  faults.diskFullAt !== undefined ||
  [faults.partitions, faults.prunes, faults.operators, faults.joins, faults.leaves].some(
    (some) => some.length > 0,
  );
