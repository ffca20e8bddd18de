import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breadth } from '../../deep.js';
import { Secret } from '../../../src/model/secret.js';
import { readPrivateKey } from '../../../src/transport/ssh/authentication/private-key.js';
import { publicKeyLine } from '../../../src/transport/ssh/authentication/public-key.js';
import { describeUnless, notOnPath } from '../../describe-unless.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';
import { containing } from '../../stages/matching.js';
import { describeWithSshd, Sshd } from '../../stages/sshd.js';
import { authorize, makeKey } from '../../stages/keys.js';
import { puttyKey } from './putty.js';

const passphrase = 'correct horse: "battery" $taple';
const types = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048', 'rsa-3072'] as const;
type KeyType = (typeof types)[number];

/** Rewrites a key file that has no passphrase. */
type Convert = (file: string) => void;

const keygen =
  (...args: readonly string[]): Convert =>
  (file) =>
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', ...args, '-f', file]);
const encrypted = ['-a', '1', '-N', passphrase] as const;
const openssl =
  (...args: readonly string[]): Convert =>
  (file) => {
    const pem = `${file}.pem`;
    // openssl reads no form of OpenSSH, nor does ssh-keygen write ed25519 in any other: Node makes the step in between.
    const read = readPrivateKey(readFileSync(file, 'utf8'));
    if (read.kind !== 'key') throw new Error(`${file} is ${read.kind}`);
    writeFileSync(pem, pkcs8Of(file));
    execFileSync('openssl', [...args, '-in', pem, '-out', file], { stdio: 'pipe' });
    rmSync(pem);
  };

/** PKCS#8 of a key in any form that `ssh-keygen` can turn into it; ed25519 by its seed, for which ssh-keygen knows no other form. */
function pkcs8Of(file: string): string {
  const text = readFileSync(file, 'utf8');
  const data = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
  if (!data.includes('ssh-ed25519')) {
    keygen('-N', '', '-m', 'PKCS8')(file);
    return readFileSync(file, 'utf8');
  }
  // The private half is a field of 64 bytes: the seed, then the public half once more.
  const at = data.lastIndexOf(Buffer.of(0, 0, 0, 64));
  const seed = data.subarray(at + 4, at + 36);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

const edit =
  (change: (text: string) => string): Convert =>
  (file) =>
    writeFileSync(file, change(readFileSync(file, 'utf8')));

interface Format {
  readonly name: string;
  readonly convert: Convert;
  readonly locked?: true;
  /** All when absent. */
  readonly only?: (type: KeyType) => boolean;
}
const notEd25519 = (type: KeyType): boolean => type !== 'ed25519';
const rsa = (type: KeyType): boolean => type.startsWith('rsa');

const formats: readonly Format[] = [
  { name: 'openssh-key-v1', convert: () => undefined },
  ...['aes256-ctr', 'aes128-cbc', 'aes192-ctr', 'aes256-cbc', 'aes256-gcm@openssh.com', '3des-cbc'].map(
    (cipher): Format => ({
      name: `openssh-key-v1 with ${cipher}`,
      convert: keygen(...encrypted, '-Z', cipher),
      locked: true,
    }),
  ),
  { name: 'PEM (PKCS#1, SEC1)', convert: keygen('-N', '', '-m', 'PEM'), only: notEd25519 },
  { name: 'encrypted PEM', convert: keygen(...encrypted, '-m', 'PEM'), locked: true, only: notEd25519 },
  ...['aes128', 'aes192', 'aes256', 'des3'].map((cipher): Format => ({
    name: `PEM encrypted by openssl with ${cipher}`,
    convert: openssl('rsa', '-traditional', `-${cipher}`, '-passout', `pass:${passphrase}`),
    locked: true,
    only: rsa,
  })),
  { name: 'PKCS#8', convert: openssl('pkcs8', '-topk8', '-nocrypt') },
  ...['aes-128-cbc', 'aes-256-cbc', 'des3'].map((cipher): Format => ({
    name: `PKCS#8 encrypted with ${cipher}`,
    convert: openssl('pkcs8', '-topk8', '-v2', cipher, '-passout', `pass:${passphrase}`),
    locked: true,
  })),
  {
    name: 'PKCS#8 encrypted with scrypt',
    convert: openssl('pkcs8', '-topk8', '-scrypt', '-scrypt_N', '1024', '-passout', `pass:${passphrase}`),
    locked: true,
  },
  { name: 'PuTTY', convert: (file) => writeFileSync(file, puttyKey(pkcs8Of(file))), only: rsa },
  {
    name: 'encrypted PuTTY',
    convert: (file) => writeFileSync(file, puttyKey(pkcs8Of(file), passphrase)),
    locked: true,
    only: rsa,
  },
];
const spoilings: readonly Format[] = [
  { name: 'carriage returns', convert: edit((text) => text.replaceAll('\n', '\r\n')) },
  { name: 'blanks at the ends of lines', convert: edit((text) => text.replaceAll('\n', ' \t\n')) },
  { name: 'a byte order mark', convert: edit((text) => `\uFEFF${text}`) },
  { name: 'no line end at its end', convert: edit((text) => text.trimEnd()) },
  { name: 'other text around it', convert: edit((text) => `Bag Attributes\n  name: key\n${text}\nbye\n`) },
];

const cases = types.flatMap((type) =>
  formats.filter(({ only }) => only?.(type) ?? true).map((format) => ({ type, format })),
);

describeWithSshd('keys of every kind in every form', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await Sshd.start({ config: ['PubkeyAcceptedAlgorithms -ssh-rsa'] });
    for (const type of types) authorize(sshd, `${makeKey(sshd.folder, type, { type })}.pub`);
  });
  afterAll(() => sshd.stop());

  async function logsIn(file: string, locked: boolean): Promise<boolean> {
    const transport = sshd.transport(locked ? { passphrase: new Secret(passphrase) } : {});
    try {
      const connection = await transport.connect(sshd.host({ identityFile: file }));
      return connection.alive;
    } finally {
      await transport.close();
    }
  }

  let made = 0;
  /** A copy without a public half beside it, as a cloud's console gives it. */
  function prepare(type: KeyType, { convert }: Format): string {
    const file = join(sshd.folder, `copy-${(made += 1)}`);
    copyFileSync(join(sshd.folder, type), file);
    convert(file);
    chmodSync(file, 0o600);
    return file;
  }

  test.each(cases)('$type as $format.name logs in', async ({ type, format }) => {
    const file = prepare(type, format);

    expect(await logsIn(file, format.locked === true)).toBe(true);
    if (format.locked === true) {
      const text = readFileSync(file, 'utf8');
      for (const wrong of [undefined, new Secret(`${passphrase}!`), new Secret('')]) {
        expect(readPrivateKey(text, wrong).kind).toBe('locked');
      }
    }
  });

  describe.each(spoilings)('with $name', (spoiling) => {
    const some = formats.filter(({ name }) =>
      [
        'openssh-key-v1',
        'PEM (PKCS#1, SEC1)',
        'encrypted PEM',
        'PKCS#8',
        'PKCS#8 encrypted with aes-256-cbc',
      ].includes(name),
    );
    test.each(some)('$name logs in', async (format) => {
      const file = prepare(format.only === undefined ? 'ed25519' : 'rsa-2048', format);
      spoiling.convert(file);

      expect(await logsIn(file, format.locked === true)).toBe(true);
    });
  });
});

