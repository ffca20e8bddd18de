import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { isDeep } from '../deep.js';
import { onDebian, playsOf } from '../docs/module-examples.js';
import { expectExit } from './expect-exit.js';
import { offerPackages } from './host/package-repository.js';
import type { PlainHost } from './host/plain-host.js';
import { startOwnHosts } from './own-hosts.js';
import { PlainProject } from './plain-project.js';

const machines = inject('machines');

/** What the examples of modules take to be on a host. */
const before = `
  mkdir -p /etc/app /srv/app/bin /srv/www /opt/app /var/log/app /etc/default
  useradd --create-home bob
  echo 'listen 80' > /etc/app.conf
  echo 'PORT=1' > /etc/default/app
  echo 'ready in 12 ms' > /var/log/app/app.log
  echo 'done' > /var/log/app/migrate.log
  printf '#!/bin/sh\\necho "$@" >> /tmp/migrated\\n' > /srv/app/bin/migrate
  printf '#!/bin/sh\\necho "$@" >> /tmp/imported\\n' > /usr/local/bin/app
  chmod 755 /srv/app/bin/migrate /usr/local/bin/app
  mkdir /tmp/app-1.2; echo 1.2 > /tmp/app-1.2/VERSION
  tar -C /tmp -czf /opt/app-1.2.tar.gz app-1.2
  touch /opt/tool-3.1
  chown -R deploy /srv/app`;

/** Puts the files into a project that the examples name. */
async function addFiles(project: string): Promise<void> {
  for (const folder of ['files', 'templates', 'site', 'secrets']) mkdirSync(join(project, folder));
  writeFileSync(join(project, 'secrets/ann-password-hash'), `$6$salt$${'a'.repeat(86)}\n`);
  writeFileSync(join(project, 'files/sudoers'), 'app ALL=(ALL) NOPASSWD: /bin/true\n');
  writeFileSync(join(project, 'files/rotate-logs.sh'), '#!/bin/sh\necho "$@" > /tmp/rotated\n');
  writeFileSync(
    join(project, 'templates/nginx.conf.hbs'),
    'user www-data;\npid /run/nginx.pid;\nevents {}\nhttp { server { listen 8080; } }\n',
  );
  writeFileSync(join(project, 'site/index.html'), 'hello\n');
  writeFileSync(join(project, 'site/site.scss'), 'a {}\n');
  await execa('tar', ['-C', join(project, 'site'), '-czf', join(project, 'files/site.tar.gz'), '.']);
}

test.skipIf(machines === undefined || !isDeep())(
  'the examples of modules run on a host of Debian',
  async () => {
    if (machines === undefined) return;
    const own = await startOwnHosts(machines, ['deb']);
    const project = new PlainProject(own.machines);
    try {
      const [host] = own.hosts as [PlainHost];
      await offerPackages(host, [
        { name: 'curl', version: '8' },
        { name: 'jq', version: '1' },
      ]);
      await host.sh(before);
      await addFiles(project.folder);
      const settings = JSON.parse(project.read('adfpush.yml')) as object;
      project.write('adfpush.yml', { ...settings, secrets: [{ backend: 'file', directory: 'secrets' }] });
      project.inventory(new Map([[host, { groups: ['web'] }]]), { rollout: { min_healthy: 0 } });
      writeFileSync(join(project.folder, 'examples.yml'), onDebian.flatMap(playsOf).join('\n'));

      expectExit(await project.run('examples.yml').ended, 0);

      expect(await host.sh('cat /tmp/migrated /tmp/imported /tmp/rotated')).toBe(
        '--wait\n--import /etc/app.conf\n--keep 7\n',
      );
      expect(await host.sh('cat /opt/app/VERSION; ls /srv/www')).toBe('1.2\nindex.html\n');
      expect(await host.sh('grep -h listen /etc/app.conf; cat /etc/default/app')).toBe(
        'listen 0.0.0.0:8080\nPORT=8080\n',
      );
    } finally {
      project.remove();
      await own.stop();
    }
  },
);
