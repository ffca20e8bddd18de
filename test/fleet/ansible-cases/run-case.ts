import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, type PlainHost } from '../host/plain-host.js';
import type { Machines } from '../machines.js';
import { PlainProject } from '../plain-project.js';
import type { AnsibleCase } from './case.js';
import type { Left } from './observation.js';

/** What a task on the control side may write its own trace to, by the variable `local_trace`. */
const localTrace = 'local-trace';

/** Runs a case as a user would. Afterwards the hosts are as they were, whatever happened. */
export async function runCase(
  one: AnsibleCase,
  hosts: readonly PlainHost[],
  machines: Machines,
): Promise<Left> {
  const project = new PlainProject(machines, one.folder);
  try {
    // `first` stands after `web` in the inventory and before it in the alphabet.
    const entries = hosts.map((host, n) => [host, { groups: n === 0 ? ['web', 'first'] : ['web'] }] as const);
    project.inventory(new Map(entries), {
      local_trace: join(project.folder, localTrace),
      // A host that is lost stays lost.
      rollout: { reconnect: '2s' },
    });
    await Promise.all(
      hosts.filter(({ name }) => one.down.includes(name)).map(async (host) => host.cutPower()),
    );

    const first = await project.run('playbook.yml', ...one.args).ended;
    const second = one.isTwice ? [await project.run('playbook.yml', ...one.args).ended] : [];

    const runs = [first, ...second] as const;
    const shared = linesOf(readIfThere(join(machines.shared, 'order')));
    const traces = await Promise.all(
      hosts.map(async (host) => [host, await host.linesThenReset('/tmp/trace')] as const),
    );
    return {
      runs,
      shared,
      traces: new Map(traces),
      control: linesOf(project.read(localTrace)),
      said: [...runs.flatMap(({ stdout, stderr }) => [stderr, stdout]), ...project.reports()].join('\n'),
    };
  } catch (error) {
    await Promise.all(hosts.map(async (host) => host.reset()));
    throw error;
  } finally {
    project.remove();
  }
}

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
