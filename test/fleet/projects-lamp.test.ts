import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isDeep } from '../deep.js';
import { changedOn } from './changed-on.js';
import { expectExit } from './expect-exit.js';
import { offerPackages, servicePackage } from './host/package-repository.js';
import type { PlainHost } from './host/plain-host.js';
import { startOwnHosts, type OwnHosts } from './own-hosts.js';
import { PlainProject } from './plain-project.js';

const machines = inject('machines');
const files = fileURLToPath(new URL('../projects/lamp', import.meta.url));

/** A stack of roles with dependencies, defaults, handlers and templates, for a data store and a web server. */
describe.skipIf(machines === undefined || !isDeep())('a stack made of roles', () => {
  let own: OwnHosts;
  let project: PlainProject;
  let db: PlainHost;
  let web: PlainHost;

  beforeAll(async () => {
    if (machines === undefined) return;
    own = await startOwnHosts(machines, ['db', 'web']);
    [db, web] = own.hosts as [PlainHost, PlainHost];
    await Promise.all(own.hosts.map((host) => offerPackages(host, [servicePackage('shop-worker', '1.0')])));
    // A dry run takes the package lists as they are.
    await web.sh('apt-get update');
    await db.sh('useradd --create-home eve');
    project = new PlainProject(own.machines, files);
    project.inventory(
      new Map([
        [db, { groups: ['dbservers'] }],
        [web, { groups: ['webservers'] }],
      ]),
    );
  });
  afterAll(async () => {
    project.remove();
    await own.stop();
  });

  const page = async (): Promise<string> => (await fetch(`http://${web.address}:8080/`)).text();
  const pidOf = (host: PlainHost, pidFile: string): Promise<string> => host.sh(`cat ${pidFile}`);

  it('is told by a dry run with its differences, which changes nothing', async () => {
    const before = await Promise.all(
      own.hosts.map((host) => host.sh('cat /etc/passwd /etc/ssh/sshd_config')),
    );
    const ran = await project.run('site', '--check', '--diff').ended;
    expectExit(ran, 0);
    expect(
      await Promise.all(own.hosts.map((host) => host.sh('cat /etc/passwd /etc/ssh/sshd_config'))),
    ).toEqual(before);
    expect(await web.sh('ls /srv/shop 2> /dev/null || echo none')).toBe('none\n');
  });

  it('comes up on bare hosts', async () => {
    expectExit(await project.run('site').ended, 0);

    expect(await page()).toBe('<title>The shop</title>\n<p>web of 1, data in db</p>\n');
    expect(await db.sh('redis-cli -p 6380 get schema')).toBe('1\n');
    expect(await web.sh('cat /run/shop-worker.db')).toBe(`${db.address}:6380\n`);
    for (const host of own.hosts) {
      expect(await host.sh('id -nG ann; getent passwd bob | cut -d: -f3,7')).toBe(
        'ann admins\n3002:/bin/sh\n',
      );
      expect(await host.sh('getent passwd eve || echo none; ls /home')).toMatch(/^none\nann\nbob\ndeploy\n$/);
      expect(await host.sh('grep ^PermitRootLogin /etc/ssh/sshd_config')).toBe('PermitRootLogin no\n');
      expect(await host.sh('stat -c "%a %U" /etc/sudoers.d/admins')).toBe('440 root\n');
    }
    expect(await web.sh('stat -c "%U %a" /srv/shop/index.html; cat /etc/motd')).toBe(
      'shop 644\nweb (webservers), debian 12\nAsk ann, bob.\n',
    );
  });

  it('changes nothing in a second run, and restarts nothing', async () => {
    const before = await Promise.all([
      pidOf(web, '/run/nginx.pid'),
      pidOf(web, '/run/shop-worker.pid'),
      pidOf(db, '/run/redis/redis-server.pid'),
    ]);
    const ran = await project.run('site').ended;
    expectExit(ran, 0);
    expect(changedOn(ran)).toEqual({ db: 0, web: 0 });
    expect([
      await pidOf(web, '/run/nginx.pid'),
      await pidOf(web, '/run/shop-worker.pid'),
      await pidOf(db, '/run/redis/redis-server.pid'),
    ]).toEqual(before);
  });

  it('restarts only what a changed variable is about', async () => {
    const worker = await pidOf(web, '/run/shop-worker.pid');
    const store = await pidOf(db, '/run/redis/redis-server.pid');
    project.write('inventory/group_vars/dbservers.yml', { db_max_memory: '48mb' });
    project.write('inventory/group_vars/webservers.yml', { http_port: 8080, site_title: 'The new shop' });

    const onlyWeb = await project.run('site', '--tags', 'web').ended;
    expectExit(onlyWeb, 0);
    expect(await page()).toContain('The new shop');
    expect(await pidOf(db, '/run/redis/redis-server.pid')).toBe(store);

    expectExit(await project.run('site').ended, 0);
    expect(await db.sh('redis-cli -p 6380 config get maxmemory')).toContain(String(48 * 1024 * 1024));
    expect(await pidOf(db, '/run/redis/redis-server.pid')).not.toBe(store);
    expect(await pidOf(web, '/run/shop-worker.pid')).toBe(worker);
  });

  it('upgrades the package of the worker on request', async () => {
    await offerPackages(web, [servicePackage('shop-worker', '2.0')]);
    project.write('upgrade.yml', [
      {
        hosts: 'webservers',
        become: true,
        tasks: [{ apt: { name: 'shop-worker', state: 'latest', update_cache: true } }],
      },
    ]);
    expectExit(await project.run('upgrade.yml').ended, 0);
    expect(await web.sh("dpkg-query -W -f '${Version}' shop-worker")).toBe('2.0');
    expect(await web.sh('/etc/init.d/shop-worker status && echo running')).toBe('running\n');
  });
});
