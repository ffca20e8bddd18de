import { z } from 'zod';
import { hiddenByNoLog } from '../errors/modules.js';
import { defined } from '../model/defined.js';
import { UnknownValue } from '../model/unknown.js';
import { resultOf } from './command-result.js';
import type { JobEnd, ModuleHost, ModuleResult, ReadingModule } from './module.js';

const schema = z.strictObject({
  jid: z
    .string()
    .min(1)
    .describe('the job: the `ansible_job_id` that the task with `poll: 0` registered, on the same host'),
});

/** Tells whether a job has ended, and then what its command gave. */
export const asyncStatus: ReadingModule<z.infer<typeof schema>> = {
  name: 'async_status',
  docs: {
    summary:
      'Tells whether a job, which a task with `poll: 0` started, has ended, and then gives what its command gave. It fails as the job failed.',
    examples: [
      `- name: the index is built
  async_status: { jid: "{{ job.ansible_job_id }}" }
  register: result
  until: result.finished
  retries: 120
  delay: 30s`,
    ],
  },
  refusedArguments: {
    mode: 'It only tells the status. Leave a task with mode: cleanup out: hosts remove the records of a run by themselves after 14 days.',
  },
  schema,

  async read({ jid }, host) {
    if (host.checkMode) {
      const later = new UnknownValue('a dry run starts no job');
      return { changed: false, message: `would look at job ${jid}`, values: { finished: later } };
    }
    const end = await host.jobEnd(jid);
    const values = { ansible_job_id: jid, started: true, finished: end !== undefined };
    if (end === undefined) return { changed: false, message: `job ${jid} still runs`, values };
    const ended = resultOfJob(end, host);
    return { ...ended, values: { ...ended.values, ...values } };
  },
};

/** As the task would have told it that started the job, had it waited. */
export function resultOfJob(end: JobEnd, host: Pick<ModuleHost, 'host'>): ModuleResult {
  if ('notNeeded' in end) return end.notNeeded;
  const { output, failure, ...ended } = resultOf(end.ran, host);
  if (!end.noLog) return { ...ended, ...defined({ output, failure }) };
  return { ...ended, ...(failure === undefined ? {} : { failure: hiddenByNoLog(failure) }) };
}
