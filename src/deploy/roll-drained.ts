import type { Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { imageGone, noCurrentRelease, notDrained } from '../errors/drain.js';
import type { Host } from '../model/host.js';
import { shortDigest, type GroupName } from '../model/ids.js';
import { lastSucceeded } from '../model/release-history.js';
import type { PinnedImage, Release } from '../model/release.js';
import type { RunResult } from '../model/run-result.js';
import { currentRelease } from '../plan/previous-release.js';
import type { ChooseRelease } from '../run/choose-release.js';
import { containersOn } from '../run/containers-on.js';
import { drainedOnRecord } from '../run/drained.js';
import type { HostSettings } from '../run/group-sessions.js';
import { enoughOfNewest, placesOf, readReleases } from '../run/releases.js';
import type { LedgerOf } from '../ports/ledger.js';
import type { RunHooks } from '../world/context.js';
import type { World } from '../world/world.js';
import { deployWith } from './deploy.js';
import type { DeployOptions, PreparedGroup } from './plan-groups.js';

/**
 * Brings hosts back into service that `drain` took out. It is a deploy of the release that the group is on, to these hosts: one that missed
 * deploys meanwhile never serves an old release beside the new one, and one that missed none is put in service as it is. `options.limit` says
 * which hosts. Throws `drain.*`, and what a deploy refuses.
 */
export const rollDrained = (world: World, options: DeployOptions, hooks: RunHooks): Promise<RunResult> =>
  deployWith(
    world,
    {
      ...options,
      verb: 'undrain',
      undrains: true,
      choose: (group, hosts, run, read) => releaseOfGroup(group, hosts, read, run, world),
      afterPlan: (groups) => groups.forEach(refuseOthers),
    },
    hooks,
  );

/** A host that is not drained is left alone when it is as configured; making it so is a deploy's matter. */
function refuseOthers({ opened: { run }, plan, keptOut }: PreparedGroup): void {
  for (const { host: id, name, action, reasons } of plan.hosts) {
    const host = { id, name };
    const found = keptOut.find(({ session }) => session.host.id === id);
    if (found === undefined && action !== 'converged') throw notDrained(host, reasons.join(', '));
    if (found === undefined) run.bus.emit({ type: 'warning', host, message: 'it is not drained.' });
  }
}

/**
 * What the other hosts of the group run, where they agree and the records do not speak against it; otherwise the newest release on record that
 * succeeded. Throws `drain.no_current_release`.
 */
async function releaseOfGroup(
  group: GroupName,
  undrained: readonly Host[],
  read: readonly HostSettings[] = [],
  run: Run,
  { releases }: World,
): ReturnType<ChooseRelease> {
  const owner = { environment: run.environment, group };
  const hosts = read.map(({ host }) => host);
  const away = await drainedOnRecord({ group, hosts }, run);
  const others = hosts.filter(({ id }) => !away.has(id) && !undrained.some((host) => host.id === id));
  const { found } = await containersOn(others, run);
  const running = found.flatMap((containers) => currentRelease(containers, owner) ?? []);
  const known =
    releases === undefined
      ? undefined
      : await readReleases(owner, placesOf(hosts, releases), enoughOfNewest, run);
  for (const message of known?.warnings ?? []) run.bus.emit({ type: 'warning', message });
  const release = agreed(owner, running, known?.releases ?? []);
  await requireImage(release.image, undrained, group, run);
  return { release, image: (_other, ask) => ask() };
}

/** A host that has no image of the release needs one from the registry, which may have removed it since. Throws `drain.image_gone`. */
async function requireImage(
  image: PinnedImage,
  hosts: readonly Host[],
  group: GroupName,
  { ports: { registry, runtime }, environment, stop }: Run,
): Promise<void> {
  // A host that does not answer is refused by the preflight.
  const has = async (host: Host): Promise<boolean> =>
    (await runtime
      .on(host)
      .image(image)
      .catch(() => 'silent')) !== undefined;
  const without = (await Promise.all(hosts.map(async (host) => ((await has(host)) ? [] : [host])))).flat();
  if (without.length === 0) return;
  try {
    await registry.resolve(image);
  } catch (error) {
    stop.signal.throwIfAborted();
    throw imageGone(group, environment, image, without, errorsOf(error)[0].message);
  }
}

function agreed(
  { group, environment }: LedgerOf,
  running: readonly Release[],
  records: Parameters<typeof lastSucceeded>[0],
): Release {
  const digests = new Set(running.map(({ image }) => image.digest));
  const recorded = lastSucceeded(records);
  const [first] = running;
  if (digests.size > 1) {
    const of = [...new Map(running.map((one) => [one.image.digest, labelOf(one)])).values()];
    throw noCurrentRelease(group, `its hosts in service run ${of.join(' and ')}`, environment);
  }
  if (first === undefined) {
    if (recorded === undefined)
      throw noCurrentRelease(
        group,
        'no other host of it runs anything, and no release is on record that succeeded',
        environment,
      );
    return { image: recorded.image, version: recorded.version };
  }
  const ofIt = records.filter(({ image }) => image.digest === first.image.digest);
  if (ofIt.length > 0 && lastSucceeded(ofIt) === undefined) {
    const good =
      recorded === undefined ? '' : `; the last that succeeded is ${recorded.version} (r${recorded.number})`;
    throw noCurrentRelease(
      group,
      `its hosts in service run ${labelOf(first)}, which did not succeed${good}`,
      environment,
    );
  }
  return first;
}

const labelOf = ({ version, image }: Release): string => `${version} (${shortDigest(image.digest)})`;
