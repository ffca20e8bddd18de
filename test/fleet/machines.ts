import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Network, type StartedTestContainer } from 'testcontainers';
import { hostContainer, registryContainer, sweep } from './containers.js';
import { allowTraffic } from './engine/bridge.js';
import type { Engine } from './engine/engine.js';
import { appBinary } from './image/app-binary.js';
import { hostImage } from './image/host-image.js';
import { hostReady, installKey, publishAll, reaches } from './prepare.js';

/** The containers of the fleet as test files find them: plain data, handed over by the global setup. */
export interface Machines {
  /** The Engine that runs the hosts, as DOCKER_HOST spells it. */
  readonly engine: string;
  /** Reached from the hosts and from the control side alike: `10.86.0.2:5000`. */
  readonly registry: string;
  /** The registry's container in the outer Engine. */
  readonly registryContainer: string;
  readonly hosts: readonly Machine[];
  /** Who logs in: a member of the group `docker`, with sh as shell. */
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

interface Machine {
  /** Its container in the outer Engine. */
  readonly container: string;
  readonly address: string;
}

/** Starts the registry and `count` hosts, lets a fresh key in, and publishes every version. */
export async function startMachines(
  engine: Engine,
  count: number,
): Promise<{ readonly machines: Machines; readonly stop: () => Promise<void> }> {
  const [image, binary] = await Promise.all([hostImage(engine), appBinary()]);
  await sweep(engine.docker);
  process.env['DOCKER_HOST'] = engine.address;
  // The reaper is an image of its own, which an Engine without an image registry cannot have.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  // Else testcontainers asks the default bridge, which an Engine need not have; no port is published anyway.
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1';

  const folder = mkdtempSync(join(tmpdir(), 'adfpush-fleet-'));
  const network = await new Network().start();
  const disallow = await allowTraffic(engine, network.getId());
  const started: StartedTestContainer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((container) => container.stop({ timeout: 0 })));
    await network.stop();
    await disallow();
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    const start = async (container: ReturnType<typeof hostContainer>): Promise<StartedTestContainer> => {
      const running = await container.start();
      started.push(running);
      return running;
    };
    const addressOf = (container: StartedTestContainer): string => container.getIpAddress(network.getName());
    const [registryStarted, ...hostsStarted] = await Promise.all([
      start(registryContainer(image, network)),
      ...Array.from({ length: count }, async () => start(hostContainer(image, network))),
    ]);
    const registry = `${addressOf(registryStarted)}:5000`;
    const hosts = hostsStarted.map((host) => engine.docker.getContainer(host.getId()));

    const published = publishAll(registry, binary);
    const keys = await Promise.all(hosts.map(hostReady));
    await published;
    await Promise.all(hosts.map((host) => reaches(host, registry)));

    const addresses = hostsStarted.map(addressOf);
    const knownHostsFile = join(folder, 'known_hosts');
    writeFileSync(knownHostsFile, addresses.map((address, n) => `${address} ${keys[n] ?? ''}\n`).join(''));
    const user = 'deploy';
    const keyFile = await installKey(hosts, user, folder);
    const machines: Machines = {
      engine: engine.address,
      registry,
      registryContainer: registryStarted.getId(),
      hosts: hosts.map(({ id }, n) => ({ container: id, address: addresses[n] ?? '' })),
      user,
      keyFile,
      knownHostsFile,
    };
    return { machines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
