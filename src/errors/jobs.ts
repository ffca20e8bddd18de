import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { moduleFailed } from './module-scripts.js';
import { nearest } from './nearest.js';

const invalid = (code: string, message: string, place: ErrorPlace, hint: string): AdfError =>
  new AdfError({ code, class: 'invalid', message, ...place, ...defined({ hint }) });

/** `place` is that of `jid`, `known` are the ids of the jobs of the run. */
export const unknownJob = (jid: string, known: readonly string[], place: ErrorPlace): AdfError => {
  const near = nearest(jid, known);
  return invalid(
    'playbook.unknown_job',
    `jid "${jid}" is no job of this run`,
    place,
    near === undefined
      ? 'Write jid: "{{ job.ansible_job_id }}", where job is what the task with poll: 0 registered. A job belongs to the run that started it.'
      : `Did you mean "${near}"?`,
  );
};

/** `asked` is the host that the task asks. */
export const jobElsewhere = (jid: string, host: Host, asked: Host, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.job_elsewhere',
    `job "${jid}" runs on ${describeHost(host)}, and ${describeHost(asked)} is asked for it`,
    place,
    `Write delegate_to: ${host.name}, or run_once: true where the task that started it has that.`,
  );

/** Nothing of the job began. */
export const cannotStartJobs = (host: Host): AdfError =>
  moduleFailed(
    'job.not_possible',
    host,
    'The host cannot run a command on its own, and nothing was started',
    {
      reason: 'it has no setsid, or no folder where a record can be kept',
      hint: 'Install setsid (util-linux), or make ~/.local/state, /var/tmp or /tmp writable to the SSH user. Without poll: 0 the task waits for its command, and needs neither.',
    },
  );

/** What is told of a job whose failure no task was told of; `why` is a sentence, absent where it must not be seen. */
export const jobFailedUnasked = (task: string, why: string | undefined): string =>
  `The job of "${task}" failed, and no task asked for it. ${why ?? 'What it said is hidden by no_log.'} ` +
  'Write async_status with its ansible_job_id and until: result.finished, and the turn fails with it.';

/** What is told of a job that the run ended itself. */
export const jobEndedByRun = (task: string): string =>
  `The job of "${task}" still ran, and was ended because the run was stopped.`;

/** What is told of a job of which the host did not say how it ended. */
export const jobEndUnknown = (task: string): string =>
  `How the job of "${task}" ended is not known: its host did not answer. Look at the host before you run it again.`;
