import { environmentValue } from '../../errors/container-specs.js';
import { noControlSide } from '../../errors/control-side.js';
import { sourceGone } from '../../errors/inventory.js';
import { cannotStartJobs, jobElsewhere, unknownJob } from '../../errors/jobs.js';
import { connectionLost } from '../../errors/ssh.js';
import type { EventTask } from '../../events/event.js';
import { evaluateCondition, parseCondition } from '../../expression/condition.js';
import { withoutOmitted } from '../../expression/omitted.js';
import { placeOf } from '../../expression/place.js';
import { render, renderFile } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import type { AddedHost } from '../../model/added-host.js';
import type { ContainerSpec, ContainerTemplate } from '../../model/container.js';
import { environmentFault } from '../../model/environment-text.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { HealthProbe } from '../../model/health.js';
import { describeHost, type Host } from '../../model/host.js';
import { ungrouped, type GroupName, type HostId } from '../../model/ids.js';
import { jobNote } from '../../model/job-on-host.js';
import { Secret } from '../../model/secret.js';
import type { Locate } from '../../model/source.js';
import type { UnknownValue } from '../../model/unknown.js';
import type {
  HealthProof,
  HostTraffic,
  Images,
  JobEnd,
  JobStart,
  ModuleHost,
  ModuleResult,
  ModuleRunOptions,
  IncludedVariables,
} from '../../modules/module.js';
import type { SourcePlace } from '../../modules/source-files.js';
import type { Task } from '../../playbook/playbook.js';
import { readVarsFile } from '../../playbook/vars-files.js';
import type { Clock } from '../../ports/clock.js';
import type { ControlSide } from '../../ports/control-side.js';
import type { HostContainers } from '../../ports/container-runtime.js';
import type { ExecCommand } from '../../ports/engine-objects.js';
import type { HostFiles } from '../../ports/host-files.js';
import type { HostHttpRequest, HostHttpResponse } from '../../ports/host-http.js';
import type { ProjectFiles } from '../../ports/project-files.js';
import {
  succeeded,
  type CommandResult,
  type RemoteCommand,
  type RunOptions,
  type StepId,
} from '../../ports/transport.js';
import type { HostTarget } from '../host-target.js';
import { Job } from '../jobs.js';
import { askOnce } from './ask-once.js';
import { growthOf } from './growth.js';
import { runExec } from './run-exec.js';
import { runStep } from './run-step.js';
import { OutputTeller, reportWaiting } from './watch-step.js';

/** What one task's module sees of its host. */
export class TaskHost implements ModuleHost {
  readonly #target: HostTarget;
  readonly #task: TaskSettings;
  readonly #variables: Variables;
  readonly #position: string;
  #everyRunIsStep = false;

  /** `position` is the task's place in the run, which its steps are named after. */
  constructor(target: HostTarget, task: TaskSettings, variables: Variables, position: string) {
    this.#target = target;
    this.#task = task;
    this.#variables = variables;
    this.#position = position;
  }

  get host(): Host {
    return this.#target.host;
  }

  get group(): GroupName | undefined {
    return this.#target.group?.name;
  }

  get clock(): Clock {
    return this.#target.run.ports.clock;
  }

  get signal(): AbortSignal {
    return this.#target.activity.signal;
  }

  get checkMode(): boolean {
    return this.#task.checkMode;
  }

  get comesFirst(): string | undefined {
    return this.#target.known.comesFirst;
  }

  get containers(): HostContainers {
    return this.#target.containers;
  }

  get traffic(): HostTraffic {
    return this.#target.traffic;
  }

  get images(): Images {
    return this.#target.run.images;
  }

  get probe(): HealthProbe | undefined {
    return this.#target.group?.settings.health;
  }

