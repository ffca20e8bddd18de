import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { labTargetGroup, startLab, type Lab } from '../../src/lab/lab.js';
import type { ContainerConfig, RestartPolicy } from '../../src/lab/docker-engine/config.js';
import type { LabHost } from '../../src/lab/hosts/host.js';
import type { Behaviour } from '../../src/lab/images.js';
import type { Load } from '../../src/lab/load.js';
import type { Milliseconds } from '../../src/model/duration.js';
import { program } from './adfpush.js';
import { until } from './until.js';
import { removeFolder, temporaryFolder } from './temporary-folder.js';

const killAt = join(import.meta.dirname, 'kill-at.ts');

/** The group's variables: two batches, the second of three hosts, and times as short as they can be. */
const groupVars = `image: '{{ registry }}/shop/api'
version: v1
container:
  name: api
  ports: ['5060:5000']
  env: { APP_ENV: '{{ env }}' }
  restart: always
  stop_timeout: 1s
health: { port: 5060, path: /health, passes: 2, interval: 100ms, timeout: 8s }
target_groups: [api-http]
rollout:
  serial: [1, 100%]
  min_healthy: 25%
  bake: 300ms
  on_failure: rollback
  keep_releases: 2
`;

/** How long a run that was killed keeps others waiting, in milliseconds: no longer than a busy machine needs to renew a lease. */
export const leaseDuration = 15_000;

/** How long a lab on a busy machine may take to be as it should, in milliseconds. */
const patience = 180_000;

const groupFile = 'inventory/group_vars/api.yml';

/** How a process of the program ended. */
export interface Ended {
  readonly exit: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly took: number;
}

export interface RunOptions {
  /** Where it kills itself: `before:17`. */
  readonly crashAt?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface LaneOptions {
  /** 4 unless said otherwise. */
  readonly hosts?: number;
  readonly deregistrationDelay?: Milliseconds;
  /** Versions beside those of every lab. */
  readonly versions?: Readonly<Record<string, Behaviour>>;
}

/** A lab of its own with a project of its own, and the built program in it: what happens here is seen by nobody else. */
export class Lane {
  readonly #beginning = new Map<string, readonly Remembered[]>();

  private constructor(
    readonly lab: Lab,
    readonly folder: string,
    private readonly deregistrationDelay: Milliseconds,
  ) {}

  static async open({
    hosts = 4,
    deregistrationDelay = 1_000,
    versions = {},
  }: LaneOptions = {}): Promise<Lane> {
    const folder = temporaryFolder('crash');
    const lab = await startLab({ directory: folder, hosts, deregistrationDelay });
    for (const [version, behaviour] of Object.entries(versions)) lab.publish(version, behaviour);
    writeFileSync(join(lab.project, groupFile), groupVars);
    writeFileSync(
      join(lab.project, 'adfpush.yml'),
      `name: shop\nstate: { directory: .adfpush/journals, lease: ${leaseDuration / 1_000}s }\n`,
    );
    return new Lane(lab, folder, deregistrationDelay);
  }

  async close(): Promise<void> {
    await this.lab.stop();
    removeFolder(this.folder);
  }

