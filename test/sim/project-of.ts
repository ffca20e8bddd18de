import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Playbook } from '../../src/playbook/playbook.js';
import { readPlaybook } from '../../src/playbook/load.js';
import { moduleDirectory } from '../../src/usecases/module-directory.js';
import { formatAmount } from '../../src/model/settings.js';
import { containerNameOfGroup, repository, type Scenario } from './scenario.js';

/** The environment and the group of every simulated fleet. */
export const environment = 'test';
export const group = 'api';

/** A scenario as its users would have written it: the files of a project. (JSON is YAML.) */
export function projectOf(
  { ports, targetGroups, rollout, faults }: Scenario,
  tag: string,
): Readonly<Record<string, string>> {
  const { serial, minHealthy, bake, onFailure, keepReleases, floorWait, reconnect, asg } = rollout;
  return {
    'adfpush.yml': JSON.stringify({
      secrets: { api_token: { env: 'API_TOKEN' }, health_key: { env: 'HEALTH_KEY' } },
    }),
    [`inventory/${environment}.yml`]: JSON.stringify({
      source: 'aws_ec2',
      account: '123456789012',
      regions: [faults.wrong === 'region' ? 'us-east-1' : 'eu-west-1'],
    }),
    [`inventory/group_vars/${group}.yml`]: JSON.stringify({
      image: repository,
      version: tag,
      container: {
        name: containerNameOfGroup,
        ports: ports.map((port) => `${port}:5000`),
        env: { API_TOKEN: '{{ api_token }}' },
      },
      health: {
        port: ports[0],
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
    }),
  };
}

const written = (amount: Parameters<typeof formatAmount>[0]): string | number =>
  'hosts' in amount ? amount.hosts : formatAmount(amount);

/** The playbook that `adfpush deploy` runs. */
const packaged = readFileSync(fileURLToPath(new URL('../../playbooks/deploy.yml', import.meta.url)), 'utf8');

const commandTask = `
    - name: warm it up
      command: /opt/app/warm
`;

/** With a command between the proof of health and the way back into service, where the scenario has one. */
const withCommand = packaged.replace(/\n {4}- name: put in service/, (task) => `${commandTask}${task}`);

/** Read once: reading changes nothing. */
const playbooks = [packaged, withCommand].map((text) =>
  readPlaybook('playbooks/deploy.yml', text, moduleDirectory),
);

export function playbookOf({ hasCommand }: Scenario): Playbook {
  const playbook = playbooks[hasCommand ? 1 : 0];
  if (playbook === undefined) throw new Error('no playbook');
  return playbook;
}