  async run(command: RemoteCommand, options?: ModuleRunOptions): Promise<CommandResult> {
    if (this.#everyRunIsStep) return this.runStep(command, options);
    const all = this.#asTask(options);
    // Not recorded as a step: it only reads, so it is run again when its outcome is unknown.
    return this.#target.outlast(async () => {
      const connection = await this.#target.run.ports.transport.connect(this.host, this.signal);
      const result = await connection.run(command, all);
      if (result.outcome.kind === 'unknown') throw connectionLost(this.host, result.outcome.reason);
      return result;
    });
  }

  async runStep(command: RemoteCommand, options?: ModuleRunOptions): Promise<CommandResult> {
    const step = this.#target.stepOf(this.#position);
    const { activity, eventHost, run } = this.#target;
    const { bus, ports, watch } = run;
    const all = { ...this.#asTask(options), ...this.#spillOf(step), ...this.#limitOf(options), step };
    if (watch === undefined) return runStep(this.#target, command, all);
    const isShown = watch.output && !this.#task.noLog;
    const teller = isShown ? new OutputTeller(bus, eventHost, this.#task.event) : undefined;
    const watched = { ...all, ...defined({ onOutput: teller?.onOutput }) };
    try {
      return await reportWaiting(ports.clock, activity.report, () => runStep(this.#target, command, watched));
    } finally {
      teller?.end();
    }
  }

  get start(): ModuleHost['start'] {
    return this.#task.asJob ? (command, options) => this.#start(command, options) : undefined;
  }

  /** The job is in the journal before it begins, and among the open requests of its host until it is over. */
  async #start(command: RemoteCommand, options: ModuleRunOptions = {}): Promise<JobStart> {
    const { run, host } = this.#target;
    const { turn, event, noLog, become, becomeUser, async: limit = 0 } = this.#task;
    const { timeout, ...rest } = options;
    const detach = Math.min(timeout ?? limit, limit);
    const step = this.#target.stepOf(this.#position);
    const over = await run.gate.recordJob(host, step.id, `job ${step.id}`, detach);
    const started = await runStep(this.#target, command, {
      ...this.#asTask(rest),
      step,
      detach,
      note: this.#note,
    });
    const { outcome, record } = started;
    // Only then it has certainly not begun.
    if (record === 'none' || (outcome.kind === 'exited' && outcome.code !== 0)) await over();
    if (record === 'none') throw cannotStartJobs(host);
    if (!succeeded(started)) return { id: step.id, started };
    const { stdin, checksStdin = false } = options;
    const mayLackInput = record === 'found' && stdin !== undefined && !checksStdin;
    const as = { become, ...defined({ becomeUser }) };
    const about = { step, target: this.#target, turn, task: event, as, noLog, mayLackInput };
    run.jobs.add(new Job({ ...about, limit: detach, over }));
    return { id: step.id, started };
  }

  /** Its run is known by this where its journal is not. An ad-hoc run has the leases of all groups of a host. */
  get #note(): string {
    const { run, host, group } = this.#target;
    const { environment, verb, owner, growth } = run;
    const all = host.groups.length === 0 ? [ungrouped] : host.groups;
    const groups = group === undefined || growth !== undefined ? all : [group.name];
    return jobNote({ environment, verb, who: owner.who, groups });
  }

  /** What such a task registers when its command has nothing to do: a job that has ended. */
  endedJob(result: ModuleResult): ModuleResult {
    const { id } = this.#target.stepOf(this.#position);
    this.#target.run.jobs.addNotNeeded(id, this.#target, { notNeeded: result });
    const values = { ...result.values, ansible_job_id: id, started: true, finished: true };
    return { ...result, values };
  }

  async jobEnd(jid: string): Promise<JobEnd | undefined> {
    const { jobs } = this.#target.run;
    const place = placeOf(this.#task.locate, ['jid']);
    const found = jobs.find(jid);
    if (found === undefined) throw unknownJob(jid, jobs.ids, place);
    if (found.target.host.id !== this.host.id) throw jobElsewhere(jid, found.target.host, this.host, place);
    const { job } = found;
    if (job === undefined) return found.end;
    const end = await this.#target.outlast(() => job.look());
    if (end !== undefined) job.isTold = true;
    return end;
  }

  askOnce(command: RemoteCommand, within: Milliseconds): Promise<CommandResult | undefined> {
    return askOnce(this.#target, command, within, this.#asTask({}));
  }

  /** The user and the environment that the task asks for. */
  #asTask(options: ModuleRunOptions | undefined) {
    const { become, becomeUser, environment } = this.#task;
    return { ...options, become, ...defined({ becomeUser }), env: environment, signal: this.signal };
  }

  /** From now on what the module runs changes the host for good: each command is a step, run at most once. */
  beginSteps(): void {
    this.#everyRunIsStep = true;
  }

  /** Where too much output of a step goes; nowhere when it must not be shown. */
  #spillOf({ run, id }: StepId): Pick<RunOptions, 'spill'> {
    const { spills } = this.#target.run.ports;
    if (spills === undefined || this.#task.noLog) return {};
    return { spill: (stream) => spills.open(run, `${id}.${stream}`) };
  }

  /** As `async` says, unless the module allows less. */
  #limitOf({ timeout }: ModuleRunOptions = {}): {
    readonly timeout?: Milliseconds;
    readonly patience?: Milliseconds;
  } {
    const { async: patience } = this.#task;
    return patience === undefined ? {} : { timeout: Math.min(timeout ?? patience, patience), patience };
  }

  get files(): HostFiles {
    const { become, becomeUser, environment: env } = this.#task;
    return this.#target.run.ports.hostFiles.on(this.host, {
      become,
      ...defined({ becomeUser }),
      signal: this.signal,
      env,
    });
  }

  get project(): ProjectFiles {
    return this.#target.run.ports.files;
  }

  exec(container: string, command: ExecCommand, stdin: string | undefined): Promise<CommandResult> {
    return runExec(this.#target, container, command, stdin);
  }

  get control(): ControlSide {
    const { control } = this.#target.run.ports;
    if (control === undefined) throw noControlSide(this.host);
    return control;
  }

  get environment(): Readonly<Record<string, string>> {
    return this.#task.environment;
  }

  readVariables(path: string): Promise<IncludedVariables> {
    return readVarsFile(this.project, path);
  }

  get playbook(): SourcePlace {
    return this.#task.folders;
  }

  async renderFile(path: string): Promise<string | Secret | UnknownValue> {
    const text = await this.project.read(path);
    if (text === undefined) throw sourceGone(path);
    const rendered = renderFile({ file: path, text }, this.#variables);
    const isSecret = typeof rendered === 'string' && this.#variables.hasSecretIn(rendered);
    return isSecret ? new Secret(rendered) : rendered;
  }

  http(request: HostHttpRequest): Promise<HostHttpResponse> {
    const { http } = this.#target.run.ports;
    const ask = (): Promise<HostHttpResponse> => http.request(this.host, request, this.signal);
    return isReading(request) ? this.#target.outlast(ask) : ask();
  }

  prove(probe: HealthProbe): Promise<HealthProof> {
    return this.#target.prover.prove(probe);
  }

  proveByDocker(): Promise<void> {
    return this.#target.prover.proveByDocker();
  }

  async takeDown(what: string, away?: Milliseconds): Promise<void> {
    await this.#target.containers.takeDown(what);
    if (away !== undefined) await this.#target.run.gate.outlive(this.host, away);
  }

  containerSpecs(
    templates: readonly ContainerTemplate[],
    image: string | undefined,
  ): Promise<readonly ContainerSpec[]> {
    return this.#target.specs.forTask(templates, image, this.#variables);
  }

  labelsFor(spec: ContainerSpec): Readonly<Record<string, string>> {
    return this.#target.specs.labelsFor(spec);
  }

  progress(message: string, done?: number, total?: number): void {
    this.#target.activity.report(message, done, total);
  }

  warn(message: string): void {
    const { run, host, eventHost } = this.#target;
    run.tally.warn(message, describeHost(host));
    run.bus.emit({ type: 'warning', host: eventHost, task: this.#task.event, message });
  }

  addHost(added: AddedHost): Promise<Host> {
    const { at } = this.#task;
    return growthOf(this.#target.run, at).add(added, at);
  }

  evaluate(condition: string): boolean | UnknownValue {
    return evaluateCondition(parseCondition(condition, this.#task.at), this.#variables);
  }

  variable(name: string): unknown {
    const at = this.#task.at;
    const isField = /^[A-Za-z_]\w*(\.\w+)+$/.test(name);
    return isField
      ? render({ value: `{{ ${name} }}`, locate: () => at }, this.#variables)
      : this.#variables.get(name);
  }
}

const isReading = ({ method }: HostHttpRequest): boolean => ['GET', 'HEAD'].includes(method.toUpperCase());

/** What the task and its play say about how modules run. */
export interface TaskSettings {
  readonly event: EventTask;
  readonly at: Task['at'];
  /** Where its files are looked up, the nearest first. */
  readonly folders: readonly string[];
  readonly become: boolean;
  readonly becomeUser?: string;
  readonly noLog: boolean;
  /** What each of its steps may take, and how long a host out of reach is waited for meanwhile. */
  readonly async?: Milliseconds;
  /** `poll: 0`: its command is started, and not waited for. */
  readonly asJob: boolean;
  /** The host whose turn it is in. */
  readonly turn: HostId;
  /** Locates what its arguments hold. */
  readonly locate: Locate;
  /** It only looks. */
  readonly checkMode: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

/** The environment of a task, the lowest mapping first, rendered to text. */
export function renderEnvironment(
  environment: Task['environment'],
  variables: Variables,
): Readonly<Record<string, string>> {
  const entries = environment.flatMap((raw) =>
    Object.entries(asMapping(withoutOmitted(render(raw, variables)))).map(([name, value]) => {
      const text = value instanceof Secret ? value.reveal() : String(value);
      const fault = environmentFault(text);
      if (fault === undefined) return [name, text] as const;
      const place = placeOf(raw.locate, [name]);
      throw environmentValue(`the value of ${name} in the environment`, fault, place);
    }),
  );
  return Object.fromEntries(entries);
}

const asMapping = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
