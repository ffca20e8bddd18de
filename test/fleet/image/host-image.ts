import { execa } from 'execa';
import type Docker from 'dockerode';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, recipeKey } from '../engine/cache.js';
import { unlessGone, type Engine } from '../engine/engine.js';
import { oneAtATime } from '../engine/one-at-a-time.js';

/** What an image is made of: Debian's packages, and what is done in its folder afterwards. */
interface Recipe {
  readonly packages: readonly string[];
  readonly hooks: readonly string[];
}

const packages = [
  ...['openssh-server', 'sudo', 'docker.io', 'iptables', 'iproute2', 'procps'],
  // The registry of the fleet runs in the same image.
  'docker-registry',
  // What plain playbooks operate: a scheduler, a balancer, a web server, a data store.
  ...['cron', 'haproxy', 'nginx', 'redis-server'],
];

const hooks = [
  // Debian's package makes host keys when it is installed: hosts of one image would all have the same.
  'rm -f "$1"/etc/ssh/ssh_host_*',
  'chroot "$1" useradd --create-home --shell /bin/sh --groups docker deploy',
  'echo "deploy ALL=(ALL) NOPASSWD: ALL" > "$1"/etc/sudoers.d/deploy',
];

const suite = 'bookworm';

/** The image of the fleet's hosts and of its registry. */
export const hostImage = async ({ docker }: Engine): Promise<string> => imageOf({ packages, hooks }, docker);

/** The image of a host that systemd runs, without a Docker Engine. */
export const systemdImage = async (docker: Docker): Promise<string> =>
  imageOf(
    {
      packages: ['openssh-server', 'sudo', 'procps', 'iproute2', 'systemd', 'systemd-sysv', 'dbus'],
      hooks: hooks.map((hook) => hook.replace('--groups docker ', '')),
    },
    docker,
  );

/**
 * Made from Debian's packages without an image registry. It is kept in the Engine under the name of its recipe, so it is made once.
 */
async function imageOf(recipe: Recipe, docker: Docker): Promise<string> {
  const key = recipeKey(suite, ...recipe.packages, ...recipe.hooks);
  const name = `adfpush-fleet-host:${key}`;
  await oneAtATime(cacheFolder(), `image-${key}`, async () => {
    if (!(await exists(docker, name))) await makeImage(recipe, name, docker);
  });
  return name;
}

async function makeImage({ packages, hooks }: Recipe, name: string, docker: Docker): Promise<void> {
  const tar = join(cacheFolder(), `host-${process.pid}.tar`);
  try {
    await execa(
      'mmdebstrap',
      [
        ...['--variant=minbase', `--include=${packages.join(',')}`],
        ...['doc', 'man', 'locale', 'info'].map((kind) => `--dpkgopt=path-exclude=/usr/share/${kind}/*`),
        ...hooks.map((hook) => `--customize-hook=${hook}`),
        ...[suite, tar, ...(await debianMirrors())],
      ],
      { stdin: 'ignore' },
    );
    const [repo, tag] = name.split(':');
    const progress = await docker.importImage(tar, { repo, tag });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  } finally {
    rmSync(tar, { force: true });
  }
}

const exists = async (docker: Docker, name: string): Promise<boolean> =>
  (await docker.getImage(name).inspect().catch(unlessGone)) !== undefined;

/** The mirrors this machine itself installs from when it runs the same Debian; else mmdebstrap's own. */
async function debianMirrors(): Promise<readonly string[]> {
  if (!/^VERSION_CODENAME=bookworm$/m.test(readFileSync('/etc/os-release', 'utf8'))) return [];
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)';
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const lines = stdout.split('\n').flatMap((line) => {
    const [uri, release, component, origin] = line.split(' ');
    return uri !== undefined &&
      release?.startsWith(suite) === true &&
      component === 'main' &&
      origin === 'Debian'
      ? [`deb ${uri} ${release} main`]
      : [];
  });
  return [...new Set(lines)];
}
