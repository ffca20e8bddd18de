import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Running } from '../adfpush.js';
import { dockerAt } from '../engine/engine.js';
import type { Fleet, Reality } from '../fleet.js';
import type { FleetHost } from '../host/fleet-host.js';
import { appBinary } from '../image/app-binary.js';
import { publish } from '../image/publish.js';
import { Bastion, withLine } from './bastion.js';
import { Front } from './front.js';

const resolver = new URL('resolver.ts', import.meta.url);
const packagedPlaybook = fileURLToPath(new URL('../../../playbooks/deploy.yml', import.meta.url));
const awsName = 'aws.fleet.test';

/** Where the step of a turn leaves its traces on a host: one line when it begins, one when it ends. */
const witness = '/tmp/adfpush-witness';
const step = `    - name: leave a trace
      shell: echo '{{ release.version }} began' >> ${witness}; sleep 0.3; echo '{{ release.version }} ended' >> ${witness}

    - name: replace the containers
`;

const allAtOnce = JSON.stringify({ rollout: { serial: '100%', min_healthy: 0, bake: '0s' } });

/** What a world's project is like while one pair is tried. */
interface Wishes {
  readonly ssh: Readonly<Record<string, unknown>>;
  readonly state: Readonly<Record<string, unknown>>;
}

/**
 * Two hosts of the fleet in service, another one in reserve as a joiner; with a front before AWS and before the registry, a bastion, and
 * a playbook whose turns leave traces. It serves one pair after the other.
 */
export class World {
  #running: Running | undefined;
  #published = 0;
  #isLiveRestored = false;
  /** False when a pair left something behind: then the hosts begin anew. */
  isClean = false;

  private constructor(
    readonly fleet: Fleet,
    readonly bastion: Bastion,
    private readonly aws: Front,
    private readonly registry: Front,
    private readonly registryAddress: string,
    private readonly awsAddress: string,
  ) {}

  static async open(fleet: Fleet): Promise<World> {
    const { machines, cloud } = fleet;
    const docker = dockerAt(machines.engine);
    const [first] = fleet.hosts;
    const authorized = (await first?.sh(`cat /home/${machines.user}/.ssh/authorized_keys`)) ?? '';
    const [registryHost = ''] = machines.registry.split(':');
    const machine = docker.getContainer(machines.registryContainer);
    const { NetworkSettings } = await machine.inspect();
    const gateway = Object.values(NetworkSettings.Networks)[0]?.Gateway ?? '';
    const [aws, registry] = [new Front(), new Front()];
    const [awsAddress, registryAddress, bastion] = await Promise.all([
      aws.listen('127.0.0.1', new URL(cloud.endpoint).host),
      registry.listen(gateway, machines.registry),
      Bastion.open(machine, registryHost, machines.user, authorized),
    ]);
    const world = new World(fleet, bastion, aws, registry, registryAddress, awsAddress);
    fleet.project.write('known_hosts', withLine(machines.knownHostsFile, bastion.knownHost));
    fleet.project.write(
      'playbooks/deploy.yml',
      readFileSync(packagedPlaybook, 'utf8').replace('    - name: replace the containers\n', step),
    );
    for (const { id } of fleet.hosts.filter((host) => !world.hosts.includes(host))) {
      cloud.control.setTag(id, 'DeployGroup', 'spare');
      cloud.control.deregister('api-http', id);
    }
    return world;
  }

  async close(): Promise<void> {
    await this.calm();
    await this.bastion.kill();
    await Promise.all([this.aws.stop(), this.registry.stop()]);
  }

  get hosts(): readonly FleetHost[] {
    return this.fleet.hosts.slice(0, 2);
  }

  get joiner(): FleetHost {
    const joiner = this.fleet.hosts.at(-1);
    if (joiner === undefined) throw new Error('a fleet without hosts');
    return joiner;
  }

  get hostsWithJoiner(): readonly FleetHost[] {
    return [...this.hosts, this.joiner];
  }

  host(nameOrId: string | undefined): FleetHost | undefined {
    return this.fleet.hosts.find(({ id, name }) => nameOrId === id || nameOrId === name);
  }

  frontOf(of: 'registry' | 'layer' | 'cloud'): Front {
    return of === 'cloud' ? this.aws : this.registry;
  }

  get journals(): string {
    return join(this.fleet.project.folder, '.adfpush/journals/runs');
  }

  get events(): string {
    return join(this.fleet.project.folder, 'events.ndjson');
  }

  /** Rewrites `adfpush.yml`. */
  settings(ssh: Wishes['ssh'], state: Wishes['state'] = {}): void {
    this.fleet.project.settings(
      { known_hosts_file: 'known_hosts', ...ssh },
      {
        insecure_registries: [this.registryAddress],
        state: { directory: '.adfpush/journals', ...state },
      },
    );
  }

