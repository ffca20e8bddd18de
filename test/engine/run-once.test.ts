import { describe, expect, it } from 'vitest';
import { RunOnce } from '../../src/engine/roll/run-once.js';
import type { TaskOutcome } from '../../src/engine/task/task-outcome.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { modules } from '../../src/modules/catalogue.js';
import { MemoryFiles } from '../fakes/memory-files.js';

const text = '- hosts: all\n  tasks:\n    - debug: { msg: hi }\n      run_once: true\n';
const playbook = await loadPlaybook(new MemoryFiles({ 'p.yml': text }), 'p.yml', modules);
const [task] = playbook.plays.flatMap(({ sections }) =>
  sections.flatMap(({ nodes }) => nodes.filter((node) => node.kind === 'task')),
);
const ended = (status: TaskOutcome['status']): TaskOutcome => ({ status, registered: {} });

/** Hosts that come to a task one after the other, before the first of them has run it; what each got, and how often it was run. */
async function shared(...runs: readonly (() => Promise<TaskOutcome>)[]) {
  const once = new RunOnce();
  let ran = 0;
  const outcomes = await Promise.allSettled(
    runs.map((run) =>
      once.share(task!, () => {
        ran += 1;
        return run();
      }),
    ),
  );
  const told = outcomes.map((one) =>
    one.status === 'rejected' ? 'thrown' : `${one.value.outcome.status}${one.value.ran ? ' itself' : ''}`,
  );
  return { ran, told };
}

describe('a task that runs once for all hosts', () => {
  const ok = () => Promise.resolve(ended('ok'));

  it('is run by the first, and the others share its outcome', async () => {
    expect(await shared(ok, ok, ok)).toEqual({ ran: 1, told: ['ok itself', 'ok', 'ok'] });
    const failed = () => Promise.resolve(ended('failed'));
    expect(await shared(failed, ok)).toEqual({ ran: 1, told: ['failed itself', 'failed'] });
  });

  it('is run by the next host where the first skips it', async () => {
    const skipped = () => Promise.resolve(ended('skipped'));
    expect(await shared(skipped, ok, ok)).toEqual({ ran: 2, told: ['skipped itself', 'ok itself', 'ok'] });
  });

  it('is not run again where the first finds nothing to do, as a script whose file exists', async () => {
    const idle = () => Promise.resolve({ ...ended('skipped'), hadNothingToDo: true } as const);
    expect(await shared(idle, ok)).toEqual({ ran: 1, told: ['skipped itself', 'skipped'] });
  });

  it('is run by the next host where the first is interrupted', async () => {
    const interrupted = () => Promise.reject(new Error('SIGTERM'));
    expect(await shared(interrupted, ok, ok)).toEqual({ ran: 2, told: ['thrown', 'ok itself', 'ok'] });
  });
});
