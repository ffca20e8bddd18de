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
    [`inventory/${environment}.yml`]: JSON.stringify({
      source: 'aws_ec2',
      account: '123456789012',
      regions: [faults.wrong === 'region' ? 'us-east-1' : 'eu-west-1'],
    }),
    [`inventory/group_vars/${group}.yml`]: JSON.stringify({
      image: repository,
      version: tag,
      container: { name: containerNameOfGroup, ports: ports.map((port) => `${port}:5000`) },
      health: { port: ports[0], path: '/health', passes: 3, interval: '1s', timeout: '20s' },
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
