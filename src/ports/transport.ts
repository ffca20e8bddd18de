import type { Duplex } from 'node:stream';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Spill, SpilledOutput } from './project-files.js';

/** Another place than known_hosts that knows the keys of fresh hosts, and can be trusted: an EC2 instance's console. */
export interface HostKeySource {
  /** Lines of `type base64`; empty when the host has not told any yet. Throws `aws.*`, and `ssh.host_key` where its lines contradict each other. */
  hostKeysOf(host: Host): Promise<readonly string[]>;
}

/** A key that was on no record: accepted, and from now on the only one that is. */
export interface RecordedHostKey {
  readonly host: Host;
  /** `ssh-ed25519`. */
  readonly keyType: string;
  /** OpenSSH's, `SHA256:…`. */
  readonly fingerprint: string;
  /** The known_hosts file that has it now. */
  readonly file: string;
  /** Why it was accepted. */
  readonly source: 'accept-new' | 'console';
}

/** EC2 Instance Connect: lets a public key in for 60 seconds. */
export interface KeyPusher {
  /** `publicKey` is a line of authorized_keys. Throws `aws.*`. */
  push(host: Host, user: string, publicKey: string): Promise<void>;
}

/** Reaches hosts. One connection per host, shared by all who ask, opened anew when it was lost. */
export interface Transport {
  /**
   * Connects and authenticates, or gives the connection that is already there.
   * Throws `ssh.unreachable`, `ssh.host_key`, `ssh.authentication` (see errors/ssh.ts).
   */
  connect(host: Host, signal?: AbortSignal): Promise<Connection>;
  /** Ends all connections. Never throws. */
  close(): Promise<void>;
}

export interface Connection {
  readonly host: Host;
  /** False from the moment it is known to be lost. */
  readonly alive: boolean;
  /** Runs one command to its end. A non-zero exit or a lost connection is a result, not an exception. */
  run(command: RemoteCommand, options?: RunOptions): Promise<CommandResult>;
  /** What the host knows of a step that was begun with `RunOptions.step`. Throws the transport's errors, and `step.unreadable`. */
  recordOf(step: StepId): Promise<StepRecord>;
  /** Ends a step that still runs, with its children; does nothing when it does not. Throws what `recordOf` throws. */
  endStep(step: StepId, options?: AsUser): Promise<void>;
  /** Stdin and stdout of a remote command as one stream, for protocols such as `docker system dial-stdio`. */
  stream(argv: readonly string[], options?: StreamOptions): Promise<Duplex>;
  /** A connection made from the host, to one of its own ports or sockets. Throws `ssh.forwarding_refused`. */
  forward(to: ForwardTarget): Promise<Duplex>;
}

export type ForwardTarget =
  { readonly address: string; readonly port: number } | { readonly socketPath: string };

/**
 * `argv` runs one program, each argument quoted for sh; `script` is given to `/bin/sh -s` over stdin, so that
 * its length has no limit and it is in no argv.
 */
export type RemoteCommand =
  | { readonly argv: readonly string[] }
  | {
      readonly script: string;
      /** The values that the script itself gives to programs as arguments. No secret may be in them. */
      readonly exposes?: readonly string[];
    };

/** One execution of one command in one run on one host. A second call with the same step does not run it again. */
export interface StepId {
  readonly run: string;
  /** Unique in the run over all its hosts: some hosts share a home folder. Shown to who looks at the host, so no value of a variable. */
  readonly id: string;
}

/** What a host's record says of a step. */
export type StepRecord =
  /**
   * There is none: it has not begun, and if it still does it will be under this id. Unless the host was restarted meanwhile (it is up for
   * `upFor`, where that is known): a record that was not on disk yet is lost then.
   */
  | { readonly state: 'absent'; readonly upFor?: Milliseconds }
  | { readonly state: 'running'; readonly pid: number }
  /** The output is what was written while no connection took it, and at most the last 64 KiB of it. */
  | {
      readonly state: 'ended';
      /** `timed_out` for one that its host ended since it ran longer than `RunOptions.detach`. */
      readonly outcome: Extract<Outcome, { kind: 'exited' | 'signalled' | 'timed_out' }>;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly state: 'interrupted'; readonly reason: string };

export interface RunOptions {
  /**
   * Has the host run the command at most once under this id, and keep how it ended. Begun before, it is not run: the result is then what the
   * record says, and `unknown` while it still runs. A command whose stdin is a stream is run without a record.
   */
  readonly step?: StepId;
  /**
   * With `step`: the command goes on by itself, and its host ends it after this time, also when nothing is connected to it. The result comes as
   * soon as it began: `exited` with 0, and `kept` or `found` as its `record`. `none` says that the host cannot do so, and nothing began.
   */
  readonly detach?: Milliseconds;
  /** With `detach`: what the host keeps beside the record, by which others know whose job it is (`jobNote`). */
  readonly note?: string;
  /** A stream of bytes for what is too much for memory: read no faster than the host takes it. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** The command fails by itself when its stdin does not arrive whole. Others take the end of a lost connection for that of their input. */
  readonly checksStdin?: boolean;
  /**
   * Given every byte of stdout as it comes, which the result's `stdout` then leaves out; no more is read until it resolves. When it
   * rejects, the command is ended and `run` rejects with the same.
   */
  readonly toStdout?: (chunk: Uint8Array) => void | Promise<void>;
  /** Takes all of a stream's output as soon as it is too much for memory; the result's text is its beginning and its end then. */
  readonly spill?: (stream: 'stdout' | 'stderr') => Spill;
  readonly timeout?: Milliseconds;
  /** Set for the command by a prefix in the script, since sshd drops `env` requests silently. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Through sudo, as `StreamOptions` say. */
  readonly become?: boolean;
  /** The user that a command with `become` runs as; root when absent. A name, checked by `isUserName`. */
  readonly becomeUser?: string;
  readonly signal?: AbortSignal;
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** Whose a command is: the login user's, root's, or another user's through sudo. */
export type AsUser = Pick<RunOptions, 'become' | 'becomeUser'>;

export interface StreamOptions {
  /** Through `sudo -n`, or with the password that the transport was given for sudo. */
  readonly become?: boolean;
}

/** How a command ended. Success is `exited` with code 0 and nothing else. */
export type Outcome =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed_out' }
  | { readonly kind: 'cancelled' }
  /** It began, and will not come to its end; it is not known how far it came. Only steps can tell. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  /** The connection was lost: it may have run, it may still run. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface CommandResult {
  readonly outcome: Outcome;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration: Milliseconds;
  /** True when output beyond the limit of memory was dropped from the middle. */
  readonly truncated: boolean;
  /** The files that have all of what was too much for memory. */
  readonly files?: { readonly stdout?: SpilledOutput; readonly stderr?: SpilledOutput };
  /** Of a step: its end is on the host's record; it was begun before, and not again; or the host has no place for a record. */
  readonly record?: 'kept' | 'found' | 'none';
}

export const succeeded = ({ outcome }: CommandResult): boolean =>
  outcome.kind === 'exited' && outcome.code === 0;
