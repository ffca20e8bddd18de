import {
  askedUnknown,
  extraVarsDiffer,
  hostsGone,
  otherEnvironment,
  projectChanged,
  stillRuns,
  secretsDiffer,
} from '../errors/resume.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { RunRecord } from '../model/run-record.js';
import type { RunResult } from '../model/run-result.js';
import type { RolledRun } from '../plan/resumable-run.js';
import { parseImageReference } from '../model/image-reference.js';
import type { ChooseRelease } from '../run/choose-release.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { deployWith } from './deploy.js';
import { findRun, type RunChoice } from './find-run.js';
import { openJournals } from '../world/open-journals.js';
import { inWorld } from '../world/open-world.js';
import { changesOf, digestOfExtraVars, digestOfSecrets } from '../world/project-digest.js';
import type { World } from '../world/world.js';

/** What a run was asked for is in its journal; here is what else can be said. */
export interface ResumeOptions extends Omit<CommonOptions, 'environment' | 'limit'>, RunChoice {
  readonly check: boolean;
  readonly diff: boolean;
  readonly lockWait?: Milliseconds;
  readonly skipUnreachable?: number;
}

/** Goes on with an interrupted run. Throws `resume.*`, and what a deploy refuses. */
export async function resume(options: ResumeOptions, hooks: RunHooks): Promise<RunResult> {
  const environment = options.environment ?? (await environmentOf(options));
  return inWorld({ ...options, environment }, hooks, (world) => resumeWith(world, options, hooks));
}

async function environmentOf(options: ResumeOptions): Promise<string> {
  const { record } = await findRun(await openJournals(options), options);
  return record.environment;
}

/**
 * A resumed run is a deploy of what the journal says: the same digests even if tags moved, the same groups, limit and tags, with the project
 * as the run found it, or it is refused. So that it needs no memory of how far the run came: what is converged is skipped, and what the
 * run still held is restored first, as before every deploy. That makes it repeatable, also after it was killed itself.
 */
export async function resumeWith(world: World, options: ResumeOptions, hooks: RunHooks): Promise<RunResult> {
  const found = await findRun(world.journals, options);
  const { record } = found;
  await refuseOther(found, world, options);
  const { limit, tags, skipTags, secrets } = record.asked;
  return deployWith(
    world,
    {
      ...options,
      environment: record.environment,
      verb: 'resume',
      resumes: record,
      groups: record.groups.map(({ name }) => name),
      choose: recordedRelease(record),
      ...defined({ limit, tags, skipTags, secrets }),
    },
    hooks,
  );
}

async function refuseOther(
  { record, exit }: RolledRun,
  { processes, files, secrets }: World,
  { environment, extraVars }: ResumeOptions,
): Promise<void> {
  if (environment !== undefined && environment !== record.environment) {
    throw otherEnvironment(record, environment);
  }
  if (exit === undefined && processes.hasEnded(record.process) === false)
    throw stillRuns(record, record.process);
  const { project } = record.asked;
  if (project === undefined) throw askedUnknown(record);
  const changes = await changesOf(project, files);
  if (changes.length > 0) throw projectChanged(record, changes);
  if (digestOfExtraVars(extraVars, record.run) !== project.extraVars) {
    throw extraVarsDiffer(record, project.extraVars !== undefined);
  }
  const known = project.secrets;
  if (known !== undefined && (await digestOfSecrets(known.names, secrets, record.run)) !== known.digest) {
    throw secretsDiffer(record, known.names);
  }
}

/** The digests that the run resolved, once. */
const recordedRelease =
  (record: RunRecord): ChooseRelease =>
  (group, hosts) => {
    const found = record.groups.find(({ name }) => name === group);
    if (found?.release === undefined || hosts.length === 0) return Promise.reject(hostsGone(record, group));
    return Promise.resolve({
      release: found.release,
      image: async ({ reference }, ask) => {
        const pinned = parseImageReference(record.asked.images?.[reference] ?? reference);
        return pinned.digest === undefined ? ask() : { repository: pinned.repository, digest: pinned.digest };
      },
    });
  };
