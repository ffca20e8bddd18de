import type { HostId } from '../../../src/model/ids.js';
import { lastLookAt, unseenBy } from './last-look.js';
import { wasOutOfReach } from './reach.js';
import {
  groupsTold,
  isContainerOf,
  isTargetGroupOf,
  ofEach,
  type Program,
  type Story,
  type StoryGroup,
} from './story.js';

const promise = 0;

/**
 * `mixed` is true exactly when hosts in service of one group run different digests at the end: those of which the result tells; after a recovery all hosts of
 * the group. Of a host that was out of reach, or that others changed since the program looked last, either may be said.
 */
export const tellsWhetherMixed = ofEach((program, story) => {
  const { says, actor, ended, endedAt } = program;
  // A recovery that found nothing to recover was about no group.
  if (says === undefined || says.groups.length === 0) return [];
  const told = new Set(says.hosts.map(({ host }) => host));
  const hosts = ended.hosts.map(({ id }) => id).filter((id) => program.verb === 'recover' || told.has(id));
  const known = hosts.filter((host) => isKnown(host, program, story));
  // Each group may be on a release of its own.
  const digests = Math.max(
    ...groupsTold(program, story).map(
      (group) => new Set(known.flatMap((host) => digestsInService(host, group, program))).size,
    ),
  );
  const isWrong = says.mixed ? digests < 2 && known.length === hosts.length : digests > 1;
  if (!isWrong) return [];
  const what = `${actor} says that the fleet is ${says.mixed ? '' : 'not '}mixed, where ${digests} digests are in service`;
  return [{ statement: promise, at: endedAt, what }];
});

const isKnown = (host: HostId, program: Program, story: Story): boolean =>
  // Of one that joined and was unfit, not all could be seen.
  program.says?.hosts.some((said) => said.host === host && said.joined && said.status === 'untouched') !==
    true &&
  !wasOutOfReach(story, program, host, lastLookAt(host, program, story), program.endedAt) &&
  !unseenBy(program, host, story).some((entry) => 'container' in entry || 'registration' in entry);

/** What the containers are from that serve its healthy targets. */
function digestsInService(host: HostId, group: StoryGroup, { ended }: Program): readonly string[] {
  const containers = ended.hosts.find(({ id }) => id === host)?.containers ?? [];
  return ended.targets
    .filter(
      ({ host: of, state, registration }) =>
        of === host && state === 'healthy' && isTargetGroupOf(group, registration.targetGroup),
    )
    .flatMap(({ registration: { port } }) =>
      containers.filter(
        ({ name, running, ports }) => running && ports.includes(port) && isContainerOf(group, name),
      ),
    )
    .map(({ digest }) => digest ?? 'none');
}
