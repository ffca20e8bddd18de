import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorsOf } from '../../errors/adf-error.js';
import { labNoSubnet } from '../../errors/lab.js';
import { closed, listen, loopback, type Address } from '../listen.js';
import { LabHost } from './host.js';
import { generateKey, knownHostsLine } from './keys.js';
import { SshServer } from './ssh-server.js';

/** How the hosts of a lab sit on the loopback interface. */
interface Subnet {
  /**
   * False where the operating system does not allow listening on other addresses than 127.0.0.1 (macOS): then addresses are
   * only names, and a bastion leads to what they stand for.
   */
  readonly real: boolean;
  /** Of the host with that number, from 1. */
  address(host: number): string;
  release(): Promise<void>;
}

/** Where the claim on a subnet is staked: no host has this number. */
const claimHost = 254;
const claimPort = 2_220;
const subnets = 250;

/**
 * Claims a subnet 127.47.x for one lab, so that labs beside each other have the same ports and never meet. The claim lasts as long
 * as something listens. Throws `lab.no_subnet`.
 */
async function claimSubnet(forceNames = false): Promise<Subnet> {
  const first = randomInt(subnets);
  for (let tried = 0; tried < subnets; tried += 1) {
    const prefix = `127.47.${((first + tried) % subnets) + 1}`;
    const claim = createServer();
    const outcome = forceNames ? 'forbidden' : await stake(claim, prefix);
    if (outcome === 'taken') continue;
    return {
      real: outcome === 'claimed',
      address: (host) => `${prefix}.${host}`,
      release: () => closed(claim),
    };
  }
  throw labNoSubnet(subnets);
}

async function stake(claim: Server, prefix: string): Promise<'claimed' | 'taken' | 'forbidden'> {
  try {
    await listen(claim, 'claim on a subnet', { address: `${prefix}.${claimHost}`, port: claimPort });
    return 'claimed';
  } catch (error) {
    return errorsOf(error)[0].code === 'lab.port_taken' ? 'taken' : 'forbidden';
  }
}

/** The port of every host's sshd, and of the bastion where there is one. */
export const sshPort = 2_222;

export interface HostName {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
}

/** The hosts of a lab, and what a client needs to reach them. */
export interface HostFleet {
  readonly hosts: readonly LabHost[];
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** As in `proxy_jump`; only where the hosts' addresses are names. */
  readonly bastion: string | undefined;
  stop(): Promise<void>;
}

/** Starts a host for each name. Its folder holds the keys and the hosts' own folders. Throws `lab.port_taken`, `lab.no_subnet`. */
export async function startHosts(
  names: readonly HostName[],
  directory: string,
  onlyNames = false,
  alsoAuthorized?: (id: string, user: string) => readonly string[],
): Promise<HostFleet> {
  const identityFile = join(directory, 'id_ed25519');
  const knownHostsFile = join(directory, 'known_hosts');
  const sockets = socketFolder(directory);
  const clientKey = generateKey('adfpush-lab');
  const hostKey = generateKey('adfpush-lab-host');
  const subnet = await claimSubnet(onlyNames);
  const hosts = names.map(({ id, name, zone }, index) => {
    const address = subnet.address(index + 1);
    const root = join(directory, 'hosts', name);
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root, { recursive: true });
    return new LabHost({
      id,
      name,
      zone,
      address,
      ssh: subnet.real ? { address, port: sshPort } : { address: loopback, port: 0 },
      ownAddress: subnet.real,
      root,
      socketPath: join(sockets, `${index}.sock`),
      hostKey,
      clientKey,
      ...(alsoAuthorized === undefined ? {} : { alsoAuthorized: (user) => alsoAuthorized(id, user) }),
    });
  });
  const bastion = new SshServer({
    name: 'the bastion',
    hostKey,
    clientKey,
    forwardTo: (target) => hosts.find(({ address }) => address === target.address)?.sshAddress ?? target,
  });
  const stop = async (): Promise<void> => {
    await Promise.all(hosts.map((host) => host.stop()));
    await bastion.stop();
    await subnet.release();
    rmSync(sockets, { recursive: true, force: true });
  };
  try {
    await Promise.all(hosts.map((host) => host.start()));
    const jump = subnet.real ? undefined : await bastion.listen({ address: loopback, port: 0 });
    writeFileSync(identityFile, clientKey.privateKey, { mode: 0o600 });
    const reached: readonly Address[] = [
      ...hosts.map(({ address }) => ({ address, port: sshPort })),
      ...(jump === undefined ? [] : [jump]),
    ];
    const known = reached.map(({ address, port }) => knownHostsLine(address, port, hostKey));
    writeFileSync(knownHostsFile, `${known.join('\n')}\n`);
    const bastionName = jump === undefined ? undefined : `lab@${jump.address}:${jump.port}`;
    return { hosts, identityFile, knownHostsFile, bastion: bastionName, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A socket's path may have about 100 characters (sockaddr_un): a lab in a deep folder has its sockets elsewhere. */
function socketFolder(directory: string): string {
  const folder = join(directory, 'sockets');
  if (join(folder, '999.sock').length > 90) return mkdtempSync(join(tmpdir(), 'adfpush-lab-'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
