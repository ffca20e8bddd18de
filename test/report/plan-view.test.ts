import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { region } from '../../src/model/ids.js';
import { renderPlan } from '../../src/report/plan-view.js';
import { digestOf, planFor } from './recorded-run.js';

describe('the plan', () => {
  it('shows each of four hosts with its way to go, what guards the roll, and how long it takes at least', () => {
    expect(renderPlan(planFor(4))).toBe(
      `
Plan: api in lab to v2 bbbbbbbbbbbb
  image  registry:5000/api@${digestOf('b')}
  hosts  4: 4 to roll
  engine Docker 27.5.1 (API 1.47) at unix:///var/run/docker.sock

Batch 1 of 3: 1 host
  HOST   ZONE        FROM             TO               WHY
  api-1  eu-west-1a  v1 aaaaaaaaaaaa  v2 bbbbbbbbbbbb  digest

Batch 2 of 3: 1 host
  HOST   ZONE        FROM             TO               WHY
  api-2  eu-west-1b  v1 aaaaaaaaaaaa  v2 bbbbbbbbbbbb  digest

Batch 3 of 3: 2 hosts
  HOST   ZONE        FROM             TO               WHY
  api-3  eu-west-1c  v1 aaaaaaaaaaaa  v2 bbbbbbbbbbbb  digest
  api-4  eu-west-1a  v1 aaaaaaaaaaaa  v2 bbbbbbbbbbbb  digest

  TARGET GROUP  HEALTHY  NEVER BELOW  DEREGISTRATION DELAY
  api-http      4 of 4   2            5 m

serial 1, 25%, 100%; min_healthy 50%; bake 30 s; on failure rollback
Takes at least 16 m 30 s, for drains and bakes alone.`.trim(),
    );
  });

  it('names each Engine with its hosts where they are not all the same', () => {
    const plan = planFor(4);
    const old = { version: '20.10.24', apiVersion: '1.41', address: 'unix:///run/user/1000/docker.sock' };
    const hosts = plan.hosts.map((host, index) =>
      index === 1 || index === 2 ? { ...host, engine: old } : host,
    );

    const lines = renderPlan({ ...plan, hosts }).split('\n');

    expect(lines.filter((line) => line.includes('Docker'))).toEqual([
      '  engine Docker 27.5.1 (API 1.47) at unix:///var/run/docker.sock: api-1, api-4',
      '  engine Docker 20.10.24 (API 1.41) at unix:///run/user/1000/docker.sock: api-2, api-3',
    ]);
  });

  it('says which Auto Scaling groups are kept from replacing hosts', () => {
    const ireland = region('eu-west-1');
    const scaling = [
      { name: 'api-asg', region: ireland, suspends: ['HealthCheck', 'ReplaceUnhealthy'] },
      { name: 'old-asg', region: ireland, suspends: [] },
    ];
    const lines = renderPlan({ ...planFor(2), scaling }).split('\n');
    expect(lines.filter((line) => /asg|AUTO SCALING/.test(line))).toEqual([
      '  AUTO SCALING GROUP  SUSPENDED FOR THE RUN',
      '  api-asg             HealthCheck, ReplaceUnhealthy',
      '  old-asg             nothing: it is already',
    ]);
  });

  it('says which values came from variables, and which of these a flag was set against', () => {
    const variables = [
      { variable: 'ADFPUSH_ENV', flag: '--env', value: 'lab', used: true },
      { variable: 'ADFPUSH_EXTRA_VARS', flag: '--extra-vars', used: true },
      { variable: 'ADFPUSH_LIMIT', flag: '--limit', value: 'api-1', used: false },
    ];
    expect(
      renderPlan({ ...planFor(2), variables })
        .split('\n')
        .slice(-2),
    ).toEqual([
      'Set by variables: --env lab (ADFPUSH_ENV), --extra-vars (ADFPUSH_EXTRA_VARS)',
      'Not used, since the flag is given: --limit api-1 (ADFPUSH_LIMIT)',
    ]);
  });

  it('fits 400 hosts on one screen, and still counts every one of them', () => {
    const plan = planFor(400);
    const hosts = plan.hosts.map((host) => ({ ...host, zone: 'eu-west-1a' }));

    const text = renderPlan({ ...plan, hosts });

    expect(text.split('\n').length).toBeLessThan(24);
    expect(text).toContain('api-[102:400] (299)');
  });

  it('shows a host that differs in a line of its own among the folded', () => {
    const plan = planFor(100);
    const hosts = plan.hosts.map((host) => ({
      ...host,
      zone: 'eu-west-1a',
      ...(host.name === 'api-50' ? { reasons: ['environment variables'] } : {}),
    }));

    const text = renderPlan({ ...plan, hosts });

    expect(text).toMatch(/^ {2}api-50 +eu-west-1a .* environment variables$/m);
    expect(text).toContain('api-[27:49], api-[51:100] (73)');
  });

  it('names the hosts that it leaves alone, those that were not healthy, and those without a container', () => {
    const plan = planFor(3);
    const [one, two, three] = plan.hosts;
    const hosts = [
      { ...one!, from: { containers: [], registrations: [] }, reasons: ['no container'] },
      {
        ...two!,
        from: {
          containers: [{ name: 'api', version: 'v1', digest: digestOf('a'), running: false }],
          registrations: two!.from.registrations,
        },
        reasons: ['not running', 'unhealthy in api-http:5060'],
      },
      { ...three!, action: 'converged' as const },
    ];
    const batches = [[one!.host], [two!.host]];

    const text = renderPlan({
      ...plan,
      hosts,
      batches,
      warnings: ['min_healthy is 0: downtime is accepted.'],
    });

    expect(text).toContain('hosts  3: 2 to roll, 1 converged');
    expect(text).toMatch(/api-1 .*\(none\) .* no container/);
    expect(text).toMatch(/api-2 .*v1 aaaaaaaaaaaa \(stopped\) .* not running, unhealthy in api-http:5060/);
    expect(text).toContain('Converged, left as they are (1): api-3');
    expect(text).toContain('Warning: min_healthy is 0: downtime is accepted.');
  });

  it('tells two hosts of one name apart by their ids', () => {
    const plan = planFor(2);
    const hosts = plan.hosts.map((host) => ({ ...host, name: 'api' }));

    const text = renderPlan({ ...plan, hosts });

    for (const { host } of hosts) expect(text).toContain(`api (${host})`);
  });

  it('says so when there is nothing to roll', () => {
    const plan = planFor(2);
    const hosts = plan.hosts.map((host) => ({ ...host, action: 'converged' as const }));
    expect(renderPlan({ ...plan, hosts, batches: [] })).toContain('Nothing to roll.');
  });

  it.each([80, 120, 200])('keeps its tables within %i columns', (width) => {
    const tables = renderPlan(planFor(400), { width })
      .split('\n')
      .filter((line) => line.startsWith('  ') && !line.startsWith('  image'));
    for (const line of tables) expect(stringWidth(line)).toBeLessThanOrEqual(width);
  });
});
