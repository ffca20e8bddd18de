import { z } from 'zod';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type {
  ContainerOutput,
  EngineNetwork,
  EngineObjects,
  EngineVolume,
  ExecCommand,
  ExecId,
  ExecState,
  NewNetwork,
  NewVolume,
  OutputOptions,
} from '../ports/engine-objects.js';
import type { RegistryCredentials } from '../ports/registry.js';
import type { EngineClient } from './engine-client.js';
import { readRawStream } from './raw-stream.js';
import { loginOf } from './registry-auth.js';

const notFound = 404;
const conflict = 409;
/** A command in a container may be silent for long: its connection says when it is lost. */
const execPatience: Milliseconds = 7 * 24 * 3_600_000;

const texts = z.record(z.string(), z.string()).nullish();

const networkAnswer = z.object({
  Id: z.string(),
  Name: z.string(),
  Driver: z.string().default(''),
  Internal: z.boolean().default(false),
  Attachable: z.boolean().default(false),
  EnableIPv6: z.boolean().default(false),
  Options: texts,
  Labels: texts,
  IPAM: z
    .object({
      Config: z
        .array(
          z.object({
            Subnet: z.string().default(''),
            Gateway: z.string().optional(),
            IPRange: z.string().optional(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

const volumeAnswer = z.object({
  Name: z.string(),
  Driver: z.string().default('local'),
  Mountpoint: z.string().default(''),
  Options: texts,
  Labels: texts,
});

const usersAnswer = z.array(z.object({ Names: z.array(z.string()).default([]) }));

const execAnswer = z.object({
  Running: z.boolean().default(false),
  ExitCode: z.number().nullish(),
  Pid: z.number().default(0),
});

/** Networks, volumes, logins, outputs and commands of one Engine, over its API. */
export class EngineThings implements EngineObjects {
  constructor(private readonly client: EngineClient) {}

  async network(name: string): Promise<EngineNetwork | undefined> {
    const answer = await this.client.call({ method: 'GET', path: networkPath(name) }, [notFound]);
    if (answer.status === notFound) return undefined;
    const { Id, Name, Driver, Internal, Attachable, EnableIPv6, Options, Labels, IPAM } = this.client.parse(
      networkAnswer,
      answer,
    );
    // The Engine also takes the beginning of an id.
    if (Name !== name) return undefined;
    return {
      id: Id,
      name: Name,
      driver: Driver,
      options: Options ?? {},
      labels: Labels ?? {},
      internal: Internal,
      attachable: Attachable,
      ipv6: EnableIPv6,
      subnets: (IPAM?.Config ?? []).map(({ Subnet, Gateway, IPRange }) => ({
        subnet: Subnet,
        ...defined({ gateway: Gateway, ipRange: IPRange }),
      })),
    };
  }

  async createNetwork(network: NewNetwork): Promise<void> {
    const { name, driver, options, labels, internal, attachable, ipv6, subnets } = network;
    const config = subnets.map(({ subnet, gateway, ipRange }) => ({
      Subnet: subnet,
      ...defined({ Gateway: gateway, IPRange: ipRange }),
    }));
    const body = {
      Name: name,
      Driver: driver,
      CheckDuplicate: true,
      Internal: internal,
      Attachable: attachable,
      EnableIPv6: ipv6,
      Options: options,
      Labels: labels,
      ...(config.length === 0 ? {} : { IPAM: { Config: config } }),
    };
    await this.client.call({ method: 'POST', path: '/networks/create', body });
  }

  async removeNetwork(name: string): Promise<void> {
    await this.client.call({ method: 'DELETE', path: networkPath(name) }, [notFound]);
  }

  async volume(name: string): Promise<EngineVolume | undefined> {
    const answer = await this.client.call({ method: 'GET', path: volumePath(name) }, [notFound]);
    if (answer.status === notFound) return undefined;
    const { Name, Driver, Mountpoint, Options, Labels } = this.client.parse(volumeAnswer, answer);
    return {
      name: Name,
      driver: Driver,
      options: Options ?? {},
      labels: Labels ?? {},
      mountpoint: Mountpoint,
    };
  }

  async createVolume({ name, driver, options, labels }: NewVolume): Promise<void> {
    const body = { Name: name, Driver: driver, DriverOpts: options, Labels: labels };
    await this.client.call({ method: 'POST', path: '/volumes/create', body });
  }

  async removeVolume(name: string): Promise<void> {
    await this.client.call({ method: 'DELETE', path: volumePath(name) }, [notFound]);
  }

  async usersOf(kind: 'volume' | 'network', name: string): Promise<readonly string[]> {
    const query = { all: '1', filters: JSON.stringify({ [kind]: [name] }) };
    const users = await this.client.read(usersAnswer, { method: 'GET', path: '/containers/json', query });
    return users.map(({ Names }) => (Names[0] ?? '').replace(/^\//, '')).sort();
  }

  async verifyLogin(credentials: RegistryCredentials): Promise<void> {
    await this.client.call({ method: 'POST', path: '/auth', body: loginOf(credentials) });
  }

  async output(
    container: string,
    { tail, since, until, timestamps = false }: OutputOptions,
  ): Promise<ContainerOutput> {
    const query = {
      stdout: '1',
      stderr: '1',
      timestamps: timestamps ? '1' : '0',
      tail: tail === undefined ? 'all' : String(tail),
      ...defined({ since, until }),
    };
    const path = `/containers/${encodeURIComponent(container)}/logs`;
    return readRawStream((await this.client.call({ method: 'GET', path, query })).body);
  }

  async prepareExec(container: string, command: ExecCommand): Promise<ExecId> {
    const { argv, user, env = {}, workdir, privileged = false, hasStdin } = command;
    const body = {
      AttachStdin: hasStdin,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Cmd: argv,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      Privileged: privileged,
      ...defined({ User: user, WorkingDir: workdir }),
    };
    const path = `/containers/${encodeURIComponent(container)}/exec`;
    const { Id } = await this.client.read(z.object({ Id: z.string() }), { method: 'POST', path, body });
    return Id;
  }

  async startExec(id: ExecId, stdin: string | undefined, signal?: AbortSignal): Promise<ContainerOutput> {
    const { body } = await this.client.call({
      method: 'POST',
      path: `/exec/${id}/start`,
      body: { Detach: false, Tty: false },
      patience: execPatience,
      ...defined({ signal, input: stdin }),
    });
    const output = readRawStream(body);
    // Where a command is begun a second time the Engine answers 200, and says so on its stdout. No program knows this id.
    const again = `Exec command ${id} (?:has already run|is already running)`;
    if (new RegExp(`^(?:Error: )?${again}\\s*$`).test(output.stdout)) {
      throw this.client.failure({ status: conflict, body: Buffer.from(output.stdout) });
    }
    return output;
  }

  async exec(id: ExecId): Promise<ExecState | undefined> {
    const answer = await this.client.call({ method: 'GET', path: `/exec/${id}/json` }, [notFound]);
    if (answer.status === notFound) return undefined;
    const { Running, ExitCode, Pid } = this.client.parse(execAnswer, answer);
    if (Running) return { state: 'running' };
    if (ExitCode !== null && ExitCode !== undefined) return { state: 'ended', code: ExitCode };
    return Pid > 0 ? { state: 'running' } : { state: 'prepared' };
  }
}

const networkPath = (name: string): string => `/networks/${encodeURIComponent(name)}`;
const volumePath = (name: string): string => `/volumes/${encodeURIComponent(name)}`;
