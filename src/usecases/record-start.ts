import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Run } from '../engine/run.js';
import type { AskedFor, GroupRecord } from '../model/run-record.js';
import type { Plan } from '../model/plan.js';
import type { DeployOptions, PreparedGroup } from './prepare-deploy.js';
import type { World } from './world.js';

/** Writes down what the run is, before it changes anything: with this and its holds it can be restored without its playbook. */
export async function recordStart(
  groups: readonly PreparedGroup[],
  options: DeployOptions,
  { id, verb, environment, owner, ports: { journal, clock } }: Run,
  { processes }: World,
): Promise<void> {
  const records = groups.map(recordOf);
  for (const [index, { opened }] of groups.entries()) {
    const record = records[index];
    if (record !== undefined) opened.run.holds.knowGroup(record);
  }
  await journal.append({
    at: clock.now(),
    type: 'run.started',
    run: id,
    verb,
    environment,
    groups: records,
    hosts: groups.flatMap(({ opened }) => opened.sessions.map(({ host }) => host.id)),
    owner,
    process: processes.self,
    plan: digestOfPlans(groups.map(({ plan }) => plan)),
    asked: askedFor(options),
  });
}

const recordOf = ({ opened: { group, release, settings }, observed }: PreparedGroup): GroupRecord => ({
  name: group,
  release,
  targetGroups: observed.observation.targetGroups.map(({ targetGroup }) => targetGroup.name),
  rollout: settings.rollout,
});

const askedFor = ({ limit, tags, skipTags }: DeployOptions): AskedFor => ({
  ...(limit === undefined ? {} : { limit }),
  ...(tags === undefined ? {} : { tags }),
  ...(skipTags === undefined ? {} : { skipTags }),
});

/** sha256 over what the plans say, as hexadecimal digits. */
export const digestOfPlans = (plans: readonly Plan[]): string =>
  bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(plans))));
