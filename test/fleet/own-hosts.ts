import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { ownerLabel } from './containers.js';
import { missingCapabilities } from './engine/capabilities.js';
import { dockerAt } from './engine/engine.js';
import { PlainHost } from './host/plain-host.js';
import type { Machines } from './machines.js';
import { installKey, sshdReady } from './prepare.js';

/** What the machines are like: an image, how they begin, and what they may do. */
interface MachineKind {
  readonly image: string;
  readonly argv: readonly string[];
  readonly mayDo: Docker.HostConfig;
}

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

/** systemd needs the cgroups to write to, which a container that is not privileged gets read-only. */
const systemdEntry = `
  for mount in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts); do
    mount -o remount,rw,bind "$mount"
  done
  [ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
  # By this systemd knows that it has no hardware.
  export container=docker
  exec /sbin/init`;

/** A machine that systemd runs, as the first of its processes. */
export const withSystemd = (image: string): MachineKind => {
  const missing = missingCapabilities();
  return {
    image,
    argv: ['sh', '-ec', systemdEntry],
    mayDo: {
      Tmpfs: { '/run': 'exec', '/run/lock': '', '/tmp': 'exec' },
      ...(missing.length === 0
        ? { Privileged: true }
        : {
            CapAdd: ['ALL'],
            CapDrop: [...missing],
            SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
          }),
    },
  };
};

/** As root of a machine has it: scripts of /etc/init.d look at what processes of other users run. */
const plain = (image: string): MachineKind => ({
  image,
  argv: ['docker-init', '--', 'sh', '-c', entry],
  mayDo: { CapAdd: ['SYS_PTRACE'] },
});

/** Hosts of Debian that one test file has for itself and may change as it likes. */
export interface OwnHosts {
  readonly hosts: readonly PlainHost[];
  /** As the fleet's, with the keys of these hosts. */
  readonly machines: Machines;
  /** Removes the hosts. */
  stop(): Promise<void>;
}

/** Starts a host for each name in the network of the fleet's hosts, and from their image where it is to be no other. */
export async function startOwnHosts(
  machines: Machines,
  names: readonly string[],
  kind?: MachineKind,
): Promise<OwnHosts> {
  const docker = dockerAt(machines.engine);
  const [like] = machines.plain;
  if (like === undefined) throw new Error('the fleet has no plain host');
  const { Image, NetworkSettings } = await docker.getContainer(like.container).inspect();
  const [network = ''] = Object.keys(NetworkSettings.Networks);
  const { image, argv, mayDo } = kind ?? plain(Image);
  const folder = mkdtempSync(join(tmpdir(), 'adfpush-own-hosts-'));
  const started: Docker.Container[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((container) => container.remove({ force: true, v: true })));
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    for (const name of names) {
      const container = await docker.createContainer({
        Image: image,
        Hostname: name,
        Cmd: [...argv],
        Labels: { [ownerLabel]: String(process.pid) },
        HostConfig: { NetworkMode: network, RestartPolicy: { Name: 'always' }, ...mayDo },
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
