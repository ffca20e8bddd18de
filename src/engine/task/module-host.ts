import { environmentValue } from '../../errors/container-specs.js';
import { sourceGone } from '../../errors/inventory.js';
import { connectionLost } from '../../errors/ssh.js';
import type { EventTask } from '../../events/event.js';
import { evaluateCondition, parseCondition } from '../../expression/condition.js';
import { placeOf } from '../../expression/place.js';
import { render, renderFile } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import type { ContainerSpec, ContainerTemplate } from '../../model/container.js';
import { environmentFault } from '../../model/environment-text.js';
import type { HealthProbe } from '../../model/health.js';
import { describeHost, type Host } from '../../model/host.js';
import type { GroupName } from '../../model/ids.js';
import { Secret } from '../../model/secret.js';
import type { UnknownValue } from '../../model/unknown.js';
import type { HealthProof, HostTraffic, Images, ModuleHost, ModuleRunOptions } from '../../modules/module.js';
import type { Task } from '../../playbook/playbook.js';
import type { Clock } from '../../ports/clock.js';
import type { HostContainers } from '../../ports/container-runtime.js';
import type { HostFiles } from '../../ports/host-files.js';
import type { HostHttpRequest, HostHttpResponse } from '../../ports/host-http.js';
import type { ProjectFiles } from '../../ports/project-files.js';
import type { CommandResult, RemoteCommand, RunOptions, StepId } from '../../ports/transport.js';
import type { HostTarget } from '../host-target.js';
import { runStep } from './run-step.js';

/** What one task's module sees of its host. */
export class TaskHost implements ModuleHost {
  readonly #target: HostTarget;
  readonly #task: TaskSettings;
  readonly #variables: Variables;
  #step: string | undefined;

  constructor(target: HostTarget, task: TaskSettings, variables: Variables) {
    this.#target = target;
    this.#task = task;
    this.#variables = variables;
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
    return this.#target.run.checkMode;
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
    const { become, environment } = this.#task;
    const all = { ...options, become, env: environment, signal: this.signal };
    if (this.#step !== undefined) {
      const step = this.#target.stepOf(this.#step);
      return runStep(this.#target, command, { ...all, ...this.#spillOf(step), step });
    }
    // Not recorded as a step: it only reads, so it is run again when its outcome is unknown.
    return this.#target.outlast(async () => {
      const connection = await this.#target.run.ports.transport.connect(this.host, this.signal);
      const result = await connection.run(command, all);
      if (result.outcome.kind === 'unknown') throw connectionLost(this.host, result.outcome.reason);
      return result;
    });
  }

  /** From now on what the module runs changes the host for good: each command is a step of this position, run at most once. */
  beginSteps(position: string): void {
    this.#step = position;
  }

  /** Where too much output of a step goes; nowhere when it must not be shown. */
  #spillOf({ run, id }: StepId): Pick<RunOptions, 'spill'> {
    const { spills } = this.#target.run.ports;
    if (spills === undefined || this.#task.noLog) return {};
    return { spill: (stream) => spills.open(run, `${id}.${stream}`) };
  }

  get files(): HostFiles {
    const { become } = this.#task;
    return this.#target.run.ports.hostFiles.on(this.host, { become, signal: this.signal });
  }

  get project(): ProjectFiles {
    return this.#target.run.ports.files;
  }

  get playbook(): string {
    return this.#task.at.file;
  }

  async renderFile(path: string): Promise<string | Secret | UnknownValue> {
    const text = await this.project.read(path);
    if (text === undefined) throw sourceGone(path);
    return renderFile({ file: path, text }, this.#variables);
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
  readonly become: boolean;
  readonly noLog: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

/** The environment of a task, the lowest mapping first, rendered to text. */
export function renderEnvironment(
  environment: Task['environment'],
  variables: Variables,
): Readonly<Record<string, string>> {
  const entries = environment.flatMap((raw) =>
    Object.entries(asMapping(render(raw, variables))).map(([name, value]) => {
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
