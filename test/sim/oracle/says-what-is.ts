import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId, RunId } from '../../../src/model/ids.js';
import type { ContainerState } from '../../fakes/world/world.js';
import { registrationKey } from '../../../src/model/registration.js';
import type { HostResult } from '../../../src/model/run-result.js';
import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import { deedsOf, type Deed, type Deeds, type Found } from './deeds.js';
import { othersOn, unseenBy } from './last-look.js';
import {
  isContainerOf,
  isTargetGroupOf,
  namesOfContainers,
  ofEach,
  type Program,
  type Story,
  type StoryGroup,
} from './story.js';

const promise = 0;

/**
 * The release of every host at the end is the one that the result says, host by host: who is `deployed` or `converged` runs the release;
 * who is `restored`, `rolled_back` or `failed` runs of the program's group what it ran before, and is registered there as it was; of who is `untouched` nothing was changed. And of every
 * host that was changed the result tells. What others did there since the program looked last it cannot know.
 */
export const saysWhatIs = ofEach((program, story) => {
  const { says, actor } = program;
  if (says === undefined) return [];
  const deeds = deedsOf(story).get(actor) ?? new Map<HostId, Deeds>();
  const told = new Set(says.hosts.map(({ host }) => host));
  const silent = [...deeds].filter(([host, { own, recovering }]) => {
    const changes = program.verb === 'recover' ? recovering : own;
    return changes.length > 0 && !told.has(host);
  });
  return [
    ...silent.map(([host]) => `${actor} changed ${host} and does not tell of it`),
    ...says.hosts.flatMap((said) => {
      const why = whyWrong(said, deeds.get(said.host), program, story);
      return why === undefined ? [] : [`${actor} says that ${said.host} is ${said.status}, which ${why}`];
    }),
  ].map((what) => ({ statement: promise, at: program.endedAt, what }));
});

function whyWrong(
  said: HostResult,
  deeds: Deeds | undefined,
  program: Program,
  story: Story,
): string | undefined {
  const { host, status, image } = said;
  const changes = (program.verb === 'recover' ? deeds?.recovering : deeds?.own) ?? [];
  const found =
    program.verb === 'recover'
      ? foundByRecovered(host, changes, program, story)
      : [deeds?.found ?? []].flat();
  const recovered = recoveredBy(program, story);
  const since = {
    changes,
    unseen: unseenBy(program, host, story),
    others: othersOn(host, program, story).filter(({ by }) => !recovered.has(by)),
  };
  const ofGroup = (one: Found): Since => sinceOf(one.group, since, story);
  const running = runningOn(host, program);
  if (image !== undefined && !since.unseen.some(isOfContainer)) {
    if (!running.some(({ digest }) => digest !== undefined && image.endsWith(digest)))
      return `does not run ${image}`;
  }
  switch (status) {
    case 'untouched':
      return changes[0] && `was changed (${changes[0].type})`;
    case 'converged':
      return changes[0] ? `was changed (${changes[0].type})` : whyNotReleased(since, running, program);
    case 'deployed':
      return (
        whyNotReleased(since, running, program) ??
        firstOf(found, (one) => whyElsewhere(one, ofGroup(one), registeredOf(host, one, program), true))
      );
    case 'restored':
    case 'rolled_back':
      return firstOf(
        found,
        (one) =>
          whyOthers(one, ofGroup(one), running) ??
          whyElsewhere(one, ofGroup(one), registeredOf(host, one, program)),
      );
    case 'failed':
      // Nothing of it is held any more: it is as it was found, or at the plan, whatever is wrong with that.
      if (since.others.some(({ type, at }) => type === 'container.exited' && at >= (changes.at(-1)?.at ?? 0)))
        return undefined;
      return (
        whyNotReleased(since, running, program) &&
        firstOf(found, (one) => whyOthers(one, ofGroup(one), running))
      );
    default:
      return undefined;
  }
}

/** Whose runs a recovery answers for: what they did is no doing of others. */
function recoveredBy({ verb, says }: Program, { programs }: Story): ReadonlySet<Entry['by']> {
  const runs = new Set(verb === 'recover' ? says?.recovered : []);
  return new Set(programs.flatMap(({ run, actor }) => (run !== undefined && runs.has(run) ? [actor] : [])));
}

/** What the program did to the host, what others did there or happened by itself, and what of that came after it looked last. */
interface Since {
  readonly changes: readonly Deed[];
  readonly others: readonly Entry[];
  readonly unseen: readonly Entry[];
}

/** What of that concerns one group: a host may be in several. */
function sinceOf(group: StoryGroup, { changes, others, unseen }: Since, story: Story): Since {
  const names = namesOfContainers(story);
  const concerns = (entry: Entry): boolean => {
    if ('container' in entry) return isContainerOf(group, names.get(entry.container) ?? '');
    return !('registration' in entry) || isTargetGroupOf(group, entry.registration.targetGroup);
  };
  return {
    changes: changes.filter(concerns),
    others: others.filter(concerns),
    unseen: unseen.filter(concerns),
  };
}

const firstOf = (found: readonly Found[], why: (found: Found) => string | undefined): string | undefined =>
  found.map(why).find((one) => one !== undefined);

