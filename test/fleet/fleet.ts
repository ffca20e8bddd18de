import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { adfpush, type Ran, type Running } from './adfpush.js';
import { FleetCloud } from './cloud.js';
import { dockerAt } from './engine/engine.js';
import { FleetHost } from './host/fleet-host.js';
import type { SeenContainer } from './host/seen-container.js';
import { appBinary } from './image/app-binary.js';
import { publish } from './image/publish.js';
import { versions } from './image/versions.js';
import { Load } from './load.js';
import type { Machines } from './machines.js';
import { Project } from './project.js';
import { until } from './until.js';

/** What the tests know of the whole fleet, without asking adfpush. */
export interface Reality {
  /** By host name: every container, as the host's Engine tells. */
  readonly containers: Readonly<Record<string, readonly SeenContainer[]>>;
  /** By target group: each registration, and its state. */
  readonly registrations: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** One case's fleet: the hosts as they were when the fleet started, with a cloud and a project of its own. */
export class Fleet {
  readonly #loads: Load[] = [];
  /** What the program finds in its environment besides, from now on. */
  env: Readonly<Record<string, string>> = {};

  private constructor(
    readonly machines: Machines,
    readonly hosts: readonly FleetHost[],
    readonly cloud: FleetCloud,
    readonly project: Project,
  ) {}

  /** Every host is an instance `api-1` … of the group `api`, registered in `api-http`, and runs nothing. */
  static async open(machines: Machines): Promise<Fleet> {
    const docker = dockerAt(machines.engine);
    const hosts = machines.hosts.map(({ address, container }, n) => {
      const id = `i-0f1ee7${String(n + 1).padStart(11, '0')}`;
      const zone = n % 2 === 0 ? 'eu-west-1a' : 'eu-west-1b';
      return new FleetHost(id, `api-${String(n + 1)}`, address, zone, docker.getContainer(container));
    });
    await Promise.all(hosts.map(async (host) => host.reset()));

    const cloud = new FleetCloud();
    await cloud.start();
    await cloud.addTargetGroup({ name: 'api-http', port: 5060 });
    for (const { id, name, address, zone } of hosts) {
      const tags = { Name: name, DeployGroup: 'api', Environment: 'prod' };
      cloud.control.addInstance({ id, privateIp: address, zone, tags });
      cloud.control.register('api-http', id);
    }
    const folder = mkdtempSync(join(tmpdir(), 'adfpush-project-'));
    return new Fleet(machines, hosts, cloud, new Project(folder, machines, cloud));
  }

