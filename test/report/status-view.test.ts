import { describe, expect, it } from 'vitest';
import { environmentName, groupName, hostId, runId, targetGroupArn } from '../../src/model/ids.js';
import type { GroupStatus, HostStatus, StatusReport } from '../../src/model/status-report.js';
import { renderStatus, renderStatusBrief } from '../../src/report/status-view.js';
import { digestOf } from './recorded-run.js';

const host = (n: number, changes: Partial<HostStatus> = {}): HostStatus => ({
  host: hostId(`i-${n}`),
  name: `api-${n}`,
  address: `10.0.0.${n}`,
  zone: 'eu-west-1a',
  containers: [
    { name: 'api', version: 'v2', digest: digestOf('b'), running: true, health: 'healthy', restartCount: 0 },
  ],
  registrations: [
    {
      registration: {
        targetGroup: targetGroupArn('arn:x:targetgroup/api-http/73e2'),
        id: `i-${n}`,
        port: 5060,
      },
      state: 'healthy',
    },
  ],
  drift: [],
  ...changes,
});

const report = (hosts: readonly HostStatus[], mixed = false): StatusReport => ({
  environment: environmentName('lab'),
  at: 0,
  groups: [{ group: groupName('api'), hosts, mixed }],
});

describe('the status', () => {
  it('shows what each host runs, its health, where it is in service, and what differs', () => {
    const text = renderStatus(
      report(
        [
          host(1),
          host(2, {
            containers: [
              { name: 'api', version: 'v1', digest: digestOf('a'), running: false, restartCount: 3 },
            ],
            drift: ['digest', 'not running'],
          }),
          host(3, {
            error: { code: 'ssh.unreachable', message: 'No route to host.' },
            containers: [],
            registrations: [],
          }),
        ],
        true,
      ),
    );

    expect(text).toBe(
      `
api in lab: 3 hosts
  HOST   ZONE        RUNS             HEALTH   TARGET GROUPS  DRIFT
  api-1  eu-west-1a  v2 bbbbbbbbbbbb  healthy  api-http:5060  -
  api-2  eu-west-1a  v1 aaaaaaaaaaaa  stopped  api-http:5060  digest, not running
  api-3  eu-west-1a  unknown          -        -              No route to host.
  1 host could not be read; the group is mixed: not all hosts run the same release; 1 host differs from the configuration.`.trim(),
    );
  });

  it('says so when all is well, and folds many hosts', () => {
    const text = renderStatus(report(Array.from({ length: 400 }, (_, index) => host(index + 1))));
    expect(text.split('\n')).toHaveLength(4);
    expect(text).toContain('api-[1:400] (400)');
    expect(text).toContain('All hosts are as configured.');
  });
});

describe('the brief status', () => {
  it('has a line for each group, with its zones, and what needs a look first', () => {
    const one = (
      group: string,
      hosts: readonly HostStatus[],
      more: Partial<GroupStatus> = {},
    ): GroupStatus => ({
      group: groupName(group),
      hosts,
      mixed: false,
      ...more,
    });
    const drained = { host: hostId('i-4'), name: 'api-4', run: runId('r'), who: 'ann', since: 0 };
    const text = renderStatusBrief({
      environment: environmentName('prod'),
      at: 0,
      groups: [
        one('api', [host(1), host(2, { zone: 'eu-west-1b' })]),
        one('web', [host(3), host(4, { drained, drift: ['drained by ann'] })]),
        one('jobs', [host(5)], { maintenance: { since: 0, who: 'ann' } }),
      ],
    });

    expect(text).toBe(
      `
prod: 3 groups
  GROUP  RUNS  eu-west-1a  eu-west-1b  NOTES
  web    v2    1/2         -           1 host differs from the configuration; 1 drained
  jobs   v2    1/1         -           in maintenance since 1970-01-01 00:00 UTC, by ann
  api    v2    1/1         1/1         -
`.trim(),
    );
  });
});
