import {
  containerName,
  environmentName,
  groupName,
  runId,
  type TargetGroupArn,
} from '../../src/model/ids.js';
import type { ContainerSpec } from '../../src/model/container.js';
import type { Host } from '../../src/model/host.js';
import { isDrained, type Registration } from '../../src/model/registration.js';
import type { PinnedImage } from '../../src/model/release.js';
import type { RunResult } from '../../src/model/run-result.js';
import { containerNameOfGroup, releaseTag, repository } from './scenario.js';
import type { SimulatedPorts, SimulatedProgram } from './simulate.js';

/** How the toy may be careless, to see that the simulation shows it. */
export interface Carelessness {
  readonly stopsUndrained?: boolean;
  readonly forgetsToRegister?: boolean;
  readonly pullsLate?: boolean;
  readonly allAtOnce?: boolean;
}

/** The simplest deployer there can be, one host after the other, for testing the simulation itself. It knows no failure. */
export const toyRoll =
  (careless: Carelessness = {}): SimulatedProgram =>
  async (ports) => {
    await ports.leases.acquire({
      environment: environmentName('test'),
      group: groupName('api'),
      hosts: ports.hosts,
      owner: { run: 'toy', who: 'ann' },
      duration: 86_400_000,
    });
    const { digest } = await ports.registry.resolve({ repository, tag: releaseTag });
    const roll = (host: Host) => rollOne(ports, host, { repository, digest }, careless);
    const pull = (host: Host) =>
      ports.runtime.on(host).pull({ repository, digest }, undefined, () => undefined);
    if (careless.pullsLate !== true) await Promise.all(ports.hosts.map(pull));
    if (careless.allAtOnce === true) await Promise.all(ports.hosts.map(roll));
    else for (const host of ports.hosts) await roll(host);
    return converged(ports);
  };

async function rollOne(
  ports: SimulatedPorts,
  host: Host,
  image: PinnedImage,
  careless: Carelessness,
): Promise<void> {
  const { clock, traffic, runtime, scenario } = ports;
  const engine = runtime.on(host);
  const registrations = await registrationsOf(ports, host);
  for (const [arn, own] of registrations) {
    await traffic.deregister(arn, own);
    const drained = async () => (await traffic.healthOf(arn, own)).every(isDrained);
    while (careless.stopsUndrained !== true && !(await drained())) await clock.sleep(2_000);
  }
  if (careless.pullsLate === true) await engine.pull(image, undefined, () => undefined);
  const old = await engine.inspect(containerName(containerNameOfGroup));
  if (old !== undefined) {
    await engine.stop(old.id, 10_000);
    await engine.rename(old.id, containerName(`${containerNameOfGroup}-old`));
    await engine.setRestartPolicy(old.id, { name: 'no' });
  }
  const id = await engine.create(specOf(image, scenario.ports), {});
  await engine.start(id);
  await clock.sleep(10_000);
  if (careless.forgetsToRegister === true) return;
  for (const [arn, own] of registrations) {
    await traffic.register(arn, own);
    const healthy = async () => (await traffic.healthOf(arn, own)).every(({ state }) => state === 'healthy');
    while (!(await healthy())) await clock.sleep(2_000);
  }
  await clock.sleep(scenario.rollout.bake + 5_000);
}

async function registrationsOf(
  { traffic, scenario }: SimulatedPorts,
  host: Host,
): Promise<readonly (readonly [TargetGroupArn, readonly Registration[]])[]> {
  const names = scenario.targetGroups.map(({ name }) => name);
  const groups = host.region === undefined ? [] : await traffic.targetGroups(host.region, names);
  return Promise.all(
    groups.map(async ({ arn }) => {
      const health = await traffic.health(arn);
      const own = health.filter(({ registration }) => host.targetIds.includes(registration.id));
      return [arn, own.map(({ registration }) => registration)] as const;
    }),
  );
}

const specOf = (image: PinnedImage, ports: readonly number[]): ContainerSpec => ({
  name: containerName(containerNameOfGroup),
  image,
  ports: ports.map((hostPort) => ({ hostPort, containerPort: 5000, protocol: 'tcp' })),
  env: {},
  volumes: [],
  networks: ['bridge'],
  labels: {},
  restart: { name: 'unless-stopped' },
  stopTimeout: 10_000,
  limits: {},
  extraHosts: [],
});

const converged = ({ clock, hosts }: SimulatedPorts): RunResult => ({
  run: runId('toy'),
  verb: 'deploy',
  environment: environmentName('test'),
  groups: [groupName('api')],
  outcome: 'converged',
  exit: 0,
  startedAt: 0,
  duration: clock.elapsed(),
  releases: [],
  hosts: hosts.map(({ id, name }) => ({
    host: id,
    name,
    ok: 0,
    changed: 1,
    skipped: 0,
    failed: 0,
    unreachable: 0,
    restored: 0,
    rescued: 0,
    ignored: 0,
    status: 'deployed',
  })),
  mixed: false,
  oneWay: [],
  named: [],
  errors: [],
  warnings: [],
});
