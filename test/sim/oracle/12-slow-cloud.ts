import { isProgram } from '../../fakes/world/timeline.js';
import { noFaults } from '../faults.js';
import type { Statement, Story } from './story.js';

/**
 * 12. Throttling, lost replies and blips of hosts slow a run down and never corrupt it. What that could corrupt, all other statements see; and where nothing
 * else went wrong, the run comes to the same end as without them: nobody is named, and a good release converges.
 */
export const endsAllTheSame: Statement = (story) => {
  if (!isOnlySlow(story)) return [];
  const [program] = story.programs;
  if (program?.exit === undefined) return [];
  const served = new Set(
    story.timeline.flatMap((entry) => (entry.type === 'container.serving' ? [entry.container] : [])),
  );
  const isBad = story.timeline.some(
    (entry) =>
      entry.type === 'container.exited' ||
      (entry.type === 'container.created' && isProgram(entry.by) && !served.has(entry.container)),
  );
  if (program.exit === 0 || isBad) return [];
  const what = `exit ${program.exit}, though the cloud was only slow, and nothing was away for long`;
  return [{ statement: 12, at: program.endedAt, what }];
};

function isOnlySlow({ faults, programs, initial, playbookFails, timeline }: Story): boolean {
  const { throttled, lostReply, sparesPreflight, blips, ...others } = faults;
  const { throttled: _a, lostReply: _b, sparesPreflight: _c, blips: _d, ...none } = noFaults;
  // What is away before the run changes anything is refused sooner.
  const begun = timeline.find(({ type }) => type === 'image.pulled')?.at ?? Infinity;
  return (
    (throttled > 0 || lostReply > 0) &&
    throttled <= 0.1 &&
    sparesPreflight &&
    blips.every(({ at }) => at > begun) &&
    !playbookFails &&
    initial.hosts.length > 0 &&
    programs.filter(({ verb }) => verb === 'deploy').length === 1 &&
    programs[0]?.verb === 'deploy' &&
    programs[0].signalledAt === undefined &&
    !timeline.some((entry) => entry.type === 'process' && entry.became === 'frozen') &&
    JSON.stringify(others) === JSON.stringify(none)
  );
}
