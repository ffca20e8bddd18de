import { defined } from '../model/defined.js';
import { AdfError, type ErrorClass } from './adf-error.js';

/** The lab's address is in use: by another lab, or by a program of this machine. */
export const labPortTaken = (what: string, address: string, port: number, cause?: unknown): AdfError =>
  new AdfError({
    code: 'lab.port_taken',
    class: 'refused',
    message: `the lab's ${what} cannot listen on ${address}:${port}: the port is in use`,
    hint: `If another lab holds it: adfpush lab stop. Else see what does: ss -ltnp 'sport = :${port}'`,
    cause,
  });

/** The operating system does not let the lab listen there, for another reason than a port in use. */
export const labCannotListen = (
  what: string,
  address: string,
  port: number,
  reason: string,
  cause?: unknown,
): AdfError =>
  new AdfError({
    code: 'lab.cannot_listen',
    class: 'refused',
    message: `the lab's ${what} cannot listen on ${address}:${port}: ${reason}`,
    hint: 'The lab needs nothing but ports of the loopback interface: check that this user may open them.',
    cause,
  });

/** No subnet of the loopback is free for the lab's hosts. */
export const labNoSubnet = (tried: number): AdfError =>
  new AdfError({
    code: 'lab.no_subnet',
    class: 'refused',
    message: `none of ${tried} loopback subnets has room for the lab's hosts`,
    hint: 'Stop labs that are still running: adfpush lab stop in their folders.',
  });

/** `lab start` where one runs already. */
export const labAlreadyRunning = (directory: string, pid: number): AdfError =>
  new AdfError({
    code: 'lab.already_running',
    class: 'refused',
    message: `a lab runs already in ${directory}, as process ${pid}`,
    hint: 'Use it, or end it first: adfpush lab stop',
  });

/** `lab stop` where none runs. */
export const labNotRunning = (directory: string): AdfError =>
  new AdfError({
    code: 'lab.not_running',
    class: 'refused',
    message: `no lab runs in ${directory}`,
    hint: 'Start one: adfpush lab start',
  });

/** The lab's process in the background ended, or said nothing, before it was ready. */
export const labDidNotStart = (reason: string, logFile: string): AdfError =>
  new AdfError({
    code: 'lab.did_not_start',
    class: 'failed',
    message: `the lab did not start: ${reason}`,
    hint: `See ${logFile}`,
  });

/** The lab's process was asked to end and did not. */
export const labDidNotStop = (pid: number): AdfError =>
  new AdfError({
    code: 'lab.did_not_stop',
    class: 'failed',
    message: `the lab's process ${pid} was asked to end and still runs`,
    hint: `End it yourself: kill ${pid}`,
  });

/** Something of the lab was asked for by a name that it does not have. */
export const labUnknown = (what: string, name: string, known: readonly string[]): AdfError =>
  new AdfError({
    code: 'lab.unknown',
    class: 'invalid',
    message: `the lab has no ${what} "${name}"`,
    hint: `It has: ${known.length === 0 ? 'none' : known.join(', ')}`,
  });

/** ssh2 kept making keys that it cannot read itself. */
export const labKeyGeneration = (attempts: number): AdfError =>
  new AdfError({
    code: 'lab.key_generation',
    class: 'failed',
    message: `${attempts} SSH keys in a row came out malformed`,
    hint: 'Try again; a key is malformed by chance.',
  });

/** What the lab's process in the background reported, as it was thrown there. */
export const labReported = (error: {
  readonly code: string;
  readonly class: ErrorClass;
  readonly message: string;
  readonly hint?: string | undefined;
}): AdfError =>
  new AdfError({
    code: error.code,
    class: error.class,
    message: error.message,
    ...defined({ hint: error.hint }),
  });
