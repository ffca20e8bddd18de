import type { ContainerId, HostId } from '../../../src/model/ids.js';
import type { ContainerState } from '../../fakes/world/world.js';
import { registrationKey } from '../../../src/model/registration.js';
import type { HostResult } from '../../../src/model/run-result.js';
import type { Entry } from '../../fakes/world/timeline.js';
import { deedsOf, type Deed, type Deeds, type Found } from './deeds.js';
import { othersOn, unseenBy } from './last-look.js';
import {
  isContainerOf,
  isTargetGroupOf,
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
  const found = program.verb === 'recover' ? foundByRecovered(host, program, story) : deeds?.found;
  const since = { changes, unseen: unseenBy(program, host, story), others: othersOn(host, program, story) };
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
        (found && whyElsewhere(found, since, registeredOf(host, found, program), true))
      );
    case 'restored':
    case 'rolled_back':
      return (
        found &&
        (whyOthers(found, since, running, story) ??
          whyElsewhere(found, since, registeredOf(host, found, program)))
      );
    case 'failed':
      // Nothing of it is held any more: it is as it was found, or at the plan, whatever is wrong with that.
      if (since.others.some(({ type, at }) => type === 'container.exited' && at >= (changes.at(-1)?.at ?? 0)))
        return undefined;
      return whyNotReleased(since, running, program) && found && whyOthers(found, since, running, story);
    default:
      return undefined;
  }
}

/** What the program did to the host, what others did there or happened by itself, and what of that came after it looked last. */
interface Since {
  readonly changes: readonly Deed[];
  readonly others: readonly Entry[];
  readonly unseen: readonly Entry[];
}

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

function whyOthers(
  found: Found,
  since: Since,
  running: readonly ContainerState[],
  story: Story,
): string | undefined {
  // A recovery may have changed what another group has there (seed 1223).
  const own = containersOf(found.group, story);
  const isOfGroup = (entry: Entry): boolean =>
    isOfContainer(entry) && 'container' in entry && own.has(entry.container);
  const ids = running.filter(({ name }) => isContainerOf(found.group, name)).map(({ id }) => id);
  if (isLeftToOthers(since, found, isOfGroup) || isSame(found.running, ids)) return undefined;
  return `ran ${listed([...found.running])} and runs ${listed(ids)}`;
}

/** Where a release is deployed its host may also be registered where only the plan says so. */
function whyElsewhere(
  found: Found,
  since: Since,
  registered: readonly string[],
  orPlanned = false,
): string | undefined {
  const isAsFound = orPlanned
    ? [...found.registered].every((one) => registered.includes(one))
    : isSame(found.registered, registered);
  if (isAsFound || isLeftToOthers(since, found, isOfTarget)) return undefined;
  return `was in ${listed([...found.registered])} and is in ${listed(registered)}`;
}

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

/** As the run found it that was recovered. */
function foundByRecovered(host: HostId, { says }: Program, story: Story): Found | undefined {
  const recovered = new Set(says?.recovered);
  const of = story.programs.find(({ run }) => run !== undefined && recovered.has(run));
  return of === undefined ? undefined : deedsOf(story).get(of.actor)?.get(host)?.found;
}

const runningOn = (host: HostId, { ended }: Program): readonly ContainerState[] =>
  ended.hosts.find(({ id }) => id === host)?.containers.filter(({ running }) => running) ?? [];

const isOfTarget = ({ type }: Entry): boolean =>
  type === 'target.registered' || type === 'target.deregistered' || type === 'host.gone';

const isOfContainer = (entry: Entry): boolean => 'container' in entry && entry.type !== 'container.serving';

/** All that there ever were, by the names that they were made under. */
const containersOf = (group: StoryGroup, { initial, timeline }: Story): ReadonlySet<ContainerId> =>
  new Set([
    ...initial.hosts
      .flatMap(({ containers }) => containers.filter(({ name }) => isContainerOf(group, name)))
      .map(({ id }) => id),
    ...timeline.flatMap((entry) =>
      entry.type === 'container.created' && isContainerOf(group, entry.name) ? [entry.container] : [],
    ),
  ]);

const listed = (what: readonly string[]): string => what.join(' ') || 'nothing';

const isSame = (a: ReadonlySet<string>, b: readonly string[]): boolean =>
  a.size === b.length && b.every((one) => a.has(one));
