import { label, type ContainerSpec, type ObservedContainer } from '../model/container.js';
import { parseIsoTime, type EpochMilliseconds } from '../model/duration.js';
import type { RunId } from '../model/ids.js';
import type { NewerRelease } from '../model/newer-release.js';
import { specHash } from '../model/spec-hash.js';
import { beganAfter } from './claims.js';
import type { GroupObservation, HostObservation } from './observation.js';

/**
 * The release of a run that was started after this one and rolled hosts before it: this run would put an older build over a newer.
 * It is asked of each host that this run would roll, and answered by what runs there:
 * - The container was created after this run was started. A run that is started when the newer one is over is thus never older.
 * - The run that created it was started after this one.
 * Both moments of both runs are readings of that host's own clock: clocks of the machines that deploy are not compared. Containers of
 * versions that did not write down the start of their run go by the times in the names of the runs, for the second point only.
 */
export function newerRelease(group: GroupObservation, run: RunId): NewerRelease | undefined {
  const found = group.hosts.flatMap((observation) =>
    newerContainers(observation, group, run).map((container) => ({ host: observation.host, container })),
  );
  const [first] = found.toSorted((a, b) => startOf(b.container) - startOf(a.container));
  const by = first?.container.labels[label.run];
  if (first === undefined || by === undefined) return undefined;
  const own = found.filter(({ container }) => container.labels[label.run] === by);
  const { labels } =
    own.find(({ container }) => container.labels[label.release] !== undefined)?.container ?? first.container;
  const startedAt = parseIsoTime(labels[label.started]);
  return {
    group: group.group,
    run: by,
    ...(labels[label.release] === undefined ? {} : { version: labels[label.release] }),
    ...(labels[label.by] === undefined ? {} : { by: labels[label.by] }),
    ...(startedAt === undefined ? {} : { startedAt }),
    hosts: [...new Set(own.map(({ host }) => host))],
  };
}

function newerContainers(
  { containers, specs, startedAt }: HostObservation,
  { environment, group }: GroupObservation,
  run: RunId,
): readonly ObservedContainer[] {
  if (startedAt === undefined) return [];
  return containers.filter(
    (container) =>
      container.running &&
      container.labels[label.environment] === environment &&
      container.labels[label.group] === group &&
      container.createdAt > startedAt &&
      isOfLaterRun(container, startedAt, run) &&
      !isWhatIsPlanned(container, specs),
  );
}

function isOfLaterRun({ labels }: ObservedContainer, startedAt: EpochMilliseconds, run: RunId): boolean {
  const by = labels[label.run];
  if (by === undefined || by === run) return false;
  const started = parseIsoTime(labels[label.started]);
  return started === undefined ? beganAfter(by, run) : started > startedAt;
}

/** The newer run put there just what this one would. */
const isWhatIsPlanned = (container: ObservedContainer, specs: readonly ContainerSpec[]): boolean =>
  specs.some(
    (spec) =>
      spec.name === container.name &&
      spec.image.digest === container.digest &&
      specHash(spec) === container.labels[label.specHash],
  );

const startOf = ({ labels, createdAt }: ObservedContainer): EpochMilliseconds =>
  parseIsoTime(labels[label.started]) ?? createdAt;
