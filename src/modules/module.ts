import { z } from 'zod';
import type { AdfError } from '../errors/adf-error.js';
import type { AddedHost } from '../model/added-host.js';
import type { ContainerSpec, ContainerTemplate } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { DrainedHost } from '../model/drained-hosts.js';
import type { Milliseconds } from '../model/duration.js';
import type { HealthProbe } from '../model/health.js';
import type { Taking } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { Registration, TargetGroup, TargetHealth } from '../model/registration.js';
import type { PinnedImage } from '../model/release.js';
import type { Secret } from '../model/secret.js';
import type { TargetGroupChoice } from '../model/settings.js';
import type { UnknownValue } from '../model/unknown.js';
import type { Locate } from '../model/source.js';
import type { Clock } from '../ports/clock.js';
import type { ControlSide } from '../ports/control-side.js';
import type { HostContainers } from '../ports/container-runtime.js';
import type { ExecCommand } from '../ports/engine-objects.js';
import type { HostFiles } from '../ports/host-files.js';
import type { HostHttpRequest, HostHttpResponse } from '../ports/host-http.js';
import type { ProjectFiles } from '../ports/project-files.js';
import type { RegistryCredentials } from '../ports/registry.js';
import type { SourcePlace } from './source-files.js';
import type { CommandResult, RemoteCommand, RunOptions } from '../ports/transport.js';

/**
 * What a module may do to a host: only look, something that a hold can take back, something that it can say exactly beforehand and that
 * does nothing when done again, or something final. A dry run says of what is final that it cannot be taken back; and since nobody
 * knows what it would change, no later look at the host is known then. A file that is written over cannot be taken back either, there is
 * no hold for it; but its check knows all that it changes, so that a dry run may go on looking.
 */
export type Effect = 'reads' | 'restorable' | 'idempotent' | 'one_way';

/** Where something is changed: on the host, which then lets nobody through who lost the lease; or elsewhere: at AWS, on the control side. */
type ChangePlace = 'host' | 'cloud';

/**
 * One thing a task can do. `check` observes and says what would change and what that would take away; `apply` makes
 * exactly that change. A dry run is `check` without `apply`.
 */
export interface Module<Args, Details> {
  readonly name: string;
  readonly effect: Effect;
  /** The host may serve nobody while, or after, it runs: plays with such a task are held to the floor. */
  readonly takesHostOut?: boolean;
  /** It acts on what the host has of its group: in plays with such a task a host is seen as a member of its group. */
  readonly needsGroup?: boolean;
  /** Where what it changes is; on the host, unless it says otherwise. */
  readonly where?: ChangePlace;
  /** The argument that a bare string stands for: `shell: echo hi`. */
  readonly freeform?: string;
  /** Arguments that are sh: `{{ value }}` in them is quoted for the shell. */
  readonly shellArguments?: readonly string[];
  /** Arguments that a program on the host gets as its own, where everybody there can read them: no secret may be in them. */
  readonly visibleArguments?: readonly string[];
  /** Arguments that tell a text with a secret in it from another: these get a `Secret`, all others its value. */
  readonly secretArguments?: readonly string[];
  /** What it does not take although Ansible's module of that name does, each with a sentence that says what to write instead. */
  readonly refusedArguments?: Readonly<Record<string, string>>;
  /** The file of the control side that these arguments name: it must be there before anything runs. */
  readonly source?: (args: Args) => SourceFile | undefined;
  readonly schema: z.ZodType<Args>;
  readonly docs?: ModuleDocs;
  check(args: Args, host: ModuleHost): Promise<Change<Details>>;
  apply(args: Args, details: Details, host: ModuleHost): Promise<ModuleResult>;
}

/** What the reference says of a module besides its parameters, which its schema describes. */
interface ModuleDocs {
  /** One sentence: what it does. */
  readonly summary: string;
  /** Tasks as YAML, each one a list item of a playbook. */
  readonly examples: readonly string[];
}

/** A file of the control side that a task needs. */
export interface SourceFile {
  /** The argument that names it. */
  readonly argument: string;
  readonly src: string;
  /** Where it is looked up first, beside the playbook and in the project. */
  readonly folder: SourceFolder;
  /** It is rendered with the host's variables. */
  readonly template?: boolean;
}

export type SourceFolder = 'files' | 'templates' | 'vars';

/** What `check` found. */
export type Change<Details> =
  | Unchanged
  | {
      readonly changes: true;
      /** For people, in the present tense: `pull registry/api@sha256:…`. */
      readonly summary: string;
      readonly diff?: string;
      /** What the host has and would lose: becomes holds, journaled before `apply` begins. */
      readonly takes: readonly Taking[];
      readonly details: Details;
    };

