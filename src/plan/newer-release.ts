import { label, type ObservedContainer } from '../model/container.js';
import { defined } from '../model/defined.js';
import { parseIsoTime, type EpochMilliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { ContainerId, RunId } from '../model/ids.js';
import type { PlannedState } from '../model/plan.js';
import type { NewerRelease } from '../model/release.js';
import { specHash } from '../model/spec-hash.js';
import { beganAfter } from './claims.js';
import type { GroupObservation, HostObservation } from './observation.js';

/** Which run a container is of: the one that created it, or a later one that found it as it wanted it. */
interface Claimed {
  readonly host: Host;
  readonly container: ObservedContainer;
  readonly run: string;
  readonly by?: string;
  /** When that run was started. */
  readonly startedAt?: EpochMilliseconds;
  /** Since when it is of that run. */
  readonly since: EpochMilliseconds;
  readonly isConfirmed: boolean;
}

/**
 * The release of a run that was started after this one and rolled hosts before it, or found them as it wanted them: this run would put an
 * older build over a newer. It is asked of each host that this run would roll, and answered by what runs there:
 * - The container was created after this run was started, or found so by the newer run. A run that is started when the newer one is over is
 *   thus never older.
 * - The run that created it, or found it so, was started after this one.
 * Both moments of both runs are readings of that host's own clock: clocks of the machines that deploy are not compared. Containers of
 * versions that did not write down the start of their run go by the times in the names of the runs, for the second point only.
 */
export function newerRelease(group: GroupObservation, run: RunId): NewerRelease | undefined {
  const found = group.hosts.flatMap((observation) => newerContainers(observation, group, run));
  const [first] = found.toSorted((a, b) => startOf(b) - startOf(a));
  if (first === undefined) return undefined;
  const own = found.filter((one) => one.run === first.run);
  const version = own.flatMap(({ container: { labels } }) => labels[label.release] ?? [])[0];
  const { by, startedAt, isConfirmed } = first;
  return {
    group: group.group,
    run: first.run,
    ...defined({ version, by, startedAt }),
    ...(isConfirmed ? { isConfirmed } : {}),
    hosts: [...new Set(own.map(({ host }) => host))],
  };
}

/** The containers of a host that this run did not start: when it finds the host as it wants it, they are of its release too. */
export const confirmedContainers = (
  { containers, to }: HostObservation,
  group: Pick<GroupObservation, 'environment' | 'group'>,
  run: RunId,
): readonly ContainerId[] =>
  containers
    .filter((one) => isOfGroup(one, group) && one.labels[label.run] !== run && isWhatIsPlanned(one, to))
    .map(({ id }) => id);

function newerContainers(
  observation: HostObservation,
  group: GroupObservation,
  run: RunId,
): readonly Claimed[] {
  const { containers, to, startedAt } = observation;
  if (startedAt === undefined) return [];
  return containers
    .filter((container) => isOfGroup(container, group) && !isWhatIsPlanned(container, to))
    .flatMap((container) => claimsOn(container, observation))
    .filter((claimed) => claimed.since > startedAt && isOfLaterRun(claimed, startedAt, run));
}

const isOfGroup = (
  { running, labels }: ObservedContainer,
  { environment, group }: Pick<GroupObservation, 'environment' | 'group'>,
): boolean => running && labels[label.environment] === environment && labels[label.group] === group;

function claimsOn(container: ObservedContainer, { host, confirmed }: HostObservation): readonly Claimed[] {
  const { id, labels, createdAt } = container;
  const { [label.run]: run, [label.by]: by } = labels;
  const startedAt = parseIsoTime(labels[label.started]);
  const about = { host, container };
  return [
    ...(run === undefined
      ? []
      : [
          {
            ...about,
            run,
            ...defined({ by, startedAt }),
            since: createdAt,
            isConfirmed: false,
          },
        ]),
    ...(confirmed?.containers.includes(id) === true
      ? [
          {
            ...about,
            run: confirmed.run,
            by: confirmed.by,
            startedAt: confirmed.startedAt,
            since: confirmed.at,
            isConfirmed: true,
          },
        ]
      : []),
  ];
}

function isOfLaterRun({ run: by, startedAt }: Claimed, ownStart: EpochMilliseconds, run: RunId): boolean {
  if (by === run) return false;
  return startedAt === undefined ? beganAfter(by, run) : startedAt > ownStart;
}

/** The newer run put there just what this one would. */
const isWhatIsPlanned = (container: ObservedContainer, to: PlannedState): boolean =>
  to.containers.some(
    (spec) =>
      spec.name === container.name &&
      spec.image.digest === container.digest &&
      specHash(spec) === container.labels[label.specHash],
  );

const startOf = ({ startedAt, container: { createdAt } }: Claimed): EpochMilliseconds =>
  startedAt ?? createdAt;
