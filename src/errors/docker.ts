import { AdfError } from './adf-error.js';
import { describeHost } from '../model/host.js';
import type { ErrorHost } from './ssh.js';

/** The Engine of a host said no. `message` is its own. */
export const dockerApi = (host: ErrorHost, status: number, message: string): AdfError =>
  new AdfError({
    code: 'docker.api',
    class: 'failed',
    message: `the Docker Engine of ${describeHost(host)} answered ${status}: ${message}`,
    host: describeHost(host),
    status,
  });

/** An image could not be pulled. `reason` is the Engine's or the registry's own. */
export const dockerPull = (host: ErrorHost, image: string, reason: string): AdfError =>
  new AdfError({
    code: 'docker.pull',
    class: 'failed',
    message: `${describeHost(host)} cannot pull ${image}: ${reason}`,
    host: describeHost(host),
    hint: pullHint(reason),
  });

/**
 * Whether an image that could not be pulled may be pulled in a moment: the registry is busy or down, or broke off in the middle. The words
 * are those of the Engine and of Go's HTTP client.
 */
export const mayPullLater = ({ message }: AdfError): boolean => registryTrouble.test(message);

const registryTrouble = new RegExp(
  [
    'toomanyrequests|too many requests',
    'http (status: )?(429|5\\d\\d)|50[0234] [a-z]|internal server error|bad gateway|service unavailable|gateway time-?out',
    'EOF|short read|connection reset|broken pipe|filesystem layer verification failed',
    'connection refused|timeout|timed out|deadline exceeded|request canceled',
    'no such host|server misbehaving|temporary failure in name resolution',
    'no route to host|(network|host) is (unreachable|down)|tls: internal error',
  ].join('|'),
  'i',
);

function pullHint(reason: string): string {
  if (/no space left/i.test(reason))
    return 'Make room on the host, `docker system df` there shows what takes it.';
  if (/unauthorized|denied|no basic auth/i.test(reason))
    return 'Check the registry credentials, and that they may pull from this repository.';
  if (/not found|manifest unknown/i.test(reason))
    return 'Check that the image still exists, for the platform of this host.';
  return 'Check that the host can reach the registry.';
}

/**
 * There is no Docker Engine that answers, or this user may not use it. `reason` is what the host said; `hasAnswered` tells that an Engine there did
 * speak to this run: then it is none that refuses. One that starts makes its socket before it accepts requests on it.
 */
export const dockerUnreachable = (
  host: ErrorHost,
  reason: string,
  { hasAnswered = false }: { readonly hasAnswered?: boolean } = {},
): AdfError =>
  new AdfError({
    code: 'docker.unreachable',
    class: 'failed',
    message: `the Docker Engine of ${describeHost(host)} does not answer${hasAnswered ? ' any more' : ''}: ${reason}`,
    host: describeHost(host),
    hint: engineHint(reason),
    ...(hasAnswered || !refusal.test(reason) ? {} : { isRefusal: true }),
    ...(hasAnswered || !noSuchProgram.test(reason) ? {} : { isMissing: true }),
  });

/** An Engine that this user may not use, or that is not installed: asking again would not help. */
export const isRefusedByEngine = ({ isRefusal }: AdfError): boolean => isRefusal === true;

/** No Docker is installed on the host, so it runs no containers. */
export const hasNoDocker = (error: unknown): boolean => error instanceof AdfError && error.isMissing === true;

/** For `catch` of what lists containers or what an Engine keeps: nothing where there is no Docker. Throws other errors. */
export function noneWithoutDocker(error: unknown): readonly [] {
  if (hasNoDocker(error)) return [];
  throw error;
}

/** In the words of sh, bash, zsh, fish, csh and sudo. */
const noSuchProgram = /docker: (command )?not found|command not found: docker|unknown command:? docker/i;

/** What sudo says of itself, but not what it does not mind. */
const saidBySudo = 'sudo: (?!unable to resolve host|setrlimit)';

const refusal = new RegExp(
  `permission denied|${saidBySudo}|command not found|docker: not found|exit code 12[67]|refuses to forward`,
  'i',
);

function engineHint(reason: string): string {
  if (/permission denied/i.test(reason))
    return 'Set `docker: { sudo: true }` for this host, or add its SSH user to the docker group.';
  // A server tells no more of a socket that it could not open.
  if (/nothing answers at|refuses to forward/i.test(reason))
    return 'Check the path in `docker: { socket }`, that dockerd runs, that the SSH user may use the socket, and AllowStreamLocalForwarding in sshd_config.';
  if (/sudo: (command )?not found/i.test(reason))
    return 'There is no sudo on the host: leave `docker: { sudo }` out, and add its SSH user to the docker group.';
  if (new RegExp(saidBySudo, 'i').test(reason))
    return 'Let the SSH user run docker through sudo without a password, or add it to the docker group and leave `docker: { sudo }` out.';
  if (/not found|no such file/i.test(reason))
    return 'Install Docker on the host, or name its socket in `docker: { socket }`. Where the SSH user’s docker context or DOCKER_HOST names the Engine: `docker: { follow_context: true }`.';
  return 'Check that dockerd runs on the host: systemctl status docker.';
}

/** An Engine whose newest API version is below what adfpush speaks. */
export const engineTooOld = (host: ErrorHost, version: string, newest: string, oldest: string): AdfError =>
  new AdfError({
    code: 'docker.engine_too_old',
    class: 'failed',
    message: `the Docker Engine of ${describeHost(host)}, ${version}, speaks its API up to ${newest}; adfpush needs ${oldest} or newer.`,
    host: describeHost(host),
    hint: 'Upgrade Docker on the host to 20.10 or newer.',
  });

/** An Engine whose oldest API version is above what adfpush speaks. */
export const engineTooNew = (host: ErrorHost, version: string, oldest: string, newest: string): AdfError =>
  new AdfError({
    code: 'docker.engine_too_new',
    class: 'failed',
    message: `the Docker Engine of ${describeHost(host)}, ${version}, speaks its API from ${oldest} on; this adfpush speaks it up to ${newest}.`,
    host: describeHost(host),
    hint: 'Use a newer adfpush. Until then DOCKER_MIN_API_VERSION in the environment of dockerd lowers the minimum.',
  });

/** Podman's socket answers much as Docker's does, but not alike: restart policies, kept containers and volumes differ. */
export const isPodman = (host: ErrorHost, version: string): AdfError =>
  new AdfError({
    code: 'docker.podman',
    class: 'failed',
    message: `what answers on the Docker socket of ${describeHost(host)} is podman ${version}, which adfpush does not support.`,
    host: describeHost(host),
    hint: 'Install a Docker Engine on the host, or name its socket in `docker: { socket }`.',
  });
