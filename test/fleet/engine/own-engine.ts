import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.js';
import { alive } from './alive.js';
import { cacheFolder, recipeKey } from './cache.js';
import { answers, dockerAt, type Engine, type NoEngine } from './engine.js';
import { oneAtATime } from './one-at-a-time.js';

/**
 * A Docker Engine of the tests' own: it has its own data, socket and addresses, and touches neither the
 * machine's firewall nor its default bridge, so that another Engine on the machine is left alone. Its data is
 * kept in the cache, for the images in it. Runs at the same time share it; the last one stops it.
 */
export async function ownEngine(): Promise<Engine | NoEngine> {
  const binary = ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].find(existsSync);
  if (binary === undefined) return { reason: 'no Docker Engine answers, and docker.io is not installed' };
  const data = cacheFolder('engine');
  // Sockets have short paths, and /run is gone after a restart of the machine as they are.
  const run = `/run/adfpush-${recipeKey(data)}`;
  mkdirSync(join(run, 'users'), { recursive: true });
  const address = `unix://${run}/docker.sock`;
  const docker = dockerAt(address);
  const pidFile = join(run, 'pid');
  const log = join(run, 'log');

  writeFileSync(join(run, 'users', String(process.pid)), '');
  const trouble = await oneAtATime(join(data, '..'), 'start-engine', async () => {
    if (await answers(docker)) return undefined;
    // A run that was killed can leave a pid that another process has by now, which dockerd takes for its containerd and waits for; and half a
    // network, by which dockerd 20.10 panics at every start. Only images are kept.
    rmSync(pidFile, { force: true });
    removeWithMounts(join(run, 'exec'));
    rmSync(join(data, 'network'), { recursive: true, force: true });
    const output = openSync(log, 'w');
    const dockerd = spawn(
      binary,
      [
        ...['--data-root', data, '--exec-root', join(run, 'exec'), '--pidfile', pidFile, '--host', address],
        ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-masq=false'],
        ...['--default-address-pool', 'base=10.86.0.0/16,size=24'],
      ],
      { detached: true, stdio: ['ignore', output, output], env: { ...process.env, PATH: systemPath() } },
    );
    dockerd.unref();
    const started = await until('the Docker Engine to answer', async () =>
      dockerd.exitCode !== null ? 'ended' : (await answers(docker)) ? 'answers' : undefined,
    ).catch(() => 'silent');
    if (started !== 'answers') {
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
      return `dockerd was started and does not answer; it says:\n${lines}`;
    }
    return undefined;
  });
  if (trouble !== undefined) return { reason: trouble };

  return {
    address,
    docker,
    own: true,
    stop: async () => {
      rmSync(join(run, 'users', String(process.pid)), { force: true });
      if (readdirSync(join(run, 'users')).some((user) => alive(Number(user)))) return;
      const pid = Number(readFileSync(pidFile, 'utf8'));
      process.kill(pid, 'SIGTERM');
      await until('the Docker Engine to end', async () => (alive(pid) ? undefined : true));
      removeWithMounts(run);
    },
  };
}

/**
 * Removes a folder in which an Engine that has ended may have left mounts: of its containers' network namespaces, of their shared
 * memory. A mount that is busy is taken off the tree at once, and goes when its last user does.
 */
function removeWithMounts(folder: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  // The innermost first.
  for (const path of mounts.reverse()) spawnSync('umount', ['--lazy', path], { stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** dockerd looks for containerd and iptables where not every user's PATH points. */
const systemPath = (): string => `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