  /** All that a process of the program is given. */
  get environment(): Readonly<Record<string, string>> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      NODE_NO_WARNINGS: '1',
      // So many processes of one program: it is compiled once.
      NODE_COMPILE_CACHE: join(this.folder, 'compiled'),
    };
  }

  /** The program, for a shell; the words need no quotes. */
  command(...words: readonly string[]): string {
    return `'${process.execPath}' '${program}' ${words.join(' ')}`;
  }

  /** Puts another line in place of one of the group's variables. */
  groupHas(line: string, instead: string): void {
    const file = join(this.lab.project, groupFile);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(line)) throw new Error(`the group's variables have no ${line}`);
    writeFileSync(file, text.replace(line, instead));
  }

  async run(words: readonly string[], { crashAt, env }: RunOptions = {}): Promise<Ended> {
    const began = performance.now();
    const ended = await execa(
      process.execPath,
      [...(crashAt === undefined ? [] : ['--import', killAt]), program, ...words],
      {
        cwd: this.lab.project,
        reject: false,
        stdin: 'ignore',
        // Only what hangs takes that long, on the busiest machine.
        timeout: 600_000,
        extendEnv: false,
        env: {
          ...this.environment,
          ...(crashAt === undefined ? {} : { CRASH_AT: crashAt }),
          ...env,
        },
      },
    );
    return {
      exit: ended.exitCode,
      signal: ended.signal,
      stdout: ended.stdout,
      stderr: ended.stderr,
      took: performance.now() - began,
    };
  }

  deploy(version: string, options?: RunOptions): Promise<Ended> {
    return this.run(['deploy', '--group', 'api', '--env', 'lab', '--version', version], options);
  }

  recover(options?: RunOptions): Promise<Ended> {
    return this.run(['recover', '--env', 'lab'], options);
  }

  /** Brings all hosts to a version at once, whatever was before: where each point begins. Throws when it does not converge. */
  async given(version: string): Promise<void> {
    const quick = ['-e', '{"rollout":{"serial":"100%","min_healthy":0,"bake":"0s"}}'];
    this.lab.aws.setDeregistrationDelay(labTargetGroup, 0);
    const { exit, stdout, stderr } = await this.run([
      ...['deploy', '--group', 'api', '--env', 'lab', '--version', version],
      ...quick,
    ]);
    this.lab.aws.setDeregistrationDelay(labTargetGroup, this.deregistrationDelay);
    if (exit !== 0) throw new Error(`the fleet did not come to ${version}: ${exit}\n${stderr}\n${stdout}`);
    this.remember();
  }

  /** What is on the hosts now is where each point begins. */
  remember(): void {
    for (const { name, engine } of this.lab.hosts) {
      const containers = engine.containers.all();
      this.#beginning.set(
        name,
        containers.map((container) => ({
          name: container.name,
          config: container.config,
          running: container.running,
          restartPolicy: container.restartPolicy,
        })),
      );
    }
  }

  /**
   * Lets every host be again as it was remembered, by hand and at once, with no image beside those. What a run left of leases, holds and
   * journals stays: the next one must live with it.
   */
  async reset(): Promise<void> {
    for (const { name, engine } of this.lab.hosts) {
      const wanted = this.#beginning.get(name) ?? [];
      if (!isAs(engine.containers.all(), wanted)) {
        for (const container of engine.containers.all()) await engine.containers.remove(container, true);
        for (const one of wanted) {
          const container = engine.containers.create(one.name, one.config);
          container.restartPolicy = one.restartPolicy;
          if (one.running) await container.start();
        }
      }
      const used = new Set(wanted.map(({ config }) => engine.images.get(config.Image).id));
      for (const { id } of engine.images.all()) if (!used.has(id)) engine.images.remove(id, true, []);
    }
    await until(async () => (await Promise.all(this.lab.hosts.map(answers))).every(Boolean), patience);
    await until(() => this.inService().every((state) => state === 'healthy'), patience);
  }

  startLoad(): Load {
    return this.lab.startLoad({ perSecond: 25, connections: 2 });
  }

  /** How the newest run ended, as its journal has it; undefined when it did not. */
  newestExit(): number | undefined {
    const [line] = this.newestLines().slice(-1);
    const exit = /"type":"run.ended","exit":(\d+)/.exec(line ?? '')?.[1];
    return exit === undefined ? undefined : Number(exit);
  }

  /** The records of the newest journal, as their types. */
  newestJournal(): readonly string[] {
    return this.newestLines().map((line) => /"type":"([^"]*)"/.exec(line)?.[1] ?? '?');
  }

  newestLines(): readonly string[] {
    const folder = join(this.lab.project, '.adfpush/journals/runs');
    const newest = readdirSync(folder).sort().at(-1);
    return newest === undefined ? [] : readFileSync(join(folder, newest), 'utf8').split('\n').slice(0, -1);
  }

  /** What runs on each host: `api v1`. */
  running(): readonly string[] {
    return this.lab.hosts.map((host) =>
      host.engine.containers
        .all()
        .filter(({ running }) => running)
        .map(({ name, image }) => `${name} ${image.labels['org.opencontainers.image.version'] ?? '?'}`)
        .join(' and '),
    );
  }

  /** The state of each host's place in the target group: `healthy`. */
  inService(): readonly string[] {
    const found = this.lab.aws.registrations(labTargetGroup);
    return this.lab.hosts.map(({ id }) => found.find((target) => target.id === id)?.state ?? 'absent');
  }

  /** Holds that lie on the hosts. */
  holds(): readonly string[] {
    return this.lab.hosts.flatMap(({ name, engine }) =>
      [...engine.volumes.values()]
        .filter(({ Labels }) => 'adfpush.hold' in Labels)
        .map(({ Name }) => `${name}: ${Name}`),
    );
  }

  /** Leases that live on the hosts. */
  leases(): readonly string[] {
    return this.lab.hosts.flatMap((host) => leasesOf(host).map((lease) => `${host.name}: ${lease}`));
  }
}

interface Remembered {
  readonly name: string;
  readonly config: ContainerConfig;
  readonly running: boolean;
  readonly restartPolicy: RestartPolicy;
}

const isAs = (found: readonly Remembered[], wanted: readonly Remembered[]): boolean =>
  found.length === wanted.length &&
  found.every(({ name, config, running }) =>
    wanted.some((one) => one.name === name && one.config === config && one.running === running),
  );

/** The balancer notices late that an app was stopped; what it sends meanwhile would fail. Not with `fetch`, which refuses this port. */
function answers(host: LabHost): Promise<boolean> {
  const { address, port } = host.locate(5_060);
  return new Promise((resolve) => {
    const asked = get({ host: address, port, path: '/health', agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200));
    });
    asked.once('error', () => resolve(false));
  });
}

/** Which boot, since when, until when (seconds since boot), how long; then the owner. */
function leasesOf({ root }: LabHost): readonly string[] {
  const folder = join(root, 'var/tmp/adfpush');
  return filesUnder(folder).flatMap((file) => {
    if (!/\.lock\/\d+$/.test(file)) return [];
    const [times = '', owner = ''] = readFileSync(file, 'utf8').split('\n');
    const until = Number(times.split(' ')[2]);
    return owner.includes('"released":true') || until <= uptime() ? [] : [owner];
  });
}

function filesUnder(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // No lease was ever taken there.
    return [];
  }
}
