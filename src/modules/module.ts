import { z } from 'zod';
import type { AdfError } from '../errors/adf-error.js';
import type { ContainerSpec, ContainerTemplate } from '../model/container.js';
import { defined } from '../model/defined.js';
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
import type { Clock } from '../ports/clock.js';
import type { HostContainers } from '../ports/container-runtime.js';
import type { HostFiles } from '../ports/host-files.js';
import type { HostHttpRequest, HostHttpResponse } from '../ports/host-http.js';
import type { ProjectFiles } from '../ports/project-files.js';
import type { RegistryCredentials } from '../ports/registry.js';
import type { CommandResult, RemoteCommand, RunOptions } from '../ports/transport.js';

/**
 * What a module may do to a host: only look, something that a hold can take back, something that it can say exactly beforehand and that
 * does nothing when done again, or something final. A dry run says of what is final that it cannot be taken back; and since nobody
 * knows what it would change, no later look at the host is known then. A file that is written over cannot be taken back either, there is
 * no hold for it; but its check knows all that it changes, so that a dry run may go on looking.
 */
type Effect = 'reads' | 'restorable' | 'idempotent' | 'one_way';

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
  /** Where what it changes is; on the host, unless it says otherwise. */
  readonly where?: ChangePlace;
  /** The argument that a bare string stands for: `shell: echo hi`. */
  readonly freeform?: string;
  /** Arguments that are sh: `{{ value }}` in them is quoted for the shell. */
  readonly shellArguments?: readonly string[];
  /** Arguments that a program on the host gets as its own, where everybody there can read them: no secret may be in them. */
  readonly visibleArguments?: readonly string[];
  /** The file of the control side that these arguments name: it must be there before anything runs. */
  readonly source?: (args: Args) => SourceFile | undefined;
  readonly schema: z.ZodType<Args>;
  check(args: Args, host: ModuleHost): Promise<Change<Details>>;
  apply(args: Args, details: Details, host: ModuleHost): Promise<ModuleResult>;
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

export type SourceFolder = 'files' | 'templates';

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
  readonly containers: HostContainers;
  readonly traffic: HostTraffic;
  readonly images: Images;
  /** Runs a command; `become` and `environment` of the task are applied. In the `apply` of a one-way module it is a step. */
  run(command: RemoteCommand, options?: ModuleRunOptions): Promise<CommandResult>;
  /** The host's files, as who the task's `become` says. */
  readonly files: HostFiles;
  /** The files on the control side. */
  readonly project: ProjectFiles;
  /** The file that the task stands in. */
  readonly playbook: string;
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
  /** A CEL condition over the host's variables. Unknown in a dry run when it depends on what is not known yet. */
  evaluate(condition: string): boolean | UnknownValue;
  /** A variable of the host, or a field of one (`release.version`), rendered. Throws when there is none. */
  variable(name: string): unknown;
}

/** What a module says of a command; all else is its task's. */
export type ModuleRunOptions = Omit<RunOptions, 'signal' | 'become' | 'env' | 'step'>;

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
  /** Registers, and waits until every target group says healthy. Throws `interlock.unhealthy` without proof of health. */
  putInService(registrations: readonly Registration[], timeout: Milliseconds): Promise<void>;
}

/** The images of the run: each reference means one digest, from its first use to the end. */
export interface Images {
  pin(reference: string): Promise<PinnedImage>;
  credentials(repository: string): Promise<RegistryCredentials | undefined>;
}

/** A module with its arguments' types closed over, so that a list can hold modules of every kind. */
export interface RegisteredModule {
  readonly name: string;
  readonly effect: Effect;
  readonly takesHostOut: boolean;
  readonly where: ChangePlace;
  readonly freeform?: string;
  readonly shellArguments: readonly string[];
  readonly visibleArguments: readonly string[];
  /** The file of the control side that rendered arguments name. Throws zod's error when they do not fit. */
  source?(args: unknown): SourceFile | undefined;
  readonly looksAtHost: boolean;
  readonly setsFacts: boolean;
  readonly conditionArguments: readonly string[];
  readonly variableArguments: readonly string[];
  /** The names of its arguments; empty when any may be given. */
  readonly arguments: readonly string[];
  /** Throws zod's error when rendered arguments do not fit. */
  validate(args: unknown): void;
  /** Validates rendered arguments and checks. Throws zod's error when they do not fit. */
  check(args: unknown, host: ModuleHost): Promise<CheckedTask>;
}

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
  /** Arguments that are CEL conditions, and no templates. */
  readonly conditionArguments?: readonly string[];
  /** Arguments that name a variable. */
  readonly variableArguments?: readonly string[];
  readonly schema: z.ZodType<Args>;
  readonly read: (args: Args, host: ModuleHost) => Promise<ModuleResult>;
}

/** Closes over the types of a module that only reads. */
export const registerReading = <Args>({
  name,
  freeform,
  looksAtHost = false,
  setsFacts = false,
  conditionArguments = [],
  variableArguments = [],
  schema,
  read,
}: ReadingModule<Args>): RegisteredModule => ({
  name,
  effect: 'reads',
  takesHostOut: false,
  where: 'host',
  ...defined({ freeform }),
  shellArguments: [],
  visibleArguments: [],
  looksAtHost,
  setsFacts,
  conditionArguments,
  variableArguments,
  arguments: argumentNames(schema),
  validate: (args) => void schema.parse(args),
  check: async (raw, host) => ({ changes: false, result: await read(schema.parse(raw), host) }),
});

/** Closes over a module's types. */
export function register<Args, Details>(module: Module<Args, Details>): RegisteredModule {
  return {
    name: module.name,
    effect: module.effect,
    takesHostOut: module.takesHostOut ?? false,
    where: module.where ?? 'host',
    ...defined({ freeform: module.freeform }),
    shellArguments: module.shellArguments ?? [],
    visibleArguments: module.visibleArguments ?? [],
    source: (args) => module.source?.(module.schema.parse(args)),
    looksAtHost: false,
    setsFacts: false,
    conditionArguments: [],
    variableArguments: [],
    arguments: argumentNames(module.schema),
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