interface Unchanged {
  readonly changes: false;
  readonly result: ModuleResult;
  /** In a dry run: whether anything would change depends on what is not known yet. */
  readonly unknown?: UnknownValue;
}

/** What a task did, and what `register` keeps of it. */
export interface ModuleResult {
  readonly changed: boolean;
  /** It had nothing to do, and counts as a task whose condition did not hold: a `script` whose `creates` exists. */
  readonly skipped?: boolean;
  /** One line for people. */
  readonly message?: string;
  readonly diff?: string;
  /** What a command printed. */
  readonly output?: string;
  /** The fields that conditions and templates can use: `rc`, `stdout`, `status` … */
  readonly values: Readonly<Record<string, unknown>>;
  /** The task failed with a result that is worth keeping: a command that exited with 1. */
  readonly failure?: AdfError;
  /** It did not come to its own end (killed, out of time, lost): then `failed_when` has no say in its failure. */
  readonly unfinished?: boolean;
  /** Variables that outlive the task: `set_fact`. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Variables of project files that outlive the task, the lowest first; their templates are rendered when they are used. */
  readonly included?: readonly IncludedVariables[];
}

/** Variables of one file of the project. */
export interface IncludedVariables {
  /** As people are told where a value came from. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Locates by the path from a variable's name. */
  readonly locate: Locate;
}

/** A host as a module sees it: every port is behind the run's interlocks. */
export interface ModuleHost {
  readonly host: Host;
  /** The group that the run is about; undefined in a playbook that is not a deploy of one. */
  readonly group: GroupName | undefined;
  readonly clock: Clock;
  /** Aborted when the task is cancelled or timed out. */
  readonly signal: AbortSignal;
  readonly checkMode: boolean;
  /** In a dry run: which earlier tasks would have changed this host, in words; undefined where none would. */
  readonly comesFirst: string | undefined;
  readonly containers: HostContainers;
  readonly traffic: HostTraffic;
  readonly images: Images;
  /** Runs a command; `become` and `environment` of the task are applied. In the `apply` of a one-way module it is a step. */
  run(command: RemoteCommand, options?: ModuleRunOptions): Promise<CommandResult>;
  /**
   * Runs a command that changes the host, in `apply` of a module of any effect: always a step. The host keeps a record of it, so when its
   * connection is lost its end is looked up, and it never runs twice. `become` and `environment` of the task are applied.
   */
  runStep(command: RemoteCommand, options?: ModuleRunOptions): Promise<CommandResult>;
  /**
   * Of a task with `poll: 0`: starts a command as a job, in `apply` of a one-way module, in place of `run`. `become` and `environment` of the
   * task are applied. Throws `job.not_possible`, and what keeps it from being recorded.
   */
  readonly start: ((command: RemoteCommand, options?: ModuleRunOptions) => Promise<JobStart>) | undefined;
  /**
   * How the job with this id ended; undefined while it runs. Throws `playbook.unknown_job`, `playbook.job_elsewhere`, and what keeps the host
   * from being asked.
   */
  jobEnd(jid: string): Promise<JobEnd | undefined>;
  /**
   * Runs a command that only reads, once, on a host that is meant to be out of reach for a while: it is no blip then. Undefined when the host
   * gives no answer within that time, connecting included, or lets no one in yet. `become` and `environment` of the task are applied.
   * Throws what no waiting mends, such as `ssh.host_key`.
   */
  askOnce(command: RemoteCommand, within: Milliseconds): Promise<CommandResult | undefined>;
  /**
   * Runs a command in a container, through the Docker Engine, at most once. An outcome that is not known is in the result, as with a step.
   * Throws `docker.api`.
   */
  exec(container: string, command: ExecCommand, stdin: string | undefined): Promise<CommandResult>;
  /** The host's files, as who the task's `become` says. */
  readonly files: HostFiles;
  /** The files on the control side. */
  readonly project: ProjectFiles;
  /** The control machine itself: its programs and its network. */
  readonly control: ControlSide;
  /** The task's `environment`. `run` applies it by itself. */
  readonly environment: Readonly<Record<string, string>>;
  /** The variables in a file of the project. Throws `config.*` at the place of a mistake. */
  readVariables(path: string): Promise<IncludedVariables>;
  /** Where the task's files are looked up first; for `findSource`. */
  readonly playbook: SourcePlace;
  /** Renders a file of the control side with the host's variables; nothing is escaped. Throws at the place in that file. */
  renderFile(path: string): Promise<string | Secret | UnknownValue>;
  http(request: HostHttpRequest): Promise<HostHttpResponse>;
  /**
   * Proves the host healthy: N passes in a row without a restart of its containers. Throws `health.not_proven` with the
   * last answer, at once when a container is in a crash loop.
   */
  prove(probe: HealthProbe): Promise<HealthProof>;
  /** Of a group without a health check: waits until Docker's own checks of its containers pass. Throws `health.not_proven`. */
  proveByDocker(): Promise<void>;
  /**
   * To be called by `apply` before it stops what the host's containers run on: `what` is `reboot`. Throws `interlock.not_drained` while a
   * target group of its group has the host in service. From then on its health has to be proven before it is registered again. With `away`,
   * how long the host itself may give no answer, the run's leases are made to last that long: they may be kept on this host. Throws
   * `lease.*` where that fails.
   */
  takeDown(what: string, away?: Milliseconds): Promise<void>;
  /** Container specifications with their images pinned, env files rendered, and labels for this run. */
  containerSpecs(
    templates: readonly ContainerTemplate[],
    image: string | undefined,
  ): Promise<readonly ContainerSpec[]>;
  /** The labels that make a container ours. */
  labelsFor(spec: ContainerSpec): Readonly<Record<string, string>>;
  /** The probe of the host's group, kept in holds. */
  readonly probe: HealthProbe | undefined;
  progress(message: string, done?: number, total?: number): void;
  /** Tells of something that a person should know and that does not keep the task from going on: in its host's lines, and in the result. */
  warn(message: string): void;
  /**
   * Adds a host to the run, or groups and variables to one that there is. Throws `add_host.*`, and zod's error for what is wrong in its `ssh`
   * or `docker`.
   */
  addHost(added: AddedHost): Promise<Host>;
  /** A CEL condition over the host's variables. Unknown in a dry run when it depends on what is not known yet. */
  evaluate(condition: string): boolean | UnknownValue;
  /** A variable of the host, or a field of one (`release.version`), rendered. Throws when there is none. */
  variable(name: string): unknown;
}

