import { defined } from '../../../../model/defined.js';
import type { Dump } from '../dump.js';
import { expandFile, type TokenValues } from '../tokens.js';
import { refuseLine, type Line } from './lines.js';
import { gathered } from './values.js';

/** What was said so far: the first value of each keyword, and all of those that are gathered. */
export class Collected {
  readonly #values = new Map<string, string[]>();
  readonly #seen = new Set<string>();
  #hostNameLine: Line | undefined;

  constructor(
    private readonly name: string,
    given: Readonly<Record<string, string | undefined>>,
  ) {
    for (const [keyword, value] of Object.entries(given)) {
      if (value !== undefined) this.#values.set(keyword, [value]);
    }
  }

  get(keyword: string): string | undefined {
    return this.#values.get(keyword)?.[0];
  }

  /** `own`: the line is in the user's files, not in the system's. */
  take(line: Line, value: string, own: boolean): void {
    const { keyword } = line;
    // Whichever comes first; `none` too.
    if (isProxy(keyword) && (this.#values.has('proxyjump') || this.#values.has('proxycommand'))) return;
    const seen = `${own} ${keyword} ${value}`;
    const values = this.#values.get(keyword);
    if (values === undefined) this.#values.set(keyword, [value]);
    else if (gathered.has(keyword) && !this.#seen.has(seen)) values.push(value);
    this.#seen.add(seen);
    if (keyword === 'hostname') this.#hostNameLine ??= line;
  }

  /** The name after HostName, as far as that was said. Throws `ssh.config` for a token that it does not have. */
  get hostName(): string {
    return (this.get('hostname') ?? '%h').replaceAll(/%(.?)/gs, (token, letter: string) => {
      if (letter === '%') return '%';
      if (letter === 'h') return this.name;
      if (this.#hostNameLine === undefined) return token;
      throw refuseLine(this.#hostNameLine, `"${token}" stands for nothing in HostName`);
    });
  }

  /** As `ssh -G` prints it, which fills in some of the tokens. */
  dump(
    local: Omit<TokenValues, 'name' | 'address' | 'port' | 'user' | 'hostKeyAlias'>,
    loginName: string,
  ): Dump {
    const dump = new Map<string, readonly string[]>(this.#values);
    const hostName = this.hostName.toLowerCase();
    dump.delete('hostname');
    if (hostName !== this.name.toLowerCase()) dump.set('hostname', [hostName]);
    const alias = this.get('hostkeyalias')?.toLowerCase();
    if (alias !== undefined) dump.set('hostkeyalias', [alias]);
    const tokens: TokenValues = {
      ...local,
      name: this.name,
      address: hostName,
      port: Number(this.get('port') ?? 22),
      user: this.get('user') ?? loginName,
      ...defined({ hostKeyAlias: alias }),
    };
    const known = this.get('userknownhostsfile');
    if (known !== undefined) {
      const files = known.split('\n').map((file) => expandFile('UserKnownHostsFile', file, tokens));
      dump.set('userknownhostsfile', [files.join(' ')]);
    }
    const global = this.get('globalknownhostsfile');
    if (global !== undefined) dump.set('globalknownhostsfile', [global.replaceAll('\n', ' ')]);
    const agent = this.get('identityagent');
    if (agent !== undefined) dump.set('identityagent', [expandFile('IdentityAgent', agent, tokens)]);
    // It only says that no later line gives one.
    for (const keyword of ['proxyjump', 'proxycommand', 'revokedhostkeys', 'knownhostscommand']) {
      if (this.get(keyword)?.toLowerCase() === 'none') dump.delete(keyword);
    }
    if (dump.has('proxyjump')) dump.delete('proxyusefdpass');
    return dump;
  }
}

const isProxy = (keyword: string): boolean => keyword === 'proxyjump' || keyword === 'proxycommand';
