import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { changedOn } from './changed-on.js';
import { expectExit } from './expect-exit.js';
import type { PlainHost } from './host/plain-host.js';
import { Load } from './load.js';
import { startOwnHosts, type OwnHosts } from './own-hosts.js';
import { PlainProject, type Entry } from './plain-project.js';

const machines = inject('machines');
const files = fileURLToPath(new URL('../projects/rolling-update', import.meta.url));

/** A web tier behind HAProxy, in the shape of the best-known playbooks of Ansible: roles, `serial`, and the balancer by `delegate_to`. */
describe.skipIf(machines === undefined)('a rolling update behind a balancer of its own', () => {
  let own: OwnHosts;
  let project: PlainProject;
  let balancer: PlainHost;
  let webs: readonly [PlainHost, PlainHost];

  beforeAll(async () => {
    if (machines === undefined) return;
    own = await startOwnHosts(machines, ['balancer', 'data', 'web-1', 'web-2']);
    const [first, data, web1, web2] = own.hosts as [PlainHost, PlainHost, PlainHost, PlainHost];
    balancer = first;
    webs = [web1, web2];
    project = new PlainProject(own.machines, files);
    project.inventory(
      new Map<PlainHost, Entry>([
        [balancer, { groups: ['lbservers'] }],
        [data, { groups: ['dbservers'] }],
        ...webs.map((host) => [host, { groups: ['webservers'] }] as const),
      ]),
    );
  });
  afterAll(async () => {
    project.remove();
    await own.stop();
  });

  const siteOn = (host: PlainHost): Promise<string> => host.sh('cat /srv/site/index.html');
  const stateOf = (host: PlainHost): Promise<string> => balancer.sh(`balancer state ${host.name}`);
  const load = (): Load => new Load(`http://${balancer.address}:8000/`, 4);
  const update = (version: string) => project.run('rolling_update', '-e', `site_version=${version}`).ended;

  it('begins with bare hosts, and a second run changes nothing', async () => {
    const first = await project.run('site').ended;
    expectExit(first, 0);
    expect(await (await fetch(`http://${balancer.address}:8000/`)).text()).toBe('v1\n');
    expect(await balancer.sh('cat /etc/motd')).toBe('balancer: lbservers\n');

    const second = await project.run('site').ended;
    expectExit(second, 0);
    expect(changedOn(second)).toEqual({ balancer: 0, data: 0, 'web-1': 0, 'web-2': 0 });
  });

  it('updates one web server after the other, and loses no request', async () => {
    const clients = load();
    const ran = await update('v2');
    const { failures, byVersion } = await clients.stop();

    expectExit(ran, 0);
    expect(failures).toEqual([]);
    expect(Object.keys(byVersion).sort()).toEqual(['v1', 'v2']);
    for (const web of webs) {
      expect(await siteOn(web)).toBe('v2\n');
      expect(await stateOf(web)).toMatch(/UP/);
    }
  });

  it('stops at the host that fails, which stays out of the balancer, and goes on from there', async () => {
    const [first, second] = webs;
    await first.sh('echo nonsense > /etc/nginx/conf.d/zz.conf');
    const clients = load();
    const ran = await update('v3');

    expectExit(ran, 4);
    expect(await stateOf(first)).toMatch(/MAINT/);
    expect(await stateOf(second)).toMatch(/UP/);
    expect(await siteOn(second)).toBe('v2\n');

    await first.sh('rm /etc/nginx/conf.d/zz.conf');
    expectExit(await update('v3'), 0);
    expect((await clients.stop()).failures).toEqual([]);
    for (const web of webs) {
      expect(await siteOn(web)).toBe('v3\n');
      expect(await stateOf(web)).toMatch(/UP/);
    }
  });
});
