import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import {
  labAlreadyRunning,
  labDidNotStart,
  labDidNotStop,
  labNotRunning,
  labReported,
} from '../errors/lab.js';
import { programFile } from '../program-files.js';
import { readState, removeState, type BackgroundLab } from './state-file.js';

export type { BackgroundLab } from './state-file.js';

/** The ports of `lab start`, so that inventory/lab.yml of this repository can be committed. */
export const fixedPorts = { aws: 4_710, balancer: 4_780, registry: 4_750 } as const;

/** Where a project keeps its lab. */
export const labDirectory = '.adfpush/lab';

export interface BackgroundOptions {
  readonly directory: string;
  readonly hosts?: number;
  readonly workers?: number;
  readonly ports?: { readonly aws: number; readonly balancer: number; readonly registry: number };
  /** Node's own options for the process. */
  readonly nodeOptions?: readonly string[];
}

const reportSchema = z.discriminatedUnion('ready', [
  z.object({ ready: z.literal(true) }),
  z.object({
    ready: z.literal(false),
    error: z.object({
      code: z.string(),
      class: z.enum(['bug', 'invalid', 'refused', 'failed', 'needs_person']),
      message: z.string(),
      hint: z.string().optional(),
    }),
  }),
]);

const startLimit = 20_000;
const stopLimit = 15_000;

const entry = programFile('lab/background-process');

/**
 * Starts a lab as a process of its own, that stays when this one ends. Resolves when it is ready.
 * Throws `lab.already_running`, `lab.port_taken`, `lab.did_not_start`.
 */
export async function startInBackground(options: BackgroundOptions): Promise<BackgroundLab> {
  const directory = resolve(options.directory);
  const present = readState(directory);
  if (present !== undefined && (await answers(present))) throw labAlreadyRunning(directory, present.pid);
  removeState(directory);
  mkdirSync(directory, { recursive: true });
  const logFile = join(directory, 'lab.log');
  const log = openSync(logFile, 'w');
  const { hosts = 4, workers = 2, ports = fixedPorts } = options;
  const child = spawn(
    process.execPath,
    [...(options.nodeOptions ?? []), entry, JSON.stringify({ directory, hosts, workers, ports })],
    { detached: true, stdio: ['ignore', log, log, 'ipc'] },
  );
  closeSync(log);
  await ready(child, logFile);
  child.disconnect();
  child.unref();
  const started = readState(directory);
  if (started === undefined) throw labDidNotStart('it left no state behind', logFile);
  return started;
}

/**
 * Asks the lab of a folder to end, and waits until it did. Only that process is ever asked, and only by what it wrote
 * down itself. Throws `lab.not_running`, `lab.did_not_stop`.
 */
export async function stopInBackground(directory: string): Promise<BackgroundLab> {
  const folder = resolve(directory);
  const lab = readState(folder);
  if (lab === undefined) throw labNotRunning(folder);
  const asked = await fetch(lab.control, { method: 'POST', headers: authorization(lab) }).catch(
    () => undefined,
  );
  if (asked?.ok !== true) {
    removeState(folder);
    throw labNotRunning(folder);
  }
  const deadline = performance.now() + stopLimit;
  while (runs(lab.pid)) {
    if (performance.now() > deadline) throw labDidNotStop(lab.pid);
    await delay(25);
  }
  return lab;
}

/** The lab that runs in a folder, if one does. */
export async function findInBackground(directory: string): Promise<BackgroundLab | undefined> {
  const lab = readState(resolve(directory));
  return lab !== undefined && (await answers(lab)) ? lab : undefined;
}

/**
 * What a person may try on a lab that runs, as lines. In a folder without an inventory/lab.yml, and where the hosts are behind
 * a bastion, only the project that the lab wrote itself reaches it.
 */
export const commandsToTry = ({
  balancerUrl,
  directory,
  project,
  bastion,
}: BackgroundLab): readonly string[] => [
  ...(bastion || !existsSync(join(directory, '../../inventory/lab.yml')) ? [`cd ${project}`] : []),
  'adfpush inventory list --env lab',
  'adfpush plan --group api --env lab --version v1',
  'adfpush deploy --group api --env lab --version v1',
  `curl ${balancerUrl}/`,
  'adfpush deploy --group api --env lab --version v2',
  'adfpush deploy --group api --env lab --version v3    # never healthy: watch it roll back',
  'adfpush status --group api --env lab',
  'adfpush exec --group api --env lab -- docker ps -a',
  'adfpush lab stop',
];

function ready(child: ChildProcess, logFile: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(labDidNotStart(`it was not ready after ${startLimit / 1_000} s`, logFile));
    }, startLimit);
    const settle = (outcome: () => void): void => {
      clearTimeout(limit);
      child.removeAllListeners();
      outcome();
    };
    child.once('error', (error) => settle(() => reject(labDidNotStart(error.message, logFile))));
    child.once('exit', (code, signal) =>
      settle(() => reject(labDidNotStart(`it ended with ${signal ?? `code ${code ?? '?'}`}`, logFile))),
    );
    child.once('message', (message) =>
      settle(() => {
        const report = reportSchema.parse(message);
        if (report.ready) resolve();
        else reject(labReported(report.error));
      }),
    );
  });
}

/** Anything that is not the lab itself does not know why the wrong token is refused. */
async function answers({ control }: BackgroundLab): Promise<boolean> {
  const answer = await fetch(control).catch(() => undefined);
  return answer?.status === 403;
}

const authorization = ({ token }: BackgroundLab) => ({ authorization: `Bearer ${token}` });

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