/** What a module says of a command; all else is its task's. */
export type ModuleRunOptions = Omit<RunOptions, 'signal' | 'become' | 'env' | 'step'>;

/** `started` is success when the job began, and goes on by itself; otherwise it tells why it did not. */
export interface JobStart {
  readonly id: string;
  readonly started: CommandResult;
}

/** How a job ended: as its command did, or its module found nothing to do. */
export type JobEnd =
  | {
      readonly ran: CommandResult;
      /** The task that started it has `no_log`: what it says must not be shown. */
      readonly noLog: boolean;
    }
  | { readonly notNeeded: ModuleResult };

export interface HealthProof {
  readonly passes: number;
  readonly duration: Milliseconds;
  /** The last answer, in words: `200 in 3 ms`. */
  readonly lastAnswer: string;
}

/** The host's places in its target groups. */
export interface HostTraffic {
  /** The groups that a choice means for this host. Throws when one does not exist. */
  groups(choice: TargetGroupChoice): Promise<readonly TargetGroup[]>;
  /** Where the host stands now: all its registrations in these groups, draining ones too. */
  registrations(groups: readonly TargetGroup[]): Promise<readonly TargetHealth[]>;
  /** Where the host belongs: what is held, what is registered, and for a new host what its peers have. */
  planned(groups: readonly TargetGroup[]): Promise<readonly Registration[]>;
  /**
   * Takes the registrations out and waits until they are drained. Waits for the floor, and throws `floor.blocked` when it
   * does not give way; throws `interlock.*` when the image is not on the host yet.
   */
  drain(registrations: readonly Registration[], timeout: Milliseconds | 'default'): Promise<void>;
  /**
   * Registers, and waits until every target group says healthy. That the host is kept out of service ends when its turn ended well. Throws
   * `interlock.unhealthy` without proof of health, `drain.kept_out` where a person keeps it out.
   */
  putInService(registrations: readonly Registration[], timeout: Milliseconds): Promise<void>;
  /** A person keeps the host out of service. */
  readonly keptOut: DrainedHost | undefined;
  /** Writes down that the host stays out of service when the run ends, until `undrain`. Throws `drain.not_recorded`. */
  keepOut(reason: string | undefined): Promise<void>;
}

/** The images of the run: each reference means one digest, from its first use to the end. */
export interface Images {
  pin(reference: string): Promise<PinnedImage>;
  credentials(repository: string): Promise<RegistryCredentials | undefined>;
  /** For the rest of the run, a registry is spoken to with these; they are in memory alone. */
  logIn(registry: string, credentials: RegistryCredentials): void;
}