/** Others changed it after the program did so last, or it happened where the program did not look any more. */
function isLeftToOthers(
  { changes, others, unseen }: Since,
  found: Found,
  isOf: (entry: Entry) => boolean,
): boolean {
  const own = changes.findLast(isOf);
  const last = own?.at ?? found.at;
  // What the program took nothing of may also have ended by itself, and that is not its to restore.
  const isOthers = (entry: Entry): boolean => own === undefined || entry.by !== 'world';
  return unseen.some(isOf) || others.some((entry) => isOf(entry) && isOthers(entry) && entry.at >= last);
}

/** A recovery may leave a host on the release of a run that it recovered. */
function whyNotReleased(
  { unseen }: Since,
  running: readonly ContainerState[],
  { verb, release, says }: Program,
): string | undefined {
  const releases = verb === 'recover' ? (says?.releases.map(({ image }) => image) ?? []) : [release];
  const isReleased =
    unseen.some(isOfContainer) ||
    running.some(({ digest = '' }) => releases.some((image) => digest !== '' && image.endsWith(digest)));
  return isReleased ? undefined : 'does not run the release';
}

function whyOthers(found: Found, since: Since, running: readonly ContainerState[]): string | undefined {
  const ids = running.filter(({ name }) => isContainerOf(found.group, name)).map(({ id }) => id);
  if (found.mayHaveRunOther === true || isLeftToOthers(since, found, isOfContainer)) return undefined;
  if (isSame(found.running, ids)) return undefined;
  return `ran ${listed([...found.running])} and runs ${listed(ids)}`;
}

/** Where a release is deployed its host may also be registered where only the plan says so. */
function whyElsewhere(
  found: Found,
  since: Since,
  registered: readonly string[],
  orPlanned = false,
): string | undefined {
  const keys = new Set([...found.registered, ...registered]);
  const wrong = [...keys].filter((key) => {
    const isOf = (entry: Entry): boolean => isOfTarget(entry) && isAbout(entry, key);
    const isAsFound = found.registered.has(key) === registered.includes(key);
    return !isAsFound && !(orPlanned && registered.includes(key)) && !isLeftToOthers(since, found, isOf);
  });
  if (wrong.length === 0) return undefined;
  return `was in ${listed([...found.registered])} and is in ${listed(registered)}`;
}

/** What somebody did to one registration says nothing of the others (seed 725); who takes the host takes them all. */
const isAbout = (entry: Entry, key: string): boolean =>
  !('registration' in entry) || registrationKey(entry.registration) === key;

const registeredOf = (host: HostId, { group }: Found, { ended }: Program): readonly string[] =>
  ended.targets
    .filter(
      ({ host: of, state, registration }) =>
        of === host &&
        state !== 'draining' &&
        state !== 'unused' &&
        isTargetGroupOf(group, registration.targetGroup),
    )
    .map(({ registration }) => registrationKey(registration));

/**
 * As the runs found it that were recovered: those for whose groups the recovery changed something there, or all when it changed nothing. What an
 * older run held may have been left to a newer one.
 */
function foundByRecovered(
  host: HostId,
  changes: readonly Deed[],
  { says, begunAt }: Program,
  story: Story,
): readonly Found[] {
  const recovered = new Set(says?.recovered);
  const found = story.programs
    .filter(({ run }) => run !== undefined && recovered.has(run) && !wasSettled(run, host, begunAt, story))
    .flatMap(({ actor }) => deedsOf(story).get(actor)?.get(host)?.found ?? []);
  const changed = found.filter(
    ({ group }) => sinceOf(group, { changes, others: [], unseen: [] }, story).changes.length > 0,
  );
  return changed.length > 0 ? changed : found;
}

/** All that a run had noted on a host was taken off again by programs before that moment: nothing is left to recover there (seed 1523). */
function wasSettled(run: RunId, host: HostId, before: Milliseconds, { timeline }: Story): boolean {
  const open = new Set<string>();
  let wasHeld = false;
  for (const entry of timeline) {
    if (entry.at >= before) break;
    if ((entry.type !== 'hold.kept' && entry.type !== 'hold.forgotten') || entry.host !== host) continue;
    if (entry.run !== run) continue;
    wasHeld = true;
    if (entry.type === 'hold.kept') open.add(entry.hold.id);
    else if (isProgram(entry.by)) open.delete(entry.hold);
  }
  return wasHeld && open.size === 0;
}

const runningOn = (host: HostId, { ended }: Program): readonly ContainerState[] =>
  ended.hosts.find(({ id }) => id === host)?.containers.filter(({ running }) => running) ?? [];

const isOfTarget = ({ type }: Entry): boolean =>
  type === 'target.registered' || type === 'target.deregistered' || type === 'host.gone';

const isOfContainer = (entry: Entry): boolean => 'container' in entry && entry.type !== 'container.serving';

const listed = (what: readonly string[]): string => what.join(' ') || 'nothing';

const isSame = (a: ReadonlySet<string>, b: readonly string[]): boolean =>
  a.size === b.length && b.every((one) => a.has(one));
