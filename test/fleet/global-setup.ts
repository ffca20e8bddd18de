import type { TestProject } from 'vitest/node';
import { everythingIsDemanded } from '../demanded.js';
import { findEngine } from './engine/engine.js';
import { startMachines, type Machines } from './machines.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined when the fleet is left out. */
    machines: Machines | undefined;
  }
}

/** How many hosts the fleet has. */
const hosts = 4;

/**
 * Starts the fleet's containers once for all its test files. Without a Docker Engine the fleet's tests are left
 * out, loudly; with ADFPUSH_FLEET=required that is a failure.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await start()
    .catch(async (error: unknown) => {
      // A busy machine may need a second try, as tests do.
      process.stderr.write(`the fleet is started once more: ${reasonOf(error)}\n`);
      return start();
    })
    .catch(reasonOf);
  if (typeof started === 'string') return leaveOut(project, started);
  project.provide('machines', started.machines);
  return started.stop;
}

/** Throws why it cannot be started. */
async function start(): Promise<{ readonly machines: Machines; readonly stop: () => Promise<void> }> {
  const engine = await findEngine();
  if ('reason' in engine) throw new Error(engine.reason);
  try {
    const { machines, stop } = await startMachines(engine, hosts);
    return {
      machines,
      stop: async () => {
        await stop();
        await engine.stop();
      },
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

/** With what caused it: what is waited for in vain says what went wrong while it was looked for. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}

function leaveOut(project: TestProject, reason: string): () => Promise<void> {
  if (everythingIsDemanded()) throw new Error(`the fleet cannot start: ${reason}`);
  const lines = [
    'THE FLEET WAS LEFT OUT: the tests in test/fleet did not run.',
    ...reason.split('\n'),
    'They need Linux and a Docker Engine; or root on Debian with docker.io, iptables, mmdebstrap and gcc.',
    'ADFPUSH_FLEET=required makes this a failure.',
  ];
  const frame = '!'.repeat(Math.max(...lines.map((line) => line.length)) + 4);
  const banner = `\n${[frame, ...lines.map((line) => `! ${line}`), frame].join('\n')}\n\n`;
  process.stderr.write(banner);
  project.provide('machines', undefined);
  // Said again at the end, where a reader looks first.
  return async () => void process.stderr.write(banner);
}
