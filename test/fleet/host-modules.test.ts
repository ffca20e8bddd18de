import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { changedOn } from './changed-on.js';
import { expectExit } from './expect-exit.js';
import { offerPackages, servicePackage } from './host/package-repository.js';
import type { PlainHost } from './host/plain-host.js';
import { startOwnHosts, type OwnHosts } from './own-hosts.js';
import { PlainProject } from './plain-project.js';

const machines = inject('machines');

type Task = Readonly<Record<string, unknown>>;

/** What Debian's own programs make of the modules that look after a host. */
describe.skipIf(machines === undefined)('on a host of Debian', () => {
  let own: OwnHosts;
  let project: PlainProject;
  let host: PlainHost;

  beforeAll(async () => {
    if (machines === undefined) return;
    own = await startOwnHosts(machines, ['deb']);
    [host] = own.hosts as [PlainHost];
    await offerPackages(host, [{ name: 'shop-base', version: '1.0' }, servicePackage('shopd', '1.0')]);
    project = new PlainProject(own.machines);
    project.inventory(new Map([[host, { groups: ['web'] }]]), { rollout: { min_healthy: 0 } });
  });
  afterAll(async () => {
    project.remove();
    await own.stop();
  });

  /** Runs tasks as root, twice: the second time nothing may change. */
  async function twice(...tasks: readonly Task[]): Promise<void> {
    project.write('play.yml', [{ hosts: 'all', become: true, tasks }]);
    expectExit(await project.run('play.yml').ended, 0);
    const second = await project.run('play.yml').ended;
    expectExit(second, 0);
    expect(changedOn(second), second.stdout).toEqual({ deb: 0 });
  }

  async function once(...tasks: readonly Task[]): Promise<void> {
    project.write('play.yml', [{ hosts: 'all', become: true, tasks }]);
    expectExit(await project.run('play.yml').ended, 0);
  }

  const versionOf = (name: string): Promise<string> =>
    host.sh(`dpkg-query -W -f '\${db:Status-Abbrev}\${Version}' ${name} 2> /dev/null || true`);

  it('apt installs, upgrades and removes', async () => {
    await twice({ apt: { name: ['shop-base', 'shopd=1.*'], update_cache: true, cache_valid_time: '1h' } });
    expect([await versionOf('shop-base'), await versionOf('shopd')]).toEqual(['ii 1.0', 'ii 1.0']);

    await offerPackages(host, [{ name: 'shop-base', version: '1.1' }]);
    await twice({ apt: { name: 'shop-base', state: 'latest', update_cache: true, cache_valid_time: '0s' } });
    expect(await versionOf('shop-base')).toBe('ii 1.1');

    await twice({ package: { name: 'shop-base', state: 'absent' } });
    expect(await versionOf('shop-base')).not.toContain('ii');
  });

  // The containers have no systemd: these are the scripts of /etc/init.d.
  it('service starts, restarts, stops and disables', async () => {
    const pid = (): Promise<string> => host.sh('cat /run/shopd.pid');
    const enabled = (): Promise<string> => host.sh('ls /etc/rc2.d | grep -c S..shopd$ || true');
    await twice({ apt: { name: 'shopd' } }, { service: { name: 'shopd', state: 'started', enabled: true } });
    const before = await pid();
    expect(await enabled()).toBe('1\n');

    await once({ service: { name: 'shopd', state: 'restarted' } });
    expect(await pid()).not.toBe(before);

    await twice({ service: { name: 'shopd', state: 'stopped', enabled: false } });
    expect(await host.sh('pgrep -x shopd || echo none')).toBe('none\n');
    expect(await enabled()).toBe('0\n');
  });

  it('user and group make, change and remove', async () => {
    await twice(
      { group: { name: 'shop', gid: 4100 } },
      { user: { name: 'kim', uid: 4101, groups: ['shop'], shell: '/bin/bash', comment: 'Kim' } },
    );
    expect(await host.sh('getent passwd kim; id -nG kim; stat -c "%U %a" /home/kim')).toMatch(
      /^kim:x:4101:\d+:Kim:\/home\/kim:\/bin\/bash\nkim shop\nkim 7\d\d\n$/,
    );
    await twice({ user: { name: 'kim', shell: '/bin/sh', groups: [], append: false } });
    expect(await host.sh('id -nG kim; getent passwd kim | cut -d: -f7')).toBe('kim\n/bin/sh\n');
    await twice(
      { user: { name: 'kim', state: 'absent', remove: true } },
      { group: { name: 'shop', state: 'absent' } },
    );
    expect(await host.sh('getent passwd kim || getent group shop || ls /home | grep kim || true')).toBe('');
  });

  it('reboot restarts it once, and waits until it is back', async () => {
    await host.sh(`printf '#!/bin/sh\\necho asked >> /var/reboots\\nkill -TERM 1\\n' > /usr/local/sbin/shutdown
      chmod 755 /usr/local/sbin/shutdown; touch /run/before`);
    await once(
      { reboot: { reboot_timeout: '60s', test_command: 'ps aux | grep -q "[s]shd"' } },
      { command: 'touch /run/after' },
    );
    expect(await host.sh('cat /var/reboots; ls /run | grep -E "before|after"')).toBe('asked\nafter\n');
  });

  // Last: the init program of the container belongs to the package that is taken away.
  it('bootstrap puts Docker on it', async () => {
    await host.sh('dpkg --purge --force-depends docker.io');
    await offerPackages(host, [{ ...servicePackage('docker', '99'), name: 'docker.io' }]);
    const first = await project.run('bootstrap').ended;
    expectExit(first, 0);
    expect(await versionOf('docker.io')).toBe('ii 99');
    expect(await host.sh('/etc/init.d/docker status && ls /etc/rc2.d | grep -c S..docker$')).toBe('1\n');

    const second = await project.run('bootstrap').ended;
    expectExit(second, 0);
    expect(changedOn(second)).toEqual({ deb: 0 });
  });
});
