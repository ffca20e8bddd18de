import { AdfErrors, errorsOf } from '../../src/errors/adf-error.js';
import { formatPlace } from '../../src/model/source.js';
import { modules } from '../../src/modules/catalogue.js';
import type { ModulesByName } from '../../src/modules/module.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { walk, type Play, type Playbook, type Task } from '../../src/playbook/playbook.js';
import { MemoryFiles } from '../fakes/memory-files.js';

const named = ['command', 'debug', 'docker_prune', 'elb_target', 'set_fact', 'setup', 'shell', 'uri'];

/** Some of the modules, so that what is said of all of them is short. */
export const directory: ModulesByName = new Map(named.map((name) => [name, modules.get(name)!]));

/** Loads `playbooks/deploy.yml` with this text. */
export const load = async (text: string): Promise<Playbook> =>
  loadPlaybook(new MemoryFiles({ 'playbooks/deploy.yml': text }), 'playbooks/deploy.yml', directory);

export async function firstPlay(text: string): Promise<Play> {
  const { plays } = await load(text);
  return plays[0]!;
}

/** The task with these keywords, indented as in `      when: true`. */
export async function task(text: string): Promise<Task> {
  const { sections } = await firstPlay(
    `- hosts: api\n  tasks:\n    - ${text.trim().replaceAll('\n', '\n      ')}\n`,
  );
  return walk(sections)[0]!;
}

/** All that is wrong with a playbook, as a user reads it: `line:column code message | hint`. */
export async function complaints(text: string): Promise<readonly string[]> {
  try {
    await load(text);
    return [];
  } catch (thrown) {
    if (thrown instanceof AdfErrors && thrown.class !== 'invalid') throw thrown;
    return errorsOf(thrown).map(({ at, code, message, hint }) => {
      const place = at === undefined ? '' : `${formatPlace(at).replace('playbooks/deploy.yml:', '')} `;
      return `${place}${code}: ${message}${hint === undefined ? '' : ` | ${hint}`}`;
    });
  }
}
