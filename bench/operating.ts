import { checkPlaybook } from '../src/check/check-playbook.js';
import { openFleet } from '../src/operate/ad-hoc-fleet.js';
import { withRun } from '../src/run/with-run.js';
import { deployOptions, FleetStage } from '../test/stages/fleet-stage.js';
import { cpuOfAsync } from './measure.js';

const hosts = 1_000;
const tasks = 1_000;

/** The nth task; of ten, four have nothing to render, four are rendered for each host, two have a condition. */
const taskOf = (n: number): string =>
  [
    `{ command: systemctl restart app-${n} }`,
    `{ shell: "deploy --host {{ inventory_hostname }} --env {{ env }} ${n}" }`,
    `{ file: { path: /srv/app-${n}, state: directory, mode: "0755" } }`,
    `{ copy: { content: "name {{ inventory_hostname }}", dest: /etc/app-${n} }, register: written_${n % 20} }`,
    `{ command: touch /srv/${n}, when: "group == 'api' && ${n} > 3" }`,
  ][n % 5] ?? '';

/** Prints the CPU time of reading, and of checking, a large playbook for a large fleet. */
export async function benchOperating(): Promise<void> {
  const stage = new FleetStage({ hosts });
  const lines = Array.from({ length: tasks }, (_, n) => `    - ${taskOf(n)}`);
  stage.adHoc = `- hosts: all\n  tasks:\n${lines.join('\n')}\n`;
  const world = await stage.ports();
  const tell = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    const { seconds, value } = await cpuOfAsync(act);
    console.log(`${what}: ${seconds.toFixed(2)} s of CPU`);
    return value;
  };
  const playbook = await tell(`read a playbook of ${tasks} tasks`, () => world.playbook('playbook.yml'));
  const inventory = await tell(`list ${hosts} hosts`, () => world.listHosts());
  await withRun(
    world,
    deployOptions,
    stage.hooks,
    { verb: 'check', checkMode: true, journaled: false },
    async (run) => {
      const fleet = await tell(`make their sessions`, () => openFleet(playbook, inventory, {}, run, world));
      await tell(`check ${tasks} tasks for ${hosts} hosts`, () =>
        checkPlaybook(playbook, fleet.sessions, fleet.select),
      );
    },
  );
}
