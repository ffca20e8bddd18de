import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { execIn, mustExecIn } from './host/exec.js';
import { publish } from './image/publish.js';
import { versions } from './image/versions.js';
import { until } from './until.js';

/** Waits until a host's sshd answers. Resolves to its public host key, read in the container itself. */
export async function sshdReady(host: Docker.Container): Promise<string> {
  await until('sshd', async () => answers(host, 'sh', '-c', 'ss -ltn | grep -q :22'));
  const key = await mustExecIn(host, ['cat', '/etc/ssh/ssh_host_ed25519_key.pub']);
  return key.trim().split(' ').slice(0, 2).join(' ');
}

/** Waits until a host's Engine answers. */
export async function engineReady(host: Docker.Container): Promise<void> {
  await until('the Docker Engine of a host', async () => answers(host, 'docker', 'version')).catch(
    async (error: unknown) => {
      const { stdout } = await execIn(host, ['tail', '-n', '20', '/var/log/dockerd.log']);
      throw new Error(`a host's Docker Engine did not start: ${stdout}`, { cause: error });
    },
  );
}

const answers = async (host: Docker.Container, ...argv: string[]): Promise<true | undefined> =>
  (await execIn(host, argv)).code === 0 ? true : undefined;

/** Makes a fresh key, lets it in as `user` on every host, and puts it into the folder. Resolves to its file. */
export async function installKey(
  hosts: readonly Docker.Container[],
  user: string,
  folder: string,
): Promise<string> {
  const [first] = hosts;
  if (first === undefined) throw new Error('a fleet has hosts');
  await mustExecIn(first, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/root/fleet-key']);
  const [secret, authorized] = await Promise.all([
    mustExecIn(first, ['cat', '/root/fleet-key']),
    mustExecIn(first, ['cat', '/root/fleet-key.pub']),
  ]);
  const keyFile = join(folder, 'id_ed25519');
  writeFileSync(keyFile, secret, { mode: 0o600 });
  const home = `/home/${user}`;
  const script = `install -d -m 700 -o ${user} -g ${user} ${home}/.ssh
    echo '${authorized.trim()}' > ${home}/.ssh/authorized_keys
    chown ${user}: ${home}/.ssh/authorized_keys`;
  await Promise.all(hosts.map((host) => mustExecIn(host, ['sh', '-ec', script])));
  return keyFile;
}

/** Waits for the registry and publishes every version. */
export async function publishAll(registry: string, binary: Buffer): Promise<void> {
  await until('the registry', async () => (await fetch(`http://${registry}/v2/`)).ok || undefined);
  for (const { repository, tag, env } of versions) await publish(registry, repository, tag, binary, { env });
}

/** Fails when a host cannot reach the registry, rather than letting every pull time out. */
export async function reaches(host: Docker.Container, registry: string): Promise<void> {
  const [address, port] = registry.split(':');
  const probe = `exec 3<>/dev/tcp/${String(address)}/${String(port)}`;
  const { code, stderr } = await execIn(host, ['timeout', '10', 'bash', '-c', probe]);
  if (code !== 0) throw new Error(`a host cannot reach the registry at ${registry}: ${stderr}`);
}