  async close(): Promise<void> {
    await Promise.all(this.#loads.map(async (load) => load.stop()));
    await this.cloud.stop();
    rmSync(this.project.folder, { recursive: true, force: true });
  }

  /** Starts the program; credentials come from the environment, as the AWS credential chain has it. */
  start(...args: readonly string[]): Running {
    const credentials = {
      AWS_ACCESS_KEY_ID: 'AKIAFLEET',
      AWS_SECRET_ACCESS_KEY: 'fleet-secret-key',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    return adfpush(this.project.folder, { ...credentials, ...this.env }, ...args);
  }

  startDeploy(version: string, ...flags: readonly string[]): Running {
    return this.start('deploy', '--group', 'api', '--env', 'prod', '--version', version, ...flags);
  }

  async deploy(version: string, ...flags: readonly string[]): Promise<Ran> {
    return this.startDeploy(version, '--json', ...flags).ended;
  }

  /** Deploys what a case takes for given, all hosts at once; throws when that does not converge. */
  async given(version: string): Promise<Reality> {
    const restore = this.project.group({
      ...this.project.vars,
      rollout: { serial: '100%', min_healthy: 0, bake: 0 },
    });
    const { exit, stdout, stderr } = await this.cloud.withoutDelays(async () => this.deploy(version));
    restore();
    if (exit !== 0) throw new Error(`deploying ${version} ended with ${String(exit)}: ${stderr}\n${stdout}`);
    return this.settled();
  }

  async reality(...targetGroups: readonly string[]): Promise<Reality> {
    const containers = await Promise.all(
      this.hosts.map(async (host) => [host.name, await host.containers()] as const),
    );
    const groups = targetGroups.length === 0 ? ['api-http'] : targetGroups;
    return {
      containers: Object.fromEntries(containers),
      registrations: Object.fromEntries(
        groups.map((group) => [group, this.cloud.registrations(group)] as const),
      ),
    };
  }

  /** By host name, `container version` of whatever runs there: `{ 'api-1': ['api v2'] }`. */
  async running(): Promise<Readonly<Record<string, readonly string[]>>> {
    const running = this.hosts.map(async (host) => {
      const containers = await host.running();
      return [host.name, containers.map(({ name, version }) => `${name} ${version ?? '?'}`)] as const;
    });
    return Object.fromEntries(await Promise.all(running));
  }

  /** What `running` and `registrations` are when every host is in service on one version. */
  all<T>(value: T): Readonly<Record<string, T>> {
    return Object.fromEntries(this.hosts.map(({ name }) => [name, value]));
  }

  /** Registrations of all hosts on one port, all healthy. */
  inService(port = 5060, hosts: readonly FleetHost[] = this.hosts): Readonly<Record<string, string>> {
    return Object.fromEntries(hosts.map(({ id }) => [`${id}:${String(port)}`, 'healthy']));
  }

  load(targetGroup = 'api-http', clients?: number): Load {
    const load = new Load(`${this.cloud.url(targetGroup)}/`, clients);
    this.#loads.push(load);
    return load;
  }

  /** Resolves to the first host that drains, while it still drains. */
  async firstDraining(): Promise<FleetHost> {
    return until('a host to be drained', async () => {
      const registrations = this.cloud.registrations('api-http');
      return this.hosts.find(({ id }) => registrations[`${id}:5060`] === 'draining');
    });
  }

  /** Reality, once no registration is on its way from one state to another. */
  async settled(): Promise<Reality> {
    return until('the registrations to settle', async () => {
      const reality = await this.reality();
      const states = Object.values(reality.registrations).flatMap((group) => Object.values(group));
      return states.some((state) => state === 'initial' || state === 'draining') ? undefined : reality;
    });
  }

  /** Waits for an expectation to hold: for what the balancer finds out by and by. */
  async eventually(expectation: () => void | Promise<void>): Promise<void> {
    await until('an expectation to hold', async () => {
      await expectation();
      return true;
    });
  }

  /** Exactly these containers run: the very ones, and as they would after a restart of the Engine. */
  async expectSameContainers(before: Reality): Promise<void> {
    const { containers } = await this.reality();
    const running = (reality: Reality['containers']) =>
      Object.fromEntries(
        Object.entries(reality).map(([host, all]) => [
          host,
          all
            .filter((container) => container.running)
            .map(({ id, name, version, restartPolicy }) => ({ id, name, version, restartPolicy })),
        ]),
      );
    expect(running(containers)).toEqual(running(before.containers));
  }

  /** The known_hosts file of the fleet, with another host's key under an address. */
  knownHostsWith(address: string, keyOf: string): string {
    const lines = readFileSync(this.machines.knownHostsFile, 'utf8').trimEnd().split('\n');
    const key = lines.find((line) => line.startsWith(`${keyOf} `))?.slice(keyOf.length) ?? '';
    return `${lines.map((line) => (line.startsWith(`${address} `) ? address + key : line)).join('\n')}\n`;
  }

  /** Moves a tag to what another version is, as a build that overwrites `latest` does. */
  async moveTag(tag: string, to: string): Promise<string> {
    const version = versions.find((one) => one.repository === 'api' && one.tag === to);
    if (version === undefined) throw new Error(`there is no version ${to}`);
    return publish(this.machines.registry, 'api', tag, await appBinary(), version);
  }
}
