import pLimit from 'p-limit';
import type { Run } from '../../engine/index.js';
import type { Inventory } from '../../inventory/inventory.js';
import { selectHosts } from '../../inventory/patterns.js';
import type { DoctorReport, Finding, SharedCheck } from '../../model/doctor-report.js';
import type { Host } from '../../model/host.js';
import { targetGroupName } from '../../model/ids.js';
import { formatPinnedImage } from '../../model/release.js';
import { namedGroups } from '../../run/described-groups.js';
import { chosenHosts } from '../../run/chosen-hosts.js';
import { inWorld } from '../../world/open-world.js';
import type { CommonOptions, RunHooks } from '../../world/context.js';
import { fetchSecrets, withSettings } from '../../run/fetch-secrets.js';
import { openGroup, type GroupSessions } from '../../run/group-sessions.js';
import { withRun } from '../../run/with-run.js';
import type { World } from '../../world/world.js';
import { attempt } from './attempt.js';
import { blipsOfLastRuns, cloudBlips, withBlips } from './blips.js';
import { ownClock } from './clocks.js';
import { examineHost } from './examine-host.js';
import { failed } from './findings.js';

export interface DoctorOptions extends CommonOptions {
  /** Their images and target groups are looked at too; without any, all hosts of the environment are. */
  readonly groups: readonly string[];
}

/** What works on the way to each host, and on it; what does not, and what to do. Changes nothing. */
export const doctor = (options: DoctorOptions, hooks: RunHooks): Promise<DoctorReport> =>
  inWorld(options, hooks, (world) => doctorWith(world, options, hooks));

/** Throws what keeps it from knowing any host: `config.*`, `inventory.*`, `aws.*`. */
export const doctorWith = (world: World, options: DoctorOptions, hooks: RunHooks): Promise<DoctorReport> =>
  withRun(world, options, hooks, { verb: 'doctor', checkMode: true }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const hosts = hostsOf(inventory, options);
    const shared = [listed(inventory, hosts.length), ...accountOf(inventory)];
    for (const group of namedGroups(options.groups, inventory))
      shared.push(...(await examineGroup(group, inventory, world, run)));
    const limit = pLimit(Math.max(1, run.forks));
    const diagnoses = await Promise.all(
      hosts.map((host) => limit(() => examineHost(host, portsFor(host, run), run.stop.signal))),
    );
    run.stop.signal.throwIfAborted();
    const before = await blipsOfLastRuns(world.journals, run.environment);
    const noticed = { now: run.blips.over, before };
    return {
      environment: run.environment,
      at: world.clock.now(),
      shared: [...shared, ...ownClock(diagnoses), ...cloudBlips(noticed)],
      hosts: diagnoses.map((diagnosis) => withBlips(diagnosis, noticed)),
    };
  });

function hostsOf(inventory: Inventory, options: DoctorOptions): readonly Host[] {
  if (options.groups.length > 0) return chosenHosts(inventory, options);
  return options.limit === undefined ? inventory.hosts : selectHosts(inventory, options.limit);
}

const portsFor = (
  host: Host,
  { ports, blips, stop: { signal } }: Run,
): Parameters<typeof examineHost>[1] => ({
  ...ports,
  outlast: (act) => blips.outlast({ host }, act, { signal }),
});

const listed = ({ hosts, lookedFor }: Inventory, chosen: number): Finding<SharedCheck> => ({
  check: 'hosts',
  status: 'ok',
  detail: `${chosen === hosts.length ? '' : `${chosen} of `}${hosts.length} found: ${lookedFor}`,
});

/** The list was only made because the account is the right one. */
const accountOf = ({ access, account }: Inventory): readonly Finding<SharedCheck>[] => {
  if (access === undefined) return [];
  return account === undefined
    ? [
        {
          check: 'account',
          status: 'warning',
          detail: 'the environment does not say which account it is',
          hint: 'Write account: "123456789012" into its file: then wrong credentials change nothing.',
        },
      ]
    : [{ check: 'account', status: 'ok', detail: account }];
};

/** Whether the group's image and its target groups can be found, as a deploy would look for them. */
async function examineGroup(
  group: string,
  inventory: Inventory,
  world: World,
  run: Run,
): Promise<readonly Finding<SharedCheck>[]> {
  const opened = await attempt(async () => {
    await fetchSecrets(world, inventory, withSettings(inventory.group(group), group), run);
    return openGroup(inventory, { group }, run);
  });
  if ('error' in opened) return [failed('image', opened.error)];
  const { release } = opened.value;
  const image: Finding<SharedCheck> = {
    check: 'image',
    status: 'ok',
    detail: `${group}: ${release.version} is ${formatPinnedImage(release.image)}`,
  };
  const found = await attempt(() => targetGroupsOf(opened.value));
  return [image, 'error' in found ? failed('target_groups', found.error) : found.value];
}

async function targetGroupsOf({ group, settings, sessions }: GroupSessions): Promise<Finding<SharedCheck>> {
  const found = await sessions[0]?.target.traffic.groups(settings.targetGroups);
  const names = (found ?? []).map(({ arn }) => targetGroupName(arn));
  const detail = `${group}: ${names.length === 0 ? 'none' : names.join(', ')}`;
  return { check: 'target_groups', status: 'ok', detail };
}
