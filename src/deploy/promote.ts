import { errorsOf } from '../errors/adf-error.js';
import {
  digestNotThere,
  gatesNotPassed,
  labelDiffers,
  notSoaked,
  samePlace,
  skipWithoutReason,
  wrongOrigin,
} from '../errors/promote.js';
import { defined } from '../model/defined.js';
import { environmentName, type GroupName } from '../model/ids.js';
import { parseImageReference } from '../model/image-reference.js';
import { formatPinnedImage, type Release } from '../model/release.js';
import type { RunResult } from '../model/run-result.js';
import type { PromoteSettings } from '../model/settings.js';
import { environmentDifferences } from '../plan/environment-differences.js';
import type { ChooseRelease } from '../run/choose-release.js';
import type { HostSettings } from '../run/group-sessions.js';
import type { RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { deployWith } from './deploy.js';
import type { DeployOptions, PreparedGroup } from './plan-groups.js';
import { renderedOn, sourcesIn, type Source } from './promotion-source.js';

export interface PromoteOptions extends Omit<DeployOptions, 'choose' | 'verb' | 'promotion' | 'afterPlan'> {
  /** The environment that the release comes from; `environment` is where it goes to. */
  readonly from: string;
  /** Goes past the checks of `promote:`; needs a reason. */
  readonly skipGates: boolean;
}

/**
 * Deploys to one environment what another one runs. The hosts of the source are asked what they really run; all must agree, be healthy and in
 * service. Its digest then goes to the target with the target's own inventory, account, role and settings. Throws `promote.*`, and what a deploy
 * refuses.
 */
export async function promote(options: PromoteOptions, hooks: RunHooks): Promise<RunResult> {
  if (options.from === options.environment) throw samePlace(options.from);
  if (options.skipGates && (options.reason ?? '').trim() === '') throw skipWithoutReason();
  // The limit is about the hosts of the target.
  const { limit: _, ...rest } = options;
  const there = { ...rest, environment: options.from };
  const sources = await inWorld(there, hooks, (world) => sourcesIn(world, there, hooks));
  return inWorld(options, hooks, (world) => promoteTo(world, sources, options, hooks));
}

function promoteTo(
  world: World,
  sources: ReadonlyMap<GroupName, Source>,
  options: PromoteOptions,
  hooks: RunHooks,
): Promise<RunResult> {
  const { version: _, ...target } = options;
  const skipped = new Map<GroupName, readonly string[]>();
  const choose: ChooseRelease = async (group, _hosts, run, read) => ({
    release: await releaseAt(sourceOf(group), read, run),
    image: (_other, ask) => ask(),
  });
  const afterPlan = (planned: readonly PreparedGroup[]): void => {
    for (const group of planned) {
      const { group: name } = group.opened;
      skipped.set(name, passGates(sourceOf(name), group, options));
      tellDifferences(sourceOf(name), group, options);
    }
  };
  const promotion: DeployOptions['promotion'] = (group) => ({
    promotedFrom: { environment: options.from, ...defined({ number: sourceOf(group).number }) },
    skippedGates: skipped.get(group) ?? [],
  });
  return deployWith(world, { ...target, verb: 'promote', choose, afterPlan, promotion }, hooks);

  function sourceOf(group: GroupName): Source {
    const source = sources.get(group);
    if (source === undefined) throw new Error(`group ${group} was not looked at where it comes from`);
    return source;
  }
}

/** The digest, in the repository that the target's own settings name: its registry must have it. */
async function releaseAt(
  { group, release }: Source,
  [first]: readonly HostSettings[] = [],
  run: Parameters<ChooseRelease>[2],
): Promise<Release> {
  const { image: own, containers = [] } = first?.settings ?? {};
  const { repository } = parseImageReference(own ?? containers[0]?.image ?? release.image.repository);
  const image = { repository, digest: release.image.digest };
  try {
    await run.ports.registry.resolve(image);
  } catch (error) {
    run.stop.signal.throwIfAborted();
    const from = formatPinnedImage(release.image);
    throw digestNotThere(group, formatPinnedImage(image), from, errorsOf(error)[0].message);
  }
  return { image, version: release.version };
}

/** Throws `promote.gates` for checks that are not passed; where they are skipped it tells of them, and gives them. */
function passGates(
  source: Source,
  { opened: { group, settings, run } }: PreparedGroup,
  { from, environment, skipGates }: PromoteOptions,
): readonly string[] {
  const failed = failedGates(source, settings.promote, from);
  if (failed.length > 0 && !skipGates) throw gatesNotPassed(group, environment, failed);
  for (const gate of failed) run.bus.emit({ type: 'warning', message: `Skipped by --skip-gates: ${gate}` });
  return failed;
}

function failedGates(
  { labels, youngest }: Source,
  settings: PromoteSettings | undefined,
  from: string,
): readonly string[] {
  if (settings === undefined) return [];
  const { from: allowed, soak, requireLabel } = settings;
  return [
    ...(allowed === undefined || allowed.includes(from) ? [] : [wrongOrigin(from, allowed)]),
    ...(youngest.ran < soak ? [notSoaked(youngest.host, youngest.ran, soak)] : []),
    ...Object.entries(requireLabel).flatMap(([name, wanted]) =>
      labels[name] === wanted ? [] : [labelDiffers(name, wanted, labels[name])],
    ),
  ];
}

/** How the group's settings differ between the two environments, before anything is changed. */
function tellDifferences(
  source: Source,
  { opened: { group, run, sessions }, plan }: PreparedGroup,
  { from }: PromoteOptions,
): void {
  const [first] = plan.hosts;
  if (first === undefined) return;
  const versions = new Set(plan.hosts.flatMap((host) => host.from.containers[0]?.version ?? []));
  const [version] = versions;
  const comparison = {
    group,
    from: environmentName(from),
    to: run.environment,
    version: { from: source.release.version, ...(versions.size === 1 ? defined({ to: version }) : {}) },
    differences: environmentDifferences(source, renderedOn(sessions, first.host, first.to.containers)),
  };
  run.bus.emit({ type: 'promotion.compared', comparison });
}
