import type { RegistryCredentials } from './registry.js';

/** What one Engine has besides containers and images. All methods may throw the transport's errors and `docker.api`. */
export interface EngineObjects {
  /** Undefined when there is none of exactly this name. */
  network(name: string): Promise<EngineNetwork | undefined>;
  createNetwork(network: NewNetwork): Promise<void>;
  /** One that is not there is no error. Throws `docker.api` for one that is in use. */
  removeNetwork(name: string): Promise<void>;
  volume(name: string): Promise<EngineVolume | undefined>;
  createVolume(volume: NewVolume): Promise<void>;
  /** One that is not there is no error. Throws `docker.api` for one that is in use. */
  removeVolume(name: string): Promise<void>;
  /** The names of containers, stopped ones too, that use this volume or network. */
  usersOf(kind: 'volume' | 'network', name: string): Promise<readonly string[]>;
  /** Has the Engine show the credentials to their registry, and keeps nothing. Throws `docker.api`, 401 when they are refused. */
  verifyLogin(credentials: RegistryCredentials): Promise<void>;
  /** What a container printed. Throws `docker.api`, 404 when there is none. */
  output(container: string, options: OutputOptions): Promise<ContainerOutput>;
  /** Prepares a command in a running container, and runs nothing yet. */
  prepareExec(container: string, command: ExecCommand): Promise<ExecId>;
  /** Runs what was prepared, to its end. The Engine runs it once at most: a second time throws `docker.api`, 409. */
  startExec(id: ExecId, stdin: string | undefined, signal?: AbortSignal): Promise<ContainerOutput>;
  /** Undefined when the Engine does not know it any more. */
  exec(id: ExecId): Promise<ExecState | undefined>;
}

export type ExecId = string;

export interface NewNetwork {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv6: boolean;
  readonly subnets: readonly Subnet[];
}

interface Subnet {
  readonly subnet: string;
  readonly gateway?: string | undefined;
  readonly ipRange?: string | undefined;
}

export interface EngineNetwork extends NewNetwork {
  readonly id: string;
}

export interface NewVolume {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface EngineVolume extends NewVolume {
  readonly mountpoint: string;
}

export interface OutputOptions {
  /** Lines from the end; all when absent. */
  readonly tail?: number;
  /** Times as Docker takes them: a Unix time, an RFC 3339 time. */
  readonly since?: string;
  readonly until?: string;
  readonly timestamps?: boolean;
}

export interface ContainerOutput {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecCommand {
  readonly argv: readonly string[];
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly privileged?: boolean;
  /** Whether it is given an input. */
  readonly hasStdin: boolean;
}

/** A command in a container: not begun yet, running, or ended. */
export type ExecState =
  | { readonly state: 'prepared' }
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly code: number };
