import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AdfError } from '../../errors/adf-error.js';
import { hostKeyDistrusted, notLetIn, type DistrustedKey } from '../../errors/openssh.js';
import { unreachable, type ConnectPhase } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Host } from '../../model/host.js';

/** Why a master did not come to be. `dropped`: the server hung up before it said who it is, and may be asked again. */
export type MasterFailure =
  | { readonly kind: 'dropped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: AdfError };

/** How far ssh has come, by what `ssh -v` says when it gets there. */
const milestones: readonly (readonly [RegExp, ConnectPhase])[] = [
  [/^debug1: Connecting to /, 'tcp'],
  [/^debug1: (Connection established|Executing proxy (command|dialer))/, 'banner'],
  [/^debug1: Remote protocol version/, 'handshake'],
  [/^debug1: SSH2_MSG_NEWKEYS received/, 'authentication'],
  [/^(debug1: )?Authenticat(ed to |ion succeeded)/, 'channel'],
];

/** The words of a server, or of a bastion, that hangs up at once. */
const hungUp =
  /^((kex|ssh)_exchange_identification: |banner exchange: |Connection (closed|reset) by |client_loop: )/;
/** OpenSSH 9.8 and later, to a source that failed too often. */
const banned = /Not allowed at this time/;

/** What -v adds, and the frames of warnings. */
const chatter = /^(debug\d: |OpenSSH_|Authenticated to |Transferred: |Bytes per second: |@)/;

/** Listens to what `ssh -v` writes to stderr. */
export class MasterTalk {
  #rest = '';
  #phase: ConnectPhase = 'name';
  #viaProxy = false;
  #banned = false;
  /** What ssh says to its user. */
  readonly #words: string[] = [];
  readonly #offered: string[] = [];
  #accepted = false;
  #key: { readonly type: string; readonly fingerprint: string } | undefined;

  hear(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString()).split(/\r?\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  /** How far it has come. */
  get phase(): ConnectPhase {
    return this.#phase;
  }

  /** The last that it said; also, of a connection that is lost, why. */
  get lastWords(): string | undefined {
    return this.#words.at(-1);
  }

  /** After it ended without letting us in. */
  failure(host: Host, user: string): MasterFailure {
    const words = this.#words.filter((line) => !hungUp.test(line));
    const said = words.join('; ');
    if (this.#banned) {
      return failed(
        unreachable(host, 'banner', 'Not allowed at this time: it bans this machine for a while'),
      );
    }
    if (this.#phase === 'banner' && words.length === 0) {
      return { kind: 'dropped', reason: this.#words[0] ?? 'the connection was closed' };
    }
    if (this.#phase === 'banner' && this.#viaProxy) {
      const unanswered = /open failed: connect failed/.test(said);
      return failed(unreachable(host, unanswered ? 'tcp' : 'bastion', said, refusalOf(host, said)));
    }
    if (this.#phase === 'handshake' && /host key|certificate/i.test(said) && !/no matching/.test(said)) {
      return failed(hostKeyDistrusted(host, this.#distrust(said)));
    }
    if (notLetInWords.test(said)) {
      return failed(notLetIn(host, user, this.#offered, said, this.#accepted));
    }
    return failed(unreachable(host, this.#phase, said === '' ? this.#words.join('; ') : said));
  }

  #line(line: string): void {
    const milestone = milestones.find(([pattern]) => pattern.test(line));
    if (milestone !== undefined) this.#phase = milestone[1];
    if (banned.test(line)) this.#banned = true;
    if (line.startsWith('debug1: Executing proxy')) this.#viaProxy = true;
    const key = /^debug1: Server host (?:key|certificate): (\S+) (SHA256:[^\s,]+)/.exec(line);
    if (key !== null) this.#key = { type: key[1] ?? '', fingerprint: key[2] ?? '' };
    const offered = /^debug1: Offering public key: (.*?) \S+ SHA256:/.exec(line);
    if (offered !== null) this.#offered.push(offered[1] ?? '');
    if (line.startsWith('debug1: Server accepts key')) this.#accepted = true;
    if (line === '' || chatter.test(line)) return;
    // A server's banner is among it: no more of that than fits, and nothing that could play with a terminal.
    this.#words.push(line.replace(/\p{Cc}+/gu, ' ').slice(0, 300));
    if (this.#words.length > 20) this.#words.shift();
  }

  #distrust(said: string): DistrustedKey {
    const offending = /Offending .* key in (\S+):(\d+)/.exec(said);
    const known = offending === null ? undefined : fingerprintIn(offending[1] ?? '', Number(offending[2]));
    return {
      kind: kindOf(said),
      words: said.replace(/; Host key verification failed\.$/, ''),
      ...(this.#key ?? {}),
      ...(offending === null
        ? {}
        : {
            recorded: {
              place: `${offending[1]}:${offending[2]}`,
              ...defined({ fingerprint: known }),
            },
          }),
    };
  }
}

const notLetInWords = /Permission denied|Too many authentication failures|supported authentication methods/;

/** When it was the bastion that refused, or was not accepted: what the same would be of a host. */
function refusalOf(host: Host, said: string): AdfError | undefined {
  if (notLetInWords.test(said)) return notLetIn(host, host.ssh.user ?? '', [], said, false);
  if (said.includes('Host key verification failed'))
    return hostKeyDistrusted(host, { kind: 'other', words: said });
  return undefined;
}

const failed = (error: AdfError): MasterFailure => ({ kind: 'failed', error });

function kindOf(said: string): DistrustedKey['kind'] {
  if (/revoked/i.test(said)) return 'revoked';
  if (/[Cc]ertificate/.test(said)) return 'certificate';
  if (/has changed|HAS CHANGED/.test(said)) return 'changed';
  return /host key is known/.test(said) ? 'unknown' : 'other';
}

/** Of the key in one line of a known_hosts file; undefined when there is none any more. */
function fingerprintIn(file: string, line: number): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').split('\n')[line - 1] ?? '';
    const key = /\s(AAAA[A-Za-z0-9+/=]+)/.exec(text)?.[1];
    if (key === undefined) return undefined;
    const hash = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
    return `SHA256:${hash.replace(/=+$/, '')}`;
  } catch {
    return undefined;
  }
}