/** A module with its arguments' types closed over, so that a list can hold modules of every kind. */
export interface RegisteredModule {
  readonly name: string;
  readonly effect: Effect;
  readonly takesHostOut: boolean;
  readonly needsGroup: boolean;
  readonly where: ChangePlace;
  readonly freeform?: string;
  readonly shellArguments: readonly string[];
  readonly visibleArguments: readonly string[];
  readonly secretArguments: readonly string[];
  readonly refusedArguments?: Readonly<Record<string, string>>;
  /** The file of the control side that rendered arguments name. Throws zod's error when they do not fit. */
  source?(args: unknown): SourceFile | undefined;
  readonly looksAtHost: boolean;
  readonly setsFacts: boolean;
  readonly addsHosts: boolean;
  readonly foresees?: (value: unknown) => Readonly<Record<string, unknown>>;
  readonly conditionArguments: readonly string[];
  readonly variableArguments: readonly string[];
  /** The names of its arguments; empty when any may be given. */
  readonly arguments: readonly string[];
  /** What its arguments must be, for the reference. */
  readonly schema: z.ZodType;
  readonly docs?: ModuleDocs;
  /** Throws zod's error when rendered arguments do not fit. */
  validate(args: unknown): void;
  /** Validates rendered arguments and checks. Throws zod's error when they do not fit. */
  check(args: unknown, host: ModuleHost): Promise<CheckedTask>;
}

/** The modules that tasks can name: those of adfpush, and the project's own. */
export type ModulesByName = ReadonlyMap<string, RegisteredModule>;

export type CheckedTask =
  | Unchanged
  | {
      readonly changes: true;
      readonly summary: string;
      readonly diff?: string;
      readonly takes: readonly Taking[];
      apply(): Promise<ModuleResult>;
    };

/** A module that changes nothing: reading is all it does, in a dry run too. */
export interface ReadingModule<Args> {
  readonly name: string;
  readonly freeform?: string;
  /** What it tells is the host's state: in a dry run it is not known once something would have changed. */
  readonly looksAtHost?: boolean;
  /** Its arguments are variables to be set; in a dry run each may be unknown by itself. */
  readonly setsFacts?: boolean;
  /** It adds hosts to the run. As in Ansible it runs once for each batch, on its first host. */
  readonly addsHosts?: boolean;
  /** Arguments that others can read: no secret may be in them. */
  readonly visibleArguments?: readonly string[];
  /** The variables that it sets whatever its arguments are, with this value wherever it is not known before. */
  readonly foresees?: (value: unknown) => Readonly<Record<string, unknown>>;
  /** Arguments that are CEL conditions, and no templates. */
  readonly conditionArguments?: readonly string[];
  /** Arguments that name a variable. */
  readonly variableArguments?: readonly string[];
  readonly refusedArguments?: Module<Args, never>['refusedArguments'];
  readonly schema: z.ZodType<Args>;
  readonly docs?: ModuleDocs;
  readonly read: (args: Args, host: ModuleHost) => Promise<ModuleResult>;
}

/** Closes over the types of a module that only reads. */
export const registerReading = <Args>({
  name,
  freeform,
  looksAtHost = false,
  setsFacts = false,
  addsHosts = false,
  visibleArguments = [],
  foresees,
  conditionArguments = [],
  variableArguments = [],
  refusedArguments,
  schema,
  docs,
  read,
}: ReadingModule<Args>): RegisteredModule => ({
  name,
  effect: 'reads',
  takesHostOut: false,
  needsGroup: false,
  where: 'host',
  ...defined({ freeform }),
  shellArguments: [],
  visibleArguments,
  secretArguments: [],
  ...defined({ refusedArguments }),
  looksAtHost,
  setsFacts,
  addsHosts,
  ...defined({ foresees }),
  conditionArguments,
  variableArguments,
  arguments: argumentNames(schema),
  schema,
  ...defined({ docs }),
  validate: (args) => void schema.parse(args),
  check: async (raw, host) => ({ changes: false, result: await read(schema.parse(raw), host) }),
});

/** Closes over a module's types. */
export function register<Args, Details>(module: Module<Args, Details>): RegisteredModule {
  return {
    name: module.name,
    effect: module.effect,
    takesHostOut: module.takesHostOut ?? false,
    needsGroup: module.needsGroup ?? module.takesHostOut ?? false,
    where: module.where ?? 'host',
    ...defined({ freeform: module.freeform }),
    shellArguments: module.shellArguments ?? [],
    visibleArguments: module.visibleArguments ?? [],
    secretArguments: module.secretArguments ?? [],
    ...defined({ refusedArguments: module.refusedArguments }),
    source: (args) => module.source?.(module.schema.parse(args)),
    looksAtHost: false,
    setsFacts: false,
    addsHosts: false,
    conditionArguments: [],
    variableArguments: [],
    arguments: argumentNames(module.schema),
    schema: module.schema,
    ...defined({ docs: module.docs }),
    validate: (args) => void module.schema.parse(args),
    async check(raw, host) {
      const args = module.schema.parse(raw);
      const change = await module.check(args, host);
      if (!change.changes) return change;
      const { details, ...visible } = change;
      return { ...visible, apply: async () => module.apply(args, details, host) };
    },
  };
}

const argumentNames = (schema: z.ZodType): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
