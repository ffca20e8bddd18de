import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { ServerChannel, Session } from 'ssh2';

/** What a session may do on its host. */
export interface SessionHost {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Connects a stream to the host's Docker Engine. */
  dialDocker(stream: Duplex): void;
  /** Every process started, to be ended with the lab. */
  started(child: ChildProcess): void;
}

/**
 * What `docker system dial-stdio` looks like, with sudo or without, and with a word that a shell says first; answered without a process, as
 * it is called for every host.
 */
const dialStdio =
  /^(exec )?(\/bin\/sh -c 'echo (?<word>[\w-]+); (exec )?)?(sudo -n (-- )?)?docker (-H \S+ )?system dial-stdio'?$/;

/** Absent when the client wants no answer, which ssh2's types do not say. */
type Acknowledge = (() => void) | undefined;

/** One session of a connection: a command, run as sshd would by a shell, or a shell that reads commands from its input. */
export function serveSession(session: Session, host: SessionHost): void {
  let child: ChildProcess | undefined;
  session.on('pty', (accept: Acknowledge) => accept?.());
  session.on('env', (accept: Acknowledge) => accept?.());
  session.on('signal', (accept: Acknowledge, _reject, { name }) => {
    accept?.();
    if (child?.pid !== undefined) signalGroup(child.pid, `SIG${name}`);
  });
  session.on('shell', (accept) => {
    child = run(accept(), 'exec /bin/sh', host);
  });
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    const dialled = dialStdio.exec(command);
    if (dialled === null) child = run(channel, command, host);
    else dial(channel, host, dialled.groups?.['word']);
  });
}

function dial(channel: ServerChannel, host: SessionHost, word: string | undefined): void {
  channel.on('error', () => channel.destroy());
  if (word !== undefined) channel.write(`${word}\n`);
  channel.once('finish', () => {
    channel.exit(0);
    channel.close();
  });
  host.dialDocker(channel);
}

/**
 * A process outlives the channel that it was started through, as under a real sshd: the connection may be lost, the command
 * goes on. The channel ends when all output is read, its exit code comes as soon as it is known.
 */
function run(channel: ServerChannel, command: string, host: SessionHost): ChildProcess {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: host.root,
    env: host.environment,
    stdio: 'pipe',
    detached: true,
  });
  host.started(child);
  channel.on('error', () => channel.destroy());
  child.stdin.on('error', () => channel.resume());
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.once('close', () => {
    child.stdin.destroy();
    for (const output of [child.stdout, child.stderr]) output.unpipe().resume();
  });
  child.once('error', () => {
    channel.exit(126);
    channel.end();
  });
  child.once('exit', (code, signal) => {
    if (channel.destroyed) return;
    if (code !== null) channel.exit(code);
    else channel.exit((signal ?? 'SIGKILL').slice('SIG'.length), false, '');
  });
  child.once('close', () => {
    if (channel.destroyed) return;
    channel.end();
    channel.close();
  });
  return child;
}

/** To the command and all that it started. One that has ended is no error. */
export function signalGroup(pid: number, signal: string): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
