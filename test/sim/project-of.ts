import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RestartPolicy } from '../../src/model/container.js';
import type { Playbook } from '../../src/playbook/playbook.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { modules } from '../../src/modules/catalogue.js';
import { formatAmount } from '../../src/model/settings.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { groupsOf, repository, type Scenario, type ScenarioGroup } from './scenario.js';

/** The environment and the group of every simulated fleet. */
export const environment = 'test';
export const group = 'api';

/** A scenario as its users would have written it: the files of a project. (JSON is YAML.) */
export function projectOf(scenario: Scenario, tag: string): Readonly<Record<string, string>> {
  const { faults } = scenario;
  return {
    'adfpush.yml': JSON.stringify({
      secrets: { api_token: { env: 'API_TOKEN' }, health_key: { env: 'HEALTH_KEY' } },
    }),
    [`inventory/${environment}.yml`]: JSON.stringify({
      source: 'aws_ec2',
      account: '123456789012',
      regions: [faults.wrong === 'region' ? 'us-east-1' : 'eu-west-1'],
    }),
    ...Object.fromEntries(
      groupsOf(scenario).map((each) => [
        `inventory/group_vars/${each.name}.yml`,
        JSON.stringify(variablesOf(each, scenario, tag)),
      ]),
    ),
  };
}

function variablesOf(
  { containers, targetGroups }: ScenarioGroup,
  { restart, rollout }: Scenario,
  tag: string,
): unknown {
  const { serial, minHealthy, bake, onFailure, keepReleases, floorWait, reconnect, asg } = rollout;
  return {
    image: repository,
    version: tag,
    containers: containers.map(({ name, ports }) => ({
      name,
      ports: ports.map((port) => `${port}:5000`),
      env: { API_TOKEN: '{{ api_token }}' },
      restart: writtenPolicy(restart),
    })),
    health: {
      port: containers.at(-1)?.ports[0],
      path: '/health',
      headers: { 'X-Key': '{{ health_key }}' },
      passes: 3,
      interval: '1s',
      timeout: '20s',
    },
    target_groups: targetGroups.map(({ name }) => name),
    rollout: {
      serial: serial.map(written),
      min_healthy: written(minHealthy),
      bake: `${bake}ms`,
      on_failure: onFailure,
      keep_releases: keepReleases,
      floor_wait: `${floorWait}ms`,
      reconnect: `${reconnect}ms`,
      asg,
    },
  };
}

const written = (amount: Parameters<typeof formatAmount>[0]): string | number =>
  'hosts' in amount ? amount.hosts : formatAmount(amount);

const writtenPolicy = (policy: RestartPolicy): string =>
  policy.name === 'on-failure' && policy.maximumRetries > 0
    ? `on-failure:${policy.maximumRetries}`
    : policy.name;

/** The playbook that `adfpush deploy` runs. */
const packaged = readFileSync(fileURLToPath(new URL('../../playbooks/deploy.yml', import.meta.url)), 'utf8');

const commandTask = `
    - name: warm it up
      command: /opt/app/warm
`;

/** Before the drain: tasks that do nothing to a host, with most of what may be said of a task. */
const wordyTasks = `
    - name: say {{ release.version }}
      debug: { msg: hello }
      register: said
    - name: hide it
      debug: { msg: '{{ said.msg }}' }
      no_log: true
    - name: pass it over
      debug: { msg: never }
      when: said.msg == 'other'
    - name: say all
      debug: { msg: '{{ item }}' }
      loop: [one, two]
      register: all
    - name: ask until it is so
      debug: { msg: ready }
      register: ready
      until: result.msg == 'ready'
      retries: 2
      delay: 1s
    - name: ask in vain
      debug: { msg: unready }
      until: result.msg == 'ready'
      retries: 1
      delay: 1s
      ignore_errors: true
    - name: judge it
      debug: { msg: judged }
      changed_when: result.msg == 'judged'
      failed_when: result.msg == 'judged'
      ignore_errors: true
    - name: say it once
      debug: { msg: once }
      run_once: true
    - name: remember it
      set_fact: { remembered: '{{ said.msg }}' }
    - name: wait for nothing
      pause: { seconds: 60 }
      timeout: 1s
      ignore_errors: true
`;

/** The task of the playbook that begins with this line, up to the next task or play. */
const taskOf = (first: string): RegExp => new RegExp(`    - name: ${first}\\n(?: {6}.*\\n)+\\n?`);

const forgotten: Readonly<Record<NonNullable<Scenario['forgets']>, RegExp>> = {
  pull: taskOf('pull .*'),
  drain: taskOf('drain'),
  proof: taskOf('prove it healthy'),
};

const playbooks = new Map<string, Playbook>();

const keyOf = ({ hasCommand, forgets, wordy }: Scenario): string =>
  `${hasCommand} ${forgets ?? 'nothing'} ${wordy}`;

/** The playbook of a scenario that was prepared. */
export function playbookOf(scenario: Scenario): Playbook {
  const playbook = playbooks.get(keyOf(scenario));
  if (playbook === undefined) throw new Error('the playbook of this scenario was not prepared');
  return playbook;
}

/**
 * Reads the playbook of a scenario, once for all runs: reading changes nothing. It is the packaged one; with a command between the proof of
 * health and the way back into service, with many words, or without what somebody forgot.
 */
export async function preparePlaybook(scenario: Scenario): Promise<void> {
  if (playbooks.has(keyOf(scenario))) return;
  const { hasCommand, forgets, wordy } = scenario;
  const nothing = '    - name: nothing\n      debug: hello\n\n';
  // One without a drain is refused before anything is changed: here it is passed over by what only the run knows.
  const instead = (task: string): string =>
    forgets === 'drain'
      ? `${nothing.trimEnd()}\n      register: greeted\n\n${task.trimEnd()}\n      when: greeted.changed\n\n`
      : nothing;
  const less = forgets === undefined ? packaged : packaged.replace(forgotten[forgets], instead);
  const commanding = hasCommand
    ? less.replace('\n    - name: put in', `${commandTask}\n    - name: put in`)
    : less;
  const text = wordy ? withWords(commanding) : commanding;
  const files = new MemoryFiles({ 'playbooks/deploy.yml': text });
  playbooks.set(keyOf(scenario), await loadPlaybook(files, 'playbooks/deploy.yml', modules));
}

/** In the play that rolls. */
const withWords = (text: string): string =>
  text.replace(
    /( {2}serial: .*\n)((?: {2}.*\n)*? {2}tasks:\n)/,
    (_all, serial: string, rest: string) => `${serial}  strategy: linear\n${rest}${wordyTasks.slice(1)}\n`,
  );
