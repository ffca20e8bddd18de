import Docker from 'dockerode';
import { userInfo } from 'node:os';
import { ownEngine } from './own-engine.js';

/** The Docker Engine that runs the fleet's hosts. */
export interface Engine {
  /** As DOCKER_HOST spells it: `unix:///var/run/docker.sock`. */
  readonly address: string;
  readonly docker: Docker;
  /** True when these tests started it, and so have to end it. */
  readonly own: boolean;
  stop(): Promise<void>;
}

/** Why there is none, as a sentence for people. */
export interface NoEngine {
  readonly reason: string;
}

/** Speaks to the Engine at a DOCKER_HOST style address. */
export function dockerAt(address: string): Docker {
  const url = new URL(address);
  return url.protocol === 'unix:'
    ? new Docker({ socketPath: url.pathname })
    : new Docker({ protocol: 'http', host: url.hostname, port: Number(url.port || 2375) });
}

export async function answers(docker: Docker): Promise<boolean> {
  try {
    await docker.ping();
    return true;
  } catch {
    return false;
  }
}

/** For what may be gone already; throws every other error. */
export function unlessGone(error: unknown): undefined {
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
  throw error;
}

/** The Engine of DOCKER_HOST or of the default socket; else one of the tests' own, where root may start it. */
export async function findEngine(): Promise<Engine | NoEngine> {
  if (process.platform !== 'linux') {
    return { reason: 'the fleet needs Linux: its hosts are reached by the addresses of their containers' };
  }
  const given = process.env['DOCKER_HOST'];
  for (const address of given === undefined ? ['unix:///var/run/docker.sock'] : [given]) {
    const docker = dockerAt(address);
    if (await answers(docker)) return { address, docker, own: false, stop: async () => {} };
    if (given !== undefined) return { reason: `no Docker Engine answers at DOCKER_HOST=${given}` };
  }
  if (userInfo().uid !== 0) {
    return { reason: 'no Docker Engine answers, and only root can start one for the tests' };
  }
  return ownEngine();
}
