import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import { noFaults } from '../faults.js';
import type { Statement, Story } from './story.js';

type Ended = Extract<Entry, { readonly type: 'container.exited' }>;

/**
 * 12. Throttling, lost replies and blips slow a run down and never corrupt it. What that could corrupt, all other statements see; and where
 * nothing else went wrong, the run ends as it would without them: no host is named, and a good release converges.
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
      (entry.type === 'container.exited' && !comesBack(entry, story)) ||
      (entry.type === 'container.created' && isProgram(entry.by) && !served.has(entry.container)),
  );
  if (program.exit === 0 || isBad) return [];
  const what = `exit ${program.exit}, though the cloud was only slow, and nothing was away for long`;
  return [{ statement: 12, at: program.endedAt, what }];
};

function isOnlySlow({ faults, programs, initial, playbookFails, timeline }: Story): boolean {
  const { throttled, lostReply, sparesPreflight, blips, outages, ...others } = faults;
  const { throttled: _a, lostReply: _b, sparesPreflight: _c, blips: _d, outages: _e, ...none } = noFaults;
  // What is away before the run changes anything is refused sooner.
  const begun = timeline.find(({ type }) => type === 'image.pulled')?.at ?? Infinity;
  return (
    (throttled > 0 || lostReply > 0 || blips.length > 0 || outages.length > 0) &&
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

/** It went down with its Engine in a blip. By its restart policy that brings it back, unless somebody had done with it. */
function comesBack({ at, host, container }: Ended, { faults, timeline }: Story): boolean {
  const isOfBlip = faults.blips.some(
    (blip) => blip.of === 'dockerd' && blip.host === host && at >= blip.at && at <= blip.at + blip.lasts,
  );
  const isOfIt = (entry: Entry): boolean => 'container' in entry && entry.container === container;
  const isPutAside = timeline.some(
    (entry) => entry.at <= at && entry.type === 'container.renamed' && isOfIt(entry),
  );
  const isBack = timeline.some(
    (entry) => entry.at > at && entry.type === 'container.started' && entry.by === 'world' && isOfIt(entry),
  );
  return isOfBlip && (isPutAside || isBack);
}
