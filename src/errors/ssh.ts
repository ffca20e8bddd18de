import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

/** No HTTP answer came: refused, reset, timed out, or not HTTP. */
export const noAnswer = (host: ErrorHost, url: string, reason: string): AdfError =>
  new AdfError({
    code: 'http.no_answer',
    class: 'failed',
    message: `${url} on ${describeHost(host)} gives no answer: ${reason}`,
    host: describeHost(host),
  });

/** The part of a host that an error names. */
export type ErrorHost = Pick<Host, 'id' | 'name' | 'address'>;

/** How far a connection came before it failed. */
export type ConnectPhase =
  'settings' | 'name' | 'tcp' | 'banner' | 'handshake' | 'authentication' | 'bastion' | 'channel';

const phaseHints: Readonly<Record<ConnectPhase, string>> = {
  settings: 'Correct the ssh settings of this host.',
  name: 'Check the address, and that this machine can resolve it.',
  tcp: 'Check that the host runs, that sshd listens on this port, and that no security group is in between.',
  banner:
    'Something accepted the connection and did not speak SSH in time: check the port, and MaxStartups and PerSourcePenalties in its sshd_config.',
  handshake: 'The server offers no algorithm that adfpush knows, or ended the connection: see its sshd log.',
  authentication: 'The server ended the connection, or did not answer in time: see its sshd log.',
  bastion: 'Check that the bastion may reach this address and port, and that its sshd allows TCP forwarding.',
  channel: 'The server refused another session: see MaxSessions in its sshd_config.',
};

/** The login works, and what runs then is something else than commands: it prints `words`, and ends the session. */
export function runsNoCommands(host: ErrorHost, words: string): AdfError {
  const said = words.replace(/\s+/g, ' ').trim().slice(0, 300).replace(/\.$/, '');
  const user = /as the user "?([^"\s]+?)"? rather than/i.exec(said)?.[1];
  return new AdfError({
    code: 'ssh.runs_no_commands',
    class: 'failed',
    message: `${describeHost(host)} lets the login in and runs no command. It says: ${said}.`,
    phase: 'authentication',
    host: describeHost(host),
    hint:
      user === undefined
        ? 'Log in by hand with ssh to see it, and mend what it says; or name another user: ssh: { user: NAME } in the inventory.'
        : `Name that user in the inventory: ssh: { user: ${user} }`,
  });
}

/** The host cannot be reached: its name, its port, its banner … `reason` says how that showed. */
export const unreachable = (
  host: ErrorHost,
  phase: ConnectPhase,
  reason: string,
  cause?: unknown,
): AdfError =>
  new AdfError({
    code: 'ssh.unreachable',
    class: 'failed',
    message: `${describeHost(host)} cannot be reached at ${host.address}: ${reason} (${phase})`,
    host: describeHost(host),
    phase,
    hint: phaseHints[phase],
    cause,
  });

/** The connection was there and is gone; what was under way has an unknown outcome. */
export const connectionLost = (host: ErrorHost, reason: string, cause?: unknown): AdfError =>
  new AdfError({
    code: 'ssh.connection_lost',
    class: 'failed',
    message: `the connection to ${describeHost(host)} was lost: ${reason}`,
    host: describeHost(host),
    hint: 'Check the host and the network; what was under way may or may not have happened.',
    cause,
  });

/** The server does not allow forwarding to `target`, or nothing listens there. */
export const forwardingRefused = (host: ErrorHost, target: string, reason: string): AdfError =>
  new AdfError({
    code: 'ssh.forwarding_refused',
    class: 'failed',
    message: `${describeHost(host)} refuses to forward to ${target}: ${reason}`,
    host: describeHost(host),
    hint: 'See AllowTcpForwarding and AllowStreamLocalForwarding in its sshd_config.',
  });

/** Forwarding is allowed, and nothing listens at `target`, or it does not answer. */
export const forwardingUnanswered = (host: ErrorHost, target: string, reason: string): AdfError =>
  new AdfError({
    code: 'ssh.forwarding_unanswered',
    class: 'failed',
    message: `nothing answers at ${target} on ${describeHost(host)}: ${reason}`,
    host: describeHost(host),
  });

/** A bastion that is reached through itself. `way` is the whole circle, the nearest to the host first. */
export const proxyJumpLoop = (host: ErrorHost, way: readonly string[]): AdfError =>
  new AdfError({
    code: 'ssh.proxy_jump',
    class: 'invalid',
    message: `${describeHost(host)} is to be reached through itself: ${way.join(', which is behind ')}`,
    host: describeHost(host),
    hint: "Set ProxyJump none for the bastion in OpenSSH's configuration, or proxy_jump: none in its ssh settings.",
  });

/** A jump host that cannot be read. */
export const proxyJumpInvalid = (host: ErrorHost, proxyJump: string): AdfError =>
  new AdfError({
    code: 'ssh.proxy_jump',
    class: 'invalid',
    message: `"${proxyJump}", the proxy_jump of ${describeHost(host)}, is not of the form user@host:port`,
    host: describeHost(host),
    hint: 'Write user@host:port; user and port may be left out; an IPv6 address stands in brackets; several have commas between them.',
  });

/** The program at the other end of a stream has ended. `stderr` is the end of what it said. */
export const commandEnded = (
  host: ErrorHost,
  argv: readonly string[],
  how: string,
  stderr: string,
): AdfError =>
  new AdfError({
    code: 'command.ended',
    class: 'failed',
    message: `${argv.join(' ')} on ${describeHost(host)} ended ${how}${stderr === '' ? '' : `: ${stderr}`}`,
    host: describeHost(host),
  });

/** A name that no shell takes for an environment variable. */
export const invalidVariableName = (name: string): AdfError =>
  new AdfError({
    code: 'command.environment',
    class: 'invalid',
    message: `"${name}" cannot be the name of an environment variable`,
    hint: 'Use letters, digits and underscores, and no digit first.',
  });

/** A command's argument holds a NUL, which ends a string on every Unix: it cannot be passed on. */
export const nulInArgument = (argument: string): AdfError =>
  new AdfError({
    code: 'command.argument',
    class: 'invalid',
    message: `the argument "${argument.replaceAll('\0', '\\0')}" holds a NUL character, which no command can be given`,
    hint: 'Pass it through a file or stdin instead.',
  });

/** A text that no bytes stand for was to be sent to a host. */
export const halfACharacter = (text: string): AdfError =>
  new AdfError({
    code: 'command.argument',
    class: 'invalid',
    message: `"${text.toWellFormed().slice(0, 200)}" holds half of a character (a surrogate without its pair), which cannot be sent`,
    hint: 'Look for a \\ud800 to \\udfff in the YAML or JSON that it comes from.',
  });

/**
 * True for everything that means that this host cannot be spoken to; also for a command that was under way when its connection was
 * lost (`command.unknown`), which may have run, and may still run.
 */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof AdfError &&
  (error.code === 'command.unknown' ||
    (error.code.startsWith('ssh.') && !error.code.startsWith('ssh.forwarding_')));

/** The host did not tell what it knows of a step. `said` is the end of what it said instead. */
export const stepUnreadable = (
  host: ErrorHost,
  step: { readonly run: string; readonly id: string },
  said: string,
): AdfError =>
  new AdfError({
    code: 'step.unreadable',
    class: 'failed',
    message: `${describeHost(host)} did not tell what it knows of the step ${step.id} of run ${step.run}: ${said}`,
    host: describeHost(host),
    hint: 'Look for it in ~/.local/state/adfpush/steps on the host.',
  });
