import { expect, it } from 'vitest';
import { environmentName, groupName, hostId } from '../../src/model/ids.js';
import type { GroupStatus, HostStatus } from '../../src/model/status-report.js';
import { renderReleaseGrid } from '../../src/report/release-grid-view.js';

const day = 86_400_000;
const host = (version: string, startedAt: number, drift: readonly string[] = []): HostStatus => ({
  host: hostId(`i-${startedAt}`),
  name: 'h',
  address: '10.0.0.1',
  containers: [{ name: 'api', version, running: true, restartCount: 0, startedAt }],
  registrations: [],
  drift,
});
const group = (name: string, ...hosts: readonly HostStatus[]): GroupStatus => ({
  group: groupName(name),
  hosts,
  mixed: false,
});

it('has a line for each group and a column for each environment; what needs a look comes first, and is told below', () => {
  const text = renderReleaseGrid({
    environments: [
      {
        environment: environmentName('staging'),
        at: 10 * day,
        groups: [group('api', host('v3', 10 * day - 7_200_000)), group('web', host('v9', day))],
      },
      {
        environment: environmentName('prod'),
        at: 10 * day,
        groups: [
          group('api', host('v2', 7 * day), host('v2', 6 * day)),
          group('jobs', host('v1', 10 * day - 120_000, ['not running'])),
        ],
      },
      {
        environment: environmentName('us'),
        groups: [],
        error: { code: 'aws.failed', message: 'AWS refused it.' },
      },
    ],
  });

  expect(text).toBe(
    `
GROUP  staging  prod        us
jobs   -        v1 2 min !  ?
api    v3 2 h   v2 4 d      ?
web    v9 9 d   -           ?
jobs in prod: 1 host differs from the configuration
us: AWS refused it.
`.trim(),
  );
});