  /** How healthy the next release gets: everywhere, nowhere, or not on the last host. */
  group(health: 'ok' | 'never' | 'never on the last'): void {
    const { project } = this.fleet;
    const isBroken = health !== 'ok';
    const [first = '', last = ''] =
      health === 'never' ? ['never', 'never'] : ['ok', isBroken ? 'never' : 'ok'];
    project.group({
      app_health: first,
      container: {
        name: 'api',
        ports: ['5060:5000'],
        env: { APP_HEALTH: '{{ app_health }}', APP_STOP_MS: '500' },
        restart: 'unless-stopped',
        stop_timeout: '5s',
      },
      health: { timeout: isBroken ? '3s' : '8s' },
      rollout: { bake: '500ms', keep_releases: 1 },
    });
    project.write(`inventory/host_vars/${this.hosts.at(-1)?.name ?? ''}.yml`, { app_health: last });
  }

  /** AWS is reached by a name from now on, which `resolver` may fail to find. */
  resolveByName(): void {
    const [, port = ''] = this.awsAddress.split(':');
    this.#inventory(`${awsName}:${port}`);
    this.fleet.env = {
      NODE_OPTIONS: `--import ${resolver.href}`,
      RESOLVER_NAME: awsName,
      RESOLVER_FAILS: join(this.fleet.project.folder, 'resolver-fails'),
    };
  }

  resolver(works: boolean): void {
    const file = join(this.fleet.project.folder, 'resolver-fails');
    if (works) rmSync(file, { force: true });
    else writeFileSync(file, '');
  }

  /** Whether containers live on without their Engine. */
  async liveRestore(wanted: boolean): Promise<void> {
    this.#isLiveRestored = wanted;
    const config = JSON.stringify({ 'live-restore': wanted });
    await Promise.all(
      this.fleet.hosts.map((host) =>
        host.sh(`mkdir -p /etc/docker; echo '${config}' > /etc/docker/daemon.json; pkill -HUP -x dockerd`),
      ),
    );
  }

  /** The program, as `signal` means it from now on. */
  start(...words: readonly string[]): Running {
    rmSync(this.events, { force: true });
    this.#running = this.fleet.start(...words, '--env', 'prod', '--json', '--events', this.events);
    return this.#running;
  }

  signal(signal: NodeJS.Signals): void {
    this.#running?.kill(signal);
  }

  /** A release that no host has, with a layer of its own. Resolves to its version. */
  async publish(): Promise<string> {
    this.#published += 1;
    const version = `b${String(this.#published)}-${randomBytes(3).toString('hex')}`;
    // What follows the program in its file makes another layer of it.
    const binary = Buffer.concat([await appBinary(), randomBytes(1 << 20)]);
    await publish(this.fleet.machines.registry, 'api', version, binary, { env: { APP_VERSION: version } });
    return version;
  }

  /** Nothing is disturbed any more, and the project is as every pair finds it. */
  async calm(): Promise<void> {
    this.aws.disturbance = undefined;
    this.registry.disturbance = undefined;
    this.fleet.cloud.control.calm();
    this.fleet.env = {};
    this.resolver(true);
    this.#inventory(this.awsAddress);
    this.settings({});
    this.group('ok');
    if (this.#isLiveRestored) await this.liveRestore(false);
    await this.bastion.start();
  }

  /** Both hosts in service on some release, nothing held, the joiner away. */
  async ready(): Promise<Reality> {
    await this.calm();
    await this.#sendJoinerAway();
    if (!this.isClean) {
      rmSync(join(this.fleet.project.folder, '.adfpush'), { recursive: true, force: true });
      await Promise.all(this.hosts.map((host) => host.reset()));
      for (const { id } of this.hosts) this.fleet.cloud.control.register('api-http', id);
      const version = await this.publish();
      const { exit, stdout, stderr } = await this.fleet.cloud.withoutDelays(
        async () =>
          this.start('deploy', '--group', 'api', '--version', version, '--extra-vars', allAtOnce).ended,
      );
      if (exit !== 0) throw new Error(`${version} ended with ${String(exit)}: ${stderr}\n${stdout}`);
      this.isClean = true;
    }
    return this.fleet.settled();
  }

  /** The joiner comes to the group, as an instance that an Auto Scaling group started. */
  join(): void {
    this.fleet.cloud.control.setTag(this.joiner.id, 'DeployGroup', 'api');
    this.fleet.cloud.control.register('api-http', this.joiner.id);
  }

  async #sendJoinerAway(): Promise<void> {
    const { id } = this.joiner;
    if (!Object.keys(this.fleet.cloud.registrations('api-http')).includes(`${id}:5060`)) return;
    this.fleet.cloud.control.setTag(id, 'DeployGroup', 'spare');
    this.fleet.cloud.control.deregister('api-http', id);
    await this.joiner.reset();
  }

  /** What the steps of all turns with a version left on each host, by host name. */
  async traces(version: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const found = this.fleet.hosts.map(async (host) => {
      const lines = (await host.sh(`cat ${witness} 2> /dev/null || true`)).split('\n');
      const ours = lines.filter((line) => line.startsWith(`${version} `));
      return [host.name, ours.map((line) => line.slice(version.length + 1))] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  }

  #inventory(aws: string): void {
    const { cloud, project } = this.fleet;
    project.write('inventory/prod.yml', {
      source: 'aws_ec2',
      account: cloud.account,
      regions: [cloud.region],
      endpoint: `http://${aws}`,
      filters: { 'tag:Environment': 'prod' },
      address: 'private_ip',
      vars: { registry: this.registryAddress },
    });
  }
}
