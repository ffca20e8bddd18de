/** A generator of OpenSSH configurations, the same ones for the same seed. */
export class RandomConfig {
  constructor(private seed: number) {}

  /** Mulberry32, by Tommy Ettinger, public domain. */
  next(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)] as T;
  }

  /** `includes` are paths that may stand in Include lines. */
  file(includes: readonly string[]): string {
    const lines: string[] = [];
    for (let count = Math.floor(this.next() * 14); count >= 0; count -= 1) lines.push(this.#line(includes));
    return lines.join(this.chance(0.05) ? '\r\n' : '\n') + (this.chance(0.8) ? '\n' : '');
  }

  #line(includes: readonly string[]): string {
    if (this.chance(0.06)) return this.pick(['', '   ', '# Host *', '\t# Port 1', '#']);
    const [keyword, value] = this.#setting(includes);
    const indent = this.pick(['', '', '  ', '\t', ' \t ']);
    const name = this.pick([keyword, keyword, keyword.toLowerCase(), keyword.toUpperCase()]);
    const between = this.pick([' ', ' ', ' ', '\t', '  ', '=', ' = ', ' =']);
    const raw = /Command|Jump|Match/.test(keyword);
    const end = raw ? this.pick(['', ' ', '\t']) : this.pick(['', '', '', ' ', ' # why', '\t#']);
    return `${indent}${name}${between}${value}${end}`;
  }

  #setting(includes: readonly string[]): readonly [string, string] {
    if (this.chance(0.22)) return ['Host', this.#list(() => this.#hostPattern(), ' ')];
    if (this.chance(0.14)) return ['Match', this.#criteria()];
    if (includes.length > 0 && this.chance(0.12))
      return ['Include', this.#list(() => this.pick(includes), ' ')];
    if (this.chance(0.01)) return ['UseKeychain', 'yes'];
    const [keyword, values, bad] = this.pick(settings);
    const value = this.pick(bad.length > 0 && this.chance(0.03) ? bad : values);
    const quote = /Command|Jump/.test(keyword) ? '' : this.pick(['', '', '', '', '"', "'"]);
    return [keyword, quote === '' || /['" ]/.test(value) ? value : `${quote}${value}${quote}`];
  }

  #hostPattern(): string {
    const pattern = this.pick([
      '*',
      '*',
      'api-1',
      'api-2',
      'api-*',
      'web-?',
      'db',
      '*.example.com',
      '10.0.*',
      'API-1',
      'a*1',
      '?pi-1',
      '"api-1"',
      '::1',
    ]);
    return this.chance(0.15) ? `!${pattern}` : pattern;
  }

  #criteria(): string {
    const one = (): string => {
      const not = this.chance(0.2) ? '!' : '';
      const list = (make: () => string): string => this.#list(make, ',');
      return this.pick([
        () => `${not}host ${list(() => this.#hostPattern().replaceAll('"', ''))}`,
        () => `${not}originalhost ${list(() => this.#hostPattern().replaceAll('"', ''))}`,
        () => `${not}user ${list(() => this.pick(['root', 'bob', 'ali*', '!bob', '*', 'deploy']))}`,
        () => `${not}localuser ${list(() => this.pick(['root', 'nobody', '*', '!root']))}`,
      ])();
    };
    if (this.chance(0.15)) return this.pick(['all', 'All', '!all', `${one()} all`]);
    if (this.chance(0.05))
      return this.pick(['exec true', 'final all', 'canonical', 'host', 'nonsense x', 'host a b c']);
    return this.#list(one, ' ');
  }

  #list(make: () => string, between: string): string {
    let list = make();
    while (this.chance(0.35)) list += between + make();
    return list;
  }
}

const flags = ['yes', 'no', 'true', 'False'];
const times = ['0', '15', '1m', '1m30s', '2H', 'none', '90S'];

/** Keywords with good values, and with bad ones or such as only ssh itself can honour. */
const settings: readonly (readonly [keyword: string, good: readonly string[], bad: readonly string[]])[] = [
  ['HostName', ['%h', '%h.example.com', '10.0.0.7', 'Real.Example.COM', '%%h', 'db'], ['%n', 'x%']],
  ['Port', ['22', '2222', '65535'], ['0', '65536', 'ssh2x']],
  ['User', ['root', 'bob', 'alice', 'dep\\loy', 'a\\ b'], ['two words']],
  [
    'IdentityFile',
    [
      '~/.ssh/id_a',
      '%d/%h-%r',
      '/k/${HOME}',
      '"/k/with space"',
      "'/k/q'",
      'none',
      'rel',
      '/k/a#b',
      '~/.ssh/id_rsa',
    ],
    ['/k/b c', '"/k'],
  ],
  ['CertificateFile', ['~/.ssh/a-cert.pub', '/k/c'], []],
  ['IdentitiesOnly', flags, ['maybe']],
  [
    'IdentityAgent',
    ['none', 'SSH_AUTH_SOCK', '$AGENT', '~/agent-%h', '/run/%i/${AGENT}/%u'],
    ['$1', '${ABSENT}'],
  ],
  [
    'ProxyJump',
    ['none', 'b1', 'b1,u@b2:2222', 'u@[::1]:22', 'NONE'],
    ['b1:0', 'a@b@c', 'ssh://b1', 'b1,,b2'],
  ],
  [
    'ProxyCommand',
    [
      'none',
      'nc %h %p',
      'sh -c "exec nc %h %p" # x',
      "aws ssm start-session --parameters 'portNumber=%p'",
      '=nc',
    ],
    ["it's"],
  ],
  [
    'UserKnownHostsFile',
    [
      '~/.ssh/kh',
      '/a /b',
      '"/a b"',
      'none',
      '/kh/%h-%p-%r-%n-%k',
      '/${HOME}/%u',
      '~/k %d/l',
      '/%C',
      '/%l-%L-%i',
    ],
    ['none /a', '/kh/%x'],
  ],
  ['GlobalKnownHostsFile', ['/a', '/a /b', 'none', '~/x'], ['/a none']],
  ['HostKeyAlias', ['alias', 'i-0abc', '%h', 'Mixed'], []],
  ['StrictHostKeyChecking', ['yes', 'no', 'off', 'ask', 'accept-new', 'TRUE'], ['maybe']],
  ['ConnectTimeout', times, ['soon', '-1']],
  ['ServerAliveInterval', times, ['soon']],
  ['ServerAliveCountMax', ['0', '3', '7'], ['-1', 'x']],
  ['HashKnownHosts', flags, []],
  ['RevokedHostKeys', ['/r', '~/r', '"/r x"', 'none'], []],
  ['KnownHostsCommand', ['/bin/keys %h', 'none'], []],
  ['CheckHostIP', flags, []],
  ['ProxyUseFdpass', flags, []],
  ['SendEnv', ['LANG LC_*', 'X'], []],
  ['Compression', ['yes', 'no'], []],
  ['LogLevel', ['ERROR', 'DEBUG1'], []],
  ['ControlPath', ['~/.ssh/cm-%C'], []],
  ['CanonicalizeHostname', ['no'], ['yes']],
  ['IgnoreUnknown', ['UseKeychain', 'Use*,Other'], []],
  ['LogLevel', ['QUIET'], []],
];