describeUnless(notOnPath('ssh-keygen'), 'reading private keys', () => {
  test('what was cut off, or spoilt at any place, is told to be unusable, and nothing is thrown', () => {
    const folder = temporaryFolder('keys');
    for (const options of [{}, { type: 'ecdsa-256', more: ['-m', 'PEM'] }, { passphrase }]) {
      const text = readFileSync(makeKey(folder, `key-${JSON.stringify(options).length}`, options), 'utf8');
      for (let at = 0; at < text.length - 1; at += 7) {
        const cut = readPrivateKey(text.slice(0, at));
        const spoilt = readPrivateKey(`${text.slice(0, at)}~${text.slice(at + 1)}`, new Secret(passphrase));
        expect(cut.kind, `cut at ${at}`).toBe('not_private');
        expect(['unusable', 'not_private', 'locked', 'key']).toContain(spoilt.kind);
      }
    }
  });

  test('many keys, also those with numbers that are short, have the public half that ssh-keygen gives them', () => {
    const folder = temporaryFolder('keys');
    for (const [type, count] of [
      ['ed25519', breadth(40, 200)],
      ['ecdsa-256', breadth(20, 100)],
      ['ecdsa-521', breadth(20, 100)],
    ] as const) {
      for (let index = 0; index < count; index += 1) {
        const file = makeKey(folder, `${type}-${index}`, { type });
        const [algorithm, base64] = readFileSync(`${file}.pub`, 'utf8').split(' ');
        const text = readFileSync(file, 'utf8');
        for (const form of type === 'ed25519' ? [text, pkcs8Of(file)] : [text]) {
          const read = readPrivateKey(form);
          expect(read.kind === 'key' && publicKeyLine(read.key.publicKey)).toBe(`${algorithm} ${base64}`);
        }
      }
    }
  });

  test('a cipher that ssh2 does not have is named, with the way to another one', () => {
    const folder = temporaryFolder('keys');
    const more = ['-Z', 'chacha20-poly1305@openssh.com'];
    const text = readFileSync(makeKey(folder, 'key', { passphrase, more }), 'utf8');

    for (const given of [undefined, new Secret(passphrase)]) {
      expect(readPrivateKey(text, given)).toMatchObject({
        kind: 'unusable',
        why: { reason: containing('chacha20-poly1305'), remedy: containing('-Z aes256-ctr') },
      });
    }
  });
});
