import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Network, type StartedTestContainer } from 'testcontainers';
import { hostContainer, plainContainer, registryContainer, sweep } from './containers.js';
import { allowTraffic } from './engine/bridge.js';
import type { Engine } from './engine/engine.js';
import { appBinary } from './image/app-binary.js';
import { hostImage } from './image/host-image.js';
import { engineReady, installKey, publishAll, reaches, sshdReady } from './prepare.js';

/** The containers of the fleet as test files find them: plain data, handed over by the global setup. */
export interface Machines {
  /** The Engine that runs the hosts, as DOCKER_HOST spells it. */
  readonly engine: string;
  /** Reached from the hosts and from the control side alike: `10.86.0.2:5000`. */
  readonly registry: string;
  /** The registry's container in the outer Engine. */
  readonly registryContainer: string;
  readonly hosts: readonly Machine[];
  /** Hosts without a Docker Engine, `d1` and so on. */
  readonly plain: readonly Machine[];
  /** The folder of this machine that all plain hosts see as `/shared`. */
  readonly shared: string;
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

/** How many plain hosts there are. */
const plainCount = 3;

/** Starts the registry, `count` hosts and the plain hosts, lets a fresh key in, and publishes every version. */
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
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  // Past the umask: every user of every host may write there.
  chmodSync(shared, 0o777);
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
    const [registryStarted, hostsStarted, plainStarted] = await Promise.all([
      start(registryContainer(image, network)),
      Promise.all(Array.from({ length: count }, async () => start(hostContainer(image, network)))),
      Promise.all(
        Array.from({ length: plainCount }, async (_, n) =>
          start(plainContainer(image, network, `d${String(n + 1)}`, shared)),
        ),
      ),
    ]);
    const registry = `${addressOf(registryStarted)}:5000`;
    const containerOf = (host: StartedTestContainer) => engine.docker.getContainer(host.getId());
    const hosts = hostsStarted.map(containerOf);
    const everyHost = [...hostsStarted, ...plainStarted];

    const published = publishAll(registry, binary);
    const keys = await Promise.all(everyHost.map(async (host) => sshdReady(containerOf(host))));
    await Promise.all(hosts.map(engineReady));
    await published;
    await Promise.all(hosts.map((host) => reaches(host, registry)));

    const knownHostsFile = join(folder, 'known_hosts');
    const known = everyHost.map((host, n) => `${addressOf(host)} ${keys[n] ?? ''}\n`);
    writeFileSync(knownHostsFile, known.join(''));
    const user = 'deploy';
    const keyFile = await installKey(everyHost.map(containerOf), user, folder);
    const machineOf = (host: StartedTestContainer): Machine => ({
      container: host.getId(),
      address: addressOf(host),
    });
    const machines: Machines = {
      engine: engine.address,
      registry,
      registryContainer: registryStarted.getId(),
      hosts: hostsStarted.map(machineOf),
      plain: plainStarted.map(machineOf),
      shared,
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
