import type { Run } from '../engine/index.js';
import { configurationRecord } from '../model/configuration-record.js';
import type { ObservedContainer } from '../model/container.js';
import { defined } from '../model/defined.js';
import { lastSucceeded, nextNumber } from '../model/release-history.js';
import type { ImageLabels, ReleaseOutcome, ReleaseRecord } from '../model/release-record.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import type { HashedSecrets } from '../model/secret-hashes.js';
import {
  beginRelease,
  endReleases,
  enoughOfNewest,
  placesOf,
  readReleases,
  writeRelease,
  type ReleasePlace,
} from '../run/releases.js';
import type { World } from '../world/world.js';
import type { AuditFinding } from './audit.js';
import { secretsOf } from './group-key.js';
import type { DeployOptions, PreparedGroup } from './plan-groups.js';

/** A release that is on record as running, and where. */
export interface BegunRelease {
  readonly record: ReleaseRecord;
  readonly places: readonly ReleasePlace[];
  readonly group: PreparedGroup;
}

/**
 * Numbers the release of each group that is to be rolled, and writes it down before the roll begins: on the group's hosts, in the state folder and
 * in the team's table. To be called under the leases: a record of another run that has no end is of one that died, and is ended. A place that
 * does not take the record is a warning.
 */
export async function beginReleases(
  groups: readonly PreparedGroup[],
  options: DeployOptions,
  run: Run,
  world: World,
): Promise<readonly BegunRelease[]> {
  const { releases } = world;
  if (releases === undefined) return [];
  const rolled = groups.filter(({ plan }) => plan.batches.length > 0);
  if (rolled.length === 0) return [];
  const project = await releases.revision();
  return Promise.all(
    rolled.map(async (group): Promise<BegunRelease> => {
      const { opened } = group;
      const of = { environment: run.environment, group: opened.group };
      const places = placesOf(opened.hosts, releases);
      const known = await readReleases(of, places, enoughOfNewest, run);
      const left = known.releases.filter(
        ({ outcome, run: other }) => outcome === 'running' && other !== run.id,
      );
      const unwritten = await endReleases(left, 'aborted', places, run);
      const draft = await draftOf(group, known.releases, options, run, world, project);
      const { record, warnings } = await beginRelease(draft, places, run);
      for (const message of [...known.warnings, ...unwritten, ...warnings])
        run.bus.emit({ type: 'warning', message });
      run.bus.emit({
        type: 'release.recorded',
        group: opened.group,
        number: record.number,
        version: record.version,
        ...defined({ parent: record.parent }),
      });
      return { record, places, group };
    }),
  );
}

async function draftOf(
  { opened, plan }: PreparedGroup,
  releases: readonly ReleaseRecord[],
  { reason, promotion }: DeployOptions,
  run: Run,
  { files, build }: World,
  project: ReleaseRecord['project'],
): Promise<ReleaseRecord> {
  const { id, verb, environment, owner, startedAt } = run;
  const parent = lastSucceeded(releases);
  const restores =
    verb === 'rollback'
      ? releases.find(
          ({ outcome, image }) => outcome === 'succeeded' && image.digest === opened.release.image.digest,
        )
      : undefined;
  const seen = await files.seen();
  return {
    number: nextNumber(releases),
    environment,
    group: opened.group,
    run: id,
    verb,
    version: opened.release.version,
    image: opened.release.image,
    platforms: opened.platforms.map(({ os, architecture }) => `${os}/${architecture}`),
    configuration: configurationOf({ opened, plan }),
    files: Object.fromEntries(
      Object.entries(seen.files).flatMap(([path, digest]) =>
        digest === 'absent' ? [] : [[path, digest.slice(0, 8)]],
      ),
    ),
    who: owner.who,
    ...defined({ link: owner.link, build, reason, project, parent: parent?.number }),
    ...(verb === 'rollback' ? defined({ rollbackOf: parent?.number, restores: restores?.number }) : {}),
    ...promotion?.(opened.group),
    startedAt,
    outcome: 'running',
    hosts: [],
  };
}

function configurationOf({
  opened,
  plan,
}: Pick<PreparedGroup, 'opened' | 'plan'>): ReleaseRecord['configuration'] {
  const [first] = plan.hosts;
  const session = opened.sessions.find(({ host }) => host.id === first?.host);
  const specs = first?.to.containers ?? [];
  if (session === undefined) return configurationRecord(specs, new Map(), undefined);
  const found = new Map(specs.flatMap((spec) => [...secretsOf(session, spec)]));
  const hashes = specs.flatMap((spec) => session.known.hashSecrets?.(spec) ?? []);
  return configurationRecord(specs, found, together(hashes));
}

/** All are hashed under the key of the group. */
const together = (all: readonly HashedSecrets[]): HashedSecrets | undefined =>
  all.reduce<HashedSecrets | undefined>(
    (before, one) => ({ key: one.key, hashes: { ...before?.hashes, ...one.hashes } }),
    undefined,
  );

/** Writes down how the releases ended. What is not written is a warning. */
export async function recordReleaseEnds(
  begun: readonly BegunRelease[],
  result: RunResult,
  { states }: AuditFinding,
  run: Run,
): Promise<void> {
  const { clock } = run.ports;
  await Promise.all(
    begun.map(async ({ record, places, group: { opened } }) => {
      const ids = new Set(opened.hosts.map(({ id }) => id));
      const hosts = result.hosts
        .filter(({ host }) => ids.has(host))
        .map(({ host, name, status }) => ({ host, name, status }));
      const labels = imageLabels(
        [...states].flatMap(([id, seen]) => (ids.has(id) ? seen.containers : [])),
        record,
      );
      const ended: ReleaseRecord = {
        ...record,
        ...defined({ labels }),
        hosts,
        endedAt: clock.now(),
        outcome: outcomeOf(result, hosts),
      };
      for (const message of await writeRelease(ended, places, run))
        run.bus.emit({ type: 'warning', message });
    }),
  );
}

function outcomeOf(
  { outcome }: RunResult,
  hosts: ReleaseRecord['hosts'],
): Exclude<ReleaseOutcome, 'running'> {
  const are = (...these: readonly HostResult['status'][]): boolean =>
    hosts.length > 0 && hosts.every(({ status }) => these.includes(status));
  // Of several groups each is judged by its own hosts.
  if (are('deployed', 'converged')) return 'succeeded';
  if (outcome === 'interrupted') return 'aborted';
  return are('restored', 'rolled_back', 'untouched', 'converged') ? 'rolled_back' : 'failed';
}

const prefix = 'org.opencontainers.image.';

/** A container has the labels of its image. */
function imageLabels(
  containers: readonly ObservedContainer[],
  { image }: ReleaseRecord,
): ImageLabels | undefined {
  const labels = containers.find((one) => one.running && one.digest === image.digest)?.labels ?? {};
  const of = (name: string): string | undefined => labels[`${prefix}${name}`];
  const found = defined({ revision: of('revision'), source: of('source'), created: of('created') });
  return Object.keys(found).length === 0 ? undefined : found;
}
