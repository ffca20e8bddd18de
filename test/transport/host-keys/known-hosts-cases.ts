import { createHmac } from 'node:crypto';
import type { SeededRandom } from '../../fakes/seeded-random.js';

/** A host to connect to, and the lines of the files that speak of it or not. */
export interface KeyCase {
  readonly address: string;
  readonly port: number;
  readonly alias?: string;
  readonly userFiles: readonly string[];
  readonly globalFiles: readonly string[];
}

/** Keys as `type base64`. */
export interface CaseKeys {
  /** One of each type. */
  readonly right: readonly string[];
  /** As many, of the same types. */
  readonly wrong: readonly string[];
}

const addresses = ['api-1', 'API-1', 'api.example.com', '10.0.0.7', 'fd00::7'];
const aliases = ['i-0abc', 'I-0ABC', 'api-1'];
const ports = [22, 22, 2222];

/** Makes known_hosts files that are as good and as bad as people and programs write them. */
export class KeyCases {
  constructor(
    private readonly random: SeededRandom,
    private readonly keys: CaseKeys,
  ) {}

  next(): KeyCase {
    const address = this.#one(addresses);
    const port = this.#one(ports);
    const alias = this.#chance(0.2) ? this.#one(aliases) : undefined;
    const name = alias ?? (port === 22 ? address : `[${address}]:${port}`);
    const names = alias === undefined && port !== 22 ? [name, name, address] : [name];
    return {
      address,
      port,
      ...(alias === undefined ? {} : { alias }),
      userFiles: this.#some(1, 3, () => this.#file(names)),
      globalFiles: this.#some(0, 1, () => this.#file(names)),
    };
  }

  #file(names: readonly string[]): string {
    const lines = this.#some(0, 4, () => this.#line(this.#one(names)));
    const end = this.#chance(0.15) ? '\r\n' : '\n';
    return lines.join(end) + (this.#chance(0.85) ? end : '');
  }

  #line(name: string): string {
    if (this.#chance(0.08)) return this.#noEntry(name);
    const gap = this.#one([' ', ' ', ' ', '\t', '  ', ' \t ']);
    const marker = this.#marker(gap);
    const lead = this.#chance(0.1) ? this.#one([' ', '\t', '  ']) : '';
    const comment = this.#one(['', '', '', ' root@api-1', '\ta comment with words', ' ', '#']);
    return `${lead}${marker}${this.#names(name)}${gap}${this.#key(gap)}${comment}`;
  }

  #marker(gap: string): string {
    if (this.#chance(0.6)) return '';
    // OpenSSH takes a tab after a marker only where no space follows: we take it always, see the test of its own.
    const safe = gap.includes('\t') ? ' ' : gap;
    return this.#one([
      `@revoked${safe}`,
      `@revoked${safe}`,
      `@cert-authority${safe}`,
      `@cert-authority${safe}`,
      `@unheard-of${safe}`,
      `@revoked${safe}@cert-authority${safe}`,
      `@${safe}`,
      `@REVOKED${safe}`,
    ]);
  }

  #names(name: string): string {
    const wild = this.#one([
      name.replace(/.$/, '?'),
      name.replace(/^./, '?'),
      `${name}?`,
      `${name.slice(0, 3)}*`,
      `*${name.slice(-3)}`,
      '*',
      '***',
      `*${name.slice(1, -1)}*`,
      `${name.slice(0, 2)}*?${name.slice(-1)}`,
      '?*',
      '[*]:*',
      '[*]:2222',
    ]);
    const other = this.#one(['other', '[other]:2222', '10.0.0.8', '*.example.org', 'API']);
    return this.#one<() => string>([
      () => name,
      () => name,
      () => name,
      () => name.toUpperCase(),
      () => wild,
      () => wild,
      () => `${other},${name}`,
      () => `${name},${other}`,
      () => other,
      () => `${wild},!${name}`,
      () => `!${name},${wild}`,
      () => `!${name}`,
      () => `!${other},${name}`,
      () => `${name},!${wild}`,
      () => `!!${name},${name}`,
      () => `,${name},`,
      () => `,`,
      () => `!,${name}`,
      () => hashOf(name),
      () => hashOf(name.toLowerCase()),
      () => hashOf(name.toLowerCase()),
      () => hashOf('other'),
      () => hashOf(name.toLowerCase()).slice(0, -1),
      () => `${hashOf(name.toLowerCase())},${name}`,
      () => `|1|${name}`,
      () => `|2|${hashOf(name).slice(3)}`,
      () => `${'x'.repeat(1_021)},${name}`,
      () => `${name},${'x'.repeat(1_022)}`,
      () => `${name},${'x'.repeat(1_023)}`,
      () => `!${'x'.repeat(1_023)},${name}`,
    ])();
  }

  #key(gap: string): string {
    const right = this.#one(this.keys.right);
    const wrong = this.#one(this.keys.wrong);
    const [type = '', base64 = ''] = (this.#chance(0.6) ? right : wrong).split(' ');
    const written = (one: string, other: string): string => `${one}${gap}${other}`;
    if (this.#chance(0.75)) return written(type, base64);
    return this.#one<() => string>([
      () => written(this.#one(['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp384']), base64),
      () => written('rsa-sha2-512', base64),
      () => written(type.toUpperCase(), base64),
      () => written('ssh-unheard-of', base64),
      () => written(type, base64.slice(0, -4)),
      () => written(type, base64.slice(0, -1)),
      () => written(type, `${base64}AAAA`),
      () => written(type, `${base64}=`),
      () => written(type, base64.replace(/^./, '!')),
      () => written(type, 'AAAA'),
      () => written(type, ''),
      () => written(type, tampered(base64)),
      () => base64,
      () => type,
    ])();
  }

  #noEntry(name: string): string {
    const key = this.#one(this.keys.right);
    return this.#one([
      '',
      ' ',
      '\t',
      '\r',
      '# a comment',
      `# ${name} ${key}`,
      `#${name} ${key}`,
      `  # ${name} ${key}`,
      name,
      `${name} `,
      '@revoked',
      `@revoked ${name}`,
      '@',
      `${name} 1024 35 1234567890`,
      `${name} # ${key}`,
      `\u0000${name} ${key}`,
      `${name}\u0000 ${key}`,
      `${name} \u0000${key}`,
      `${name} ${key}\u0000`,
      `\u00ef\u00bb\u00bf${name} ${key}`,
    ]);
  }

  #some<T>(least: number, most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.random.integer(least, most) }, make);
  }

  #one<T>(of: readonly T[]): T {
    return of[this.random.integer(0, of.length - 1)] as T;
  }

  #chance(probability: number): boolean {
    return this.random.chance(probability);
  }
}

/** As ssh-keygen -H writes it; the salt is the same for the same name, so that a seed gives the same files. */
function hashOf(name: string): string {
  const salt = createHmac('sha1', 'a salt of the test').update(name).digest();
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

/** Another key of the same length, or a point on no curve. */
function tampered(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes.toString('base64');
}
