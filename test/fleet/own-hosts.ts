import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { ownerLabel } from './containers.js';
import { dockerAt } from './engine/engine.js';
import { PlainHost } from './host/plain-host.js';
import type { Machines } from './machines.js';
import { installKey, sshdReady } from './prepare.js';

/** Runs OpenSSH's sshd. SIGTERM, which init passes on, ends the machine; the Engine then starts it again, as a restart does. */
const entry = `
  # The image is that of hosts with an Engine. One that is installed and does not answer is waited for.
  rm -f /usr/bin/docker /usr/bin/dockerd /usr/sbin/dockerd
  rm -rf /run/* /tmp/*
  mkdir -p /run/sshd
  [ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
  /usr/sbin/sshd
  trap 'exit 0' TERM
  while :; do sleep infinity & wait $! || true; done`;

/** Hosts of Debian that one test file has for itself and may change as it likes. */
export interface OwnHosts {
  readonly hosts: readonly PlainHost[];
  /** As the fleet's, with the keys of these hosts. */
  readonly machines: Machines;
  /** Removes the hosts. */
  stop(): Promise<void>;
}

/** Starts a host for each name, from the image and in the network of the fleet's hosts. */
export async function startOwnHosts(machines: Machines, names: readonly string[]): Promise<OwnHosts> {
  const docker = dockerAt(machines.engine);
  const [like] = machines.plain;
  if (like === undefined) throw new Error('the fleet has no plain host');
  const { Image, NetworkSettings } = await docker.getContainer(like.container).inspect();
  const [network = ''] = Object.keys(NetworkSettings.Networks);
  const folder = mkdtempSync(join(tmpdir(), 'adfpush-own-hosts-'));
  const started: Docker.Container[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((container) => container.remove({ force: true, v: true })));
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    for (const name of names) {
      const container = await docker.createContainer({
        Image,
        Hostname: name,
        Cmd: ['docker-init', '--', 'sh', '-c', entry],
        Labels: { [ownerLabel]: String(process.pid) },
        HostConfig: {
          NetworkMode: network,
          RestartPolicy: { Name: 'always' },
          // As root of a machine has it: scripts of /etc/init.d look at what processes of other users run.
          CapAdd: ['SYS_PTRACE'],
        },
      });
      started.push(container);
      await container.start();
    }
    const keys = await Promise.all(started.map(sshdReady));
    const inspected = await Promise.all(started.map((container) => container.inspect()));
    const addresses = inspected.map((one) => one.NetworkSettings.Networks[network]?.IPAddress ?? '');
    const knownHostsFile = join(folder, 'known_hosts');
    writeFileSync(knownHostsFile, addresses.map((address, n) => `${address} ${keys[n] ?? ''}\n`).join(''));
    const keyFile = await installKey(started, machines.user, folder);
    const hosts = started.map((container, n) => new PlainHost(names[n] ?? '', addresses[n] ?? '', container));
    return { hosts, machines: { ...machines, keyFile, knownHostsFile }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
