import { describeHost } from '../model/host.js';
import { AdfError } from './adf-error.js';
import type { ErrorHost } from './ssh.js';

/** A key that the server was shown. */
export interface OfferedKeyOutcome {
  /** The file, or whose key it is in the agent. */
  readonly name: string;
  /** The server said that it would take it, and did not let us in all the same. */
  readonly accepted: boolean;
}

/** All that is known of a login that was refused. */
export interface Refusal {
  readonly user: string;
  readonly offered: readonly OfferedKeyOutcome[];
  /** Keys that were not shown, why, and what would change that. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string; readonly remedy?: string }[];
  /** What would do instead, as far as the server says so: `password`, `keyboard-interactive`. */
  readonly methods?: readonly string[];
  /** What the server shows before a login; may be empty. */
  readonly banner: string;
}

/**
 * The server does not let the user in (`ssh.authentication`), or there was nothing to show it (`ssh.no_key`). Why a server refuses a key is not known: a wrong user, an
 * expired account and AllowUsers all look the same from here.
 */
export function authenticationFailed(host: ErrorHost, refusal: Refusal, cause?: unknown): AdfError {
  const { user, offered, leftOut, methods = [] } = refusal;
  const named = describeHost(host);
  const facts = [
    offered.length === 0
      ? `there is no key to offer to ${named} as ${user}`
      : `${named} does not let ${user} in with ${offered.map(({ name }) => name).join(', ')}`,
    ...offered.filter(({ accepted }) => accepted).map(({ name }) => afterAccepted(name, methods)),
    ...(leftOut.length === 0
      ? []
      : [`not offered: ${leftOut.map(({ name, reason }) => `${name} (${reason})`).join(', ')}`]),
    ...(methods.length === 0 || methods.includes('publickey')
      ? []
      : [`the server takes only ${methods.join(', ')}`]),
    ...(readable(refusal.banner) === '' ? [] : [`the server says: "${readable(refusal.banner)}"`]),
  ];
  return new AdfError({
    // A server that was shown nothing refused nothing: it must not stop a fleet.
    code: offered.length === 0 ? 'ssh.no_key' : 'ssh.authentication',
    class: 'failed',
    message: facts.join('; '),
    phase: 'authentication',
    host: named,
    hint: hintFor(refusal),
    cause,
  });
}

const afterAccepted = (name: string, methods: readonly string[]): string =>
  methods.length > 0 && !methods.includes('publickey')
    ? `it takes ${name}, and then asks for ${methods.join(' or ')}, which adfpush does not answer`
    : `it takes ${name}, and refuses the login all the same`;

function hintFor({ user, offered, leftOut }: Refusal): string {
  const remedies = new Set(leftOut.flatMap(({ remedy }) => remedy ?? []));
  const usual =
    offered.length === 0
      ? 'Name a key in ssh: { identity_file }, or add one to the SSH agent.'
      : `Check ssh: { user, identity_file }, the authorized_keys of ${user} on the host, and its sshd log. It is not tried again: servers ban those who try too often.`;
  return [...remedies, ...(offered.length === 0 && remedies.size > 0 ? [] : [usual])].join(' ');
}

const longestBanner = 500;

/** A banner on one line, without what could play with a terminal. */
function readable(banner: string): string {
  const line = banner
    // eslint-disable-next-line no-control-regex
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line.length > longestBanner ? `${line.slice(0, longestBanner)}…` : line;
}

/** A key exchange that found no algorithm in common; `lacking` is ssh2's word for what. */
export const noCommonAlgorithm = (host: ErrorHost, lacking: string, cause?: unknown): AdfError =>
  new AdfError({
    code: 'ssh.no_common_algorithm',
    class: 'failed',
    message: `${describeHost(host)} cannot be spoken to: its server and adfpush have no ${lacking} in common (handshake)`,
    phase: 'handshake',
    host: describeHost(host),
    hint: "The system's ssh may know what the server wants (a post-quantum key exchange, a host certificate): ssh: { transport: openssh }. Or allow curve25519-sha256 and a plain host key in its sshd_config.",
    cause,
  });

/**
 * The host was left alone, since others at the same place already took no key of ours, or were not accepted as the hosts that they claim to be.
 * `description` is that place: `at 10.0.0.5`, `behind bastion.example.com`.
 */
export function authenticationStopped(
  host: ErrorHost,
  place: {
    readonly description: string;
    readonly refused: readonly ErrorHost[];
    readonly disbelieved: readonly ErrorHost[];
  },
): AdfError {
  const { description, refused, disbelieved } = place;
  const names = (hosts: readonly ErrorHost[]): string => [...new Set(hosts.map(describeHost))].join(' and ');
  const why =
    refused.length > 0
      ? `${names(refused)}, ${description}, did not let us in`
      : `the keys of ${names(disbelieved)}, ${description}, are not to be believed`;
  return new AdfError({
    code: 'ssh.authentication_stopped',
    class: 'failed',
    message: `${describeHost(host)} was not tried, on purpose: ${why}, and servers ban machines that go on like that`,
    host: describeHost(host),
    hint: 'See the errors of those hosts. If only they are wrong, leave them out with --limit.',
  });
}
