import type { HostId } from '../../../src/model/ids.js';
import { lastLookAt, unseenBy } from './last-look.js';
import { wasOutOfReach } from './reach.js';
import { ofEach, type Program, type Story } from './story.js';

const promise = 0;

/**
 * `mixed` is true exactly when hosts in service run different digests at the end: those of which the result tells; after a recovery all hosts of
 * the group. Of a host that was out of reach, or that others changed since the program looked last, either may be said.
 */
export const tellsWhetherMixed = ofEach((program, story) => {
  const { says, actor, ended, endedAt } = program;
  // A recovery that found nothing to recover was about no group.
  if (says === undefined || says.groups.length === 0) return [];
  const told = new Set(says.hosts.map(({ host }) => host));
  const hosts = ended.hosts.map(({ id }) => id).filter((id) => program.verb === 'recover' || told.has(id));
  const known = hosts.filter((host) => isKnown(host, program, story));
  const digests = new Set(known.flatMap((host) => digestsInService(host, program)));
  const isWrong = says.mixed ? digests.size < 2 && known.length === hosts.length : digests.size > 1;
  if (!isWrong) return [];
  const what = `${actor} says that the fleet is ${says.mixed ? '' : 'not '}mixed, where ${digests.size} digests are in service`;
  return [{ statement: promise, at: endedAt, what }];
});

const isKnown = (host: HostId, program: Program, story: Story): boolean =>
  // Of one that joined and was unfit, not all could be seen.
  program.says?.hosts.some((said) => said.host === host && said.joined && said.status === 'untouched') !==
    true &&
  !wasOutOfReach(story, program, host, lastLookAt(host, program, story), program.endedAt) &&
  !unseenBy(program, host, story).some((entry) => 'container' in entry || 'registration' in entry);

/** What the containers are from that serve its healthy targets. */
function digestsInService(host: HostId, { ended }: Program): readonly string[] {
  const containers = ended.hosts.find(({ id }) => id === host)?.containers ?? [];
  return ended.targets
    .filter((target) => target.host === host && target.state === 'healthy')
    .flatMap(({ registration: { port } }) =>
      containers.filter(({ running, ports }) => running && ports.includes(port)),
    )
    .map(({ digest }) => digest ?? 'none');
}
