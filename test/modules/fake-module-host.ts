import { renderFile } from '../../src/expression/templates.js';
import { Variables } from '../../src/expression/variables.js';
import type { AddedHost } from '../../src/model/added-host.js';
import { label, type ContainerSpec, type ContainerTemplate } from '../../src/model/container.js';
import type { HealthProbe } from '../../src/model/health.js';
import type { Host } from '../../src/model/host.js';
import type { DrainedHost } from '../../src/model/drained-hosts.js';
import { groupName, runId, type GroupName } from '../../src/model/ids.js';
import {
  isDrained,
  targetGroupNameOf,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../../src/model/registration.js';
import type { Secret } from '../../src/model/secret.js';
import type { TargetGroupChoice } from '../../src/model/settings.js';
import { formatDuration, type Milliseconds } from '../../src/model/duration.js';
import { parseImageReference } from '../../src/model/image-reference.js';
import { specHash, specParts } from '../../src/model/spec-hash.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { modules } from '../../src/modules/catalogue.js';
import type {
  CheckedTask,
  HealthProof,
  HostTraffic,
  Images,
  JobEnd,
  ModuleHost,
  IncludedVariables,
} from '../../src/modules/module.js';
import { readVarsFile } from '../../src/playbook/vars-files.js';
import { plannedRegistrations } from '../../src/plan/planned-registrations.js';
import type { HostContainers } from '../../src/ports/container-runtime.js';
import type { ExecCommand } from '../../src/ports/engine-objects.js';
import type { HostHttpRequest, HostHttpResponse } from '../../src/ports/host-http.js';
import type { RegistryCredentials } from '../../src/ports/registry.js';
import type { CommandResult, RemoteCommand, RunOptions } from '../../src/ports/transport.js';
import type { FakeClock } from '../fakes/fake-clock.js';
import { FakeControlSide } from '../fakes/fake-control-side.js';
import { FakeContainerRuntime } from '../fakes/fake-container-runtime.js';
import { FakeHostHttp } from '../fakes/fake-host-http.js';
import { makeHost } from '../fakes/make-host.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { MemoryHostFiles, type MemoryFilesOfHost } from '../fakes/memory-host-files.js';
import { FakeTransport } from '../fakes/fake-transport.js';
import type { FakeHost } from '../fakes/world/fake-host.js';
import type { World } from '../fakes/world/world.js';

/** One host of a world as a module sees it, without the engine's interlocks: what the module itself does is what happens. */
export class FakeModuleHost implements ModuleHost {
  readonly host: Host;
  readonly transport: FakeTransport;
  readonly containers: HostContainers;
  readonly traffic: DirectTraffic;
  readonly signal = new AbortController().signal;
  readonly progressed: string[] = [];
  readonly warned: string[] = [];
  readonly logins = new Map<string, RegistryCredentials>();
  readonly control = new FakeControlSide();
  readonly environment: Readonly<Record<string, string>> = {};
  /** What was said to stop what its containers run on. */
  readonly takenDown: string[] = [];
  group: GroupName | undefined = groupName('api');
  checkMode = false;
  comesFirst: string | undefined;
  probe: HealthProbe | undefined;
  proof: HealthProof | Error = { passes: 3, duration: 2_000, lastAnswer: '200 in 3 ms' };
  readonly files: MemoryFilesOfHost;
  project = new MemoryFiles();
  readonly playbook = 'playbooks/deploy.yml';
  variables: Readonly<Record<string, unknown>> = {};
  conditions: Readonly<Record<string, boolean | UnknownValue>> = {};
  readonly #http: FakeHostHttp;

  constructor(
    readonly world: World,
    fake: FakeHost,
  ) {
    this.host = fake.host;
    this.transport = new FakeTransport(world);
    this.files = new MemoryHostFiles().on(fake.host);
    this.#http = new FakeHostHttp(world);
    this.containers = new FakeContainerRuntime(world).on(fake.host);
    this.traffic = new DirectTraffic(world, fake.host);
  }

  get clock(): FakeClock {
    return this.world.clock;
  }

  readonly images: Images = {
    pin: (reference) => {
      const { repository, tag = 'latest', digest } = parseImageReference(reference);
      const meant = digest ?? this.world.images.tagged(repository, tag);
      if (meant === undefined) throw new Error(`nobody published ${reference}`);
      return Promise.resolve({ repository, digest: meant });
    },
    credentials: () => Promise.resolve(undefined),
    logIn: (registry, credentials) => void this.logins.set(registry, credentials),
  };

  async run(
    command: RemoteCommand,
    options?: Omit<RunOptions, 'signal' | 'become' | 'env'>,
  ): Promise<CommandResult> {
    return (await this.transport.connect(this.host)).run(command, options);
  }

  runStep(
    command: RemoteCommand,
    options?: Omit<RunOptions, 'signal' | 'become' | 'env'>,
  ): Promise<CommandResult> {
    return this.run(command, options);
  }

  /** What tasks registered of jobs, and how each ended. */
  readonly jobs = new Map<string, JobEnd | undefined>();
  start: ModuleHost['start'];

  jobEnd(jid: string): Promise<JobEnd | undefined> {
    return Promise.resolve(this.jobs.get(jid));
  }

  async askOnce(command: RemoteCommand): Promise<CommandResult | undefined> {
    if (!this.world.host(this.host.id).reachable) return undefined;
    return this.run(command);
  }

  async renderFile(path: string): Promise<string | Secret | UnknownValue> {
    const text = (await this.project.read(path)) ?? '';
    return renderFile({ file: path, text }, Variables.of([{ name: 'test', values: this.variables }]));
  }

  http(request: HostHttpRequest): Promise<HostHttpResponse> {
    return this.#http.request(this.host, request);
  }

  readVariables(path: string): Promise<IncludedVariables> {
    return readVarsFile(this.project, path);
  }

  async exec(container: string, command: ExecCommand, stdin: string | undefined): Promise<CommandResult> {
    const { objects } = this.containers;
    const id = await objects.prepareExec(container, command);
    const output = await objects.startExec(id, stdin);
    const state = await objects.exec(id);
    const code = state?.state === 'ended' ? state.code : -1;
    return { ...output, outcome: { kind: 'exited', code }, duration: 1, truncated: false };
  }

  takeDown(what: string, away?: Milliseconds): Promise<void> {
    this.takenDown.push(away === undefined ? what : `${what}, away for ${formatDuration(away)}`);
    return Promise.resolve();
  }

  proveByDocker(): Promise<void> {
    return Promise.resolve();
  }

  prove(): Promise<HealthProof> {
    return this.proof instanceof Error ? Promise.reject(this.proof) : Promise.resolve(this.proof);
  }

  containerSpecs(
    templates: readonly ContainerTemplate[],
    image: string | undefined,
  ): Promise<readonly ContainerSpec[]> {
    return Promise.all(
      templates.map(async ({ image: own, envFile: _file, adopt: _adopt, ...rest }) => ({
        ...rest,
        image: await this.images.pin(own ?? image ?? 'none'),
      })),
    );
  }

  labelsFor(spec: ContainerSpec): Readonly<Record<string, string>> {
    return {
      [label.group]: this.group ?? '',
      [label.container]: spec.name,
      [label.digest]: spec.image.digest,
      [label.specHash]: specHash(spec),
      [label.specParts]: specParts(spec),
    };
  }

  progress(message: string): void {
    this.progressed.push(message);
  }

  warn(message: string): void {
    this.warned.push(message);
  }

  addHost({ name, address = name, groups }: AddedHost): Promise<Host> {
    return Promise.resolve(makeHost(name, { address, groups: groups.map(groupName) }));
  }

  evaluate(condition: string): boolean | UnknownValue {
    return this.conditions[condition] ?? new UnknownValue(condition);
  }

  variable(name: string): unknown {
    return this.variables[name];
  }

  /** Checks a task of this module, as the engine does. */
  check(module: string, args: unknown): Promise<CheckedTask> {
    const found = modules.get(module);
    if (found === undefined) throw new Error(`there is no module ${module}`);
    return found.check(args, this);
  }
}

/** The target groups of the world, without waiting for a floor or for anybody's health. */
class DirectTraffic implements HostTraffic {
  /** `drain api-http:5060`, `register …`: what was asked, in its order. */
  readonly done: string[] = [];

  constructor(
    private readonly world: World,
    private readonly host: Host,
  ) {}

  groups(choice: TargetGroupChoice): Promise<readonly TargetGroup[]> {
    const all = [...this.world.targetGroups.values()].map(({ settings }) => settings);
    if (choice.kind === 'auto') return Promise.resolve(all);
    const names = choice.kind === 'none' ? [] : choice.names;
    return Promise.resolve(all.filter(({ name }) => names.includes(name)));
  }

  registrations(groups: readonly TargetGroup[]): Promise<readonly TargetHealth[]> {
    const targets = groups.flatMap(({ arn }) => this.world.targetGroups.get(arn)?.health() ?? []);
    return Promise.resolve(
      targets.filter((target) => !isDrained(target) && this.host.targetIds.includes(target.registration.id)),
    );
  }

  planned(groups: readonly TargetGroup[]): Promise<readonly Registration[]> {
    return Promise.resolve(
      groups.flatMap((group) =>
        plannedRegistrations(this.host, group, this.world.targetGroups.get(group.arn)?.health() ?? [], []),
      ),
    );
  }

  async drain(registrations: readonly Registration[], timeout: Milliseconds | 'default'): Promise<void> {
    for (const one of registrations) {
      this.done.push(`drain ${nameOf(one)} within ${timeout}`);
      this.world.targetGroups.get(one.targetGroup)?.deregister('program', one);
    }
  }

  async putInService(registrations: readonly Registration[], timeout: Milliseconds): Promise<void> {
    for (const one of registrations) {
      this.done.push(`put ${nameOf(one)} in service within ${timeout}`);
      this.world.targetGroups.get(one.targetGroup)?.register('program', one);
    }
    this.keptOut = undefined;
  }

  keptOut: DrainedHost | undefined;

  keepOut(reason: string | undefined): Promise<void> {
    this.done.push(`keep out: ${reason ?? 'no reason'}`);
    this.keptOut = {
      host: this.host.id,
      name: this.host.name,
      run: runId('run'),
      who: 'anna',
      since: 0,
      ...(reason === undefined ? {} : { reason }),
    };
    return Promise.resolve();
  }
}

const nameOf = (registration: Registration): string =>
  `${targetGroupNameOf(registration)}:${registration.port}`;
