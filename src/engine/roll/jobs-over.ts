import { jobEndedByRun, jobEndUnknown, jobFailedUnasked } from '../../errors/jobs.js';
import { formatDuration } from '../../model/duration.js';
import { describeHost } from '../../model/host.js';
import { resultOfJob } from '../../modules/async-status.js';
import type { HostSession } from '../host-session.js';
import type { Job } from '../jobs.js';
import type { Run } from '../run.js';

/**
 * At the end of a host's turn, before the host is restored: waits for the jobs that the turn started, and for those on the host. Each ends by
 * itself, or its host ends it at its limit; when the run is stopped or has lost its lease, they are ended now. Tells of
 * jobs that failed and that no task asked for.
 */
export async function jobsOver({ run, host }: HostSession): Promise<void> {
  const jobs = run.jobs.of(host.id);
  if (jobs.length === 0) return;
  await unlessStopped(run, (signal) => Promise.all(jobs.map((job) => jobOver(job, signal))));
  const running = jobs.filter(({ end }) => end === undefined);
  if (isStopped(run)) await Promise.all(running.map((job) => job.stop()));
  for (const job of jobs.filter(({ started }) => started.turn === host.id)) tellOfEnd(job);
}

const isStopped = ({ stop, gate }: Run): boolean => stop.signal.aborted || gate.closedBy !== undefined;

/** Waits for `act` no longer than until the run is to be stopped. */
async function unlessStopped(
  { stop, gate }: Run,
  act: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const signals = [stop.signal, gate.lost];
  const cancel = new AbortController();
  const onStop = (): void => cancel.abort();
  if (signals.some(({ aborted }) => aborted)) return;
  for (const signal of signals) signal.addEventListener('abort', onStop, { once: true });
  try {
    await act(cancel.signal);
  } catch (error) {
    if (!cancel.signal.aborted) throw error;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', onStop);
  }
}

function jobOver({ id, started: { target, task } }: Job, signal: AbortSignal): Promise<void> {
  const { bus, gate } = target.run;
  const { eventHost: host } = target;
  return gate.requests.over(target.host.id, {
    signal,
    only: ({ job }) => job === id,
    onWait: (_, atMost) => {
      const message = `the turn waits for its job, ${formatDuration(atMost)} at most`;
      bus.emit({ type: 'task.progress', host, task, message });
    },
  });
}

/** Once: a failure that no task was told of is not lost. */
function tellOfEnd(job: Job): void {
  const { end, isTold, wasStopped, started } = job;
  if (isTold) return;
  job.isTold = true;
  const message = wordsFor(job.started.task.name, end, wasStopped, started.target.host);
  if (message === undefined) return;
  const { run, host, eventHost } = started.target;
  run.bus.emit({ type: 'warning', host: eventHost, task: started.task, message });
  run.tally.warn(message, describeHost(host));
}

function wordsFor(
  task: string,
  end: Job['end'],
  wasStopped: boolean,
  host: HostSession['host'],
): string | undefined {
  if (end === undefined) return jobEndUnknown(task);
  if (wasStopped) return jobEndedByRun(task);
  const { failure } = resultOfJob(end, { host });
  const isHidden = 'ran' in end && end.noLog;
  return failure && jobFailedUnasked(task, isHidden ? undefined : failure.message);
}
