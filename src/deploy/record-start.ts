import { defined } from '../model/defined.js';
import { sha256 } from '../model/sha256.js';
import type { PinnedImages, Run } from '../engine/index.js';
import type { Layer } from '../expression/scope.js';
import type { RunId } from '../model/ids.js';
import type { PlanReport } from '../model/plan.js';
import { reportOf } from '../plan/plan-report.js';
import { formatPinnedImage } from '../model/release.js';
import type { AskedFor, GroupRecord, LeaseEpoch, ProjectDigest } from '../model/run-record.js';
import type { DeployOptions, PreparedGroup } from './plan-groups.js';
import { digestOfExtraVars, digestOfSecrets, type RecordedFiles } from '../world/project-digest.js';
import type { ProjectSecrets } from '../world/project-secrets.js';
import type { World } from '../world/world.js';

/** Writes down what the run is, before it changes anything: with this and its holds it can be restored without its playbook. */
export async function recordStart(
  groups: readonly PreparedGroup[],
  options: DeployOptions,
  { id, verb, environment, owner, images, ports: { journal, clock } }: Run,
  { processes, files, secrets }: World,
  epochs: readonly LeaseEpoch[],
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
    plan: digestOfPlans(groups.map(({ plan }) => reportOf(plan))),
    asked: {
      ...askedFor(options),
      project: await projectDigest(files, secrets, options.extraVars, id),
      images: await pinnedImages(images),
    },
    epochs,
    ...(options.resumes === undefined ? {} : { resumes: options.resumes.run }),
  });
}

const recordOf = ({ opened: { group, release, settings }, observed }: PreparedGroup): GroupRecord => ({
  name: group,
  release,
  targetGroups: observed.observation.targetGroups.map(({ targetGroup }) => targetGroup.name),
  rollout: settings.rollout,
});

const askedFor = ({ limit, tags, skipTags, secrets }: DeployOptions): AskedFor => ({
  ...defined({ limit, tags, skipTags, secrets }),
});

async function projectDigest(
  files: RecordedFiles,
  secrets: ProjectSecrets | undefined,
  given: readonly Layer[],
  run: RunId,
): Promise<ProjectDigest> {
  const extraVars = digestOfExtraVars(given, run);
  const names = secrets?.fetched ?? [];
  const digest = await digestOfSecrets(names, secrets, run);
  return {
    ...(await files.seen()),
    ...defined({ extraVars }),
    ...(digest === undefined ? {} : { secrets: { names, digest } }),
  };
}

const pinnedImages = async (images: PinnedImages): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    Object.entries(await images.known()).map(([reference, image]) => [reference, formatPinnedImage(image)]),
  );

/** sha256 over what the plans say, as hexadecimal digits. */
const digestOfPlans = (plans: readonly PlanReport[]): string => sha256(JSON.stringify(plans));
