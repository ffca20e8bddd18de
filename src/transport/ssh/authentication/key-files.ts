import type { LeftOutReason } from './left-out.js';
import { readPrivateKey, type PrivateKey } from './private-key.js';
import { readPublicKey, type PublicKey } from './public-key.js';
import { openRegular, UnreadFile } from '../../../system/regular-file.js';

/** What an IdentityFile turns out to be. */
export type KeyFile =
  | { readonly kind: 'open'; readonly key: PrivateKey }
  /** Encrypted. Its public half may be known all the same, from the file itself or from the one beside it. */
  | { readonly kind: 'locked'; readonly text: string; readonly publicKey?: PublicKey }
  /** Only a public half is there: an agent may have the other. */
  | { readonly kind: 'public'; readonly publicKey: PublicKey }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly why: LeftOutReason; readonly publicKey?: PublicKey };

/** Reads key files, each once. */
export class KeyFiles {
  readonly #keys = new Map<string, Promise<KeyFile>>();
  readonly #certificates = new Map<string, Promise<PublicKey | undefined>>();

  read(path: string): Promise<KeyFile> {
    return once(this.#keys, path, () => readKeyFile(path));
  }

  /** The certificate in a file, where there is one. */
  certificate(path: string): Promise<PublicKey | undefined> {
    return once(this.#certificates, path, () => readPublicFile(path));
  }
}

function once<T>(known: Map<string, Promise<T>>, path: string, read: () => Promise<T>): Promise<T> {
  const before = known.get(path) ?? read();
  known.set(path, before);
  return before;
}

async function readKeyFile(path: string): Promise<KeyFile> {
  const file = await readText(path);
  const beside = await readPublicFile(`${path}.pub`);
  if (file.kind !== 'text') {
    if (beside !== undefined) return { kind: 'public', publicKey: beside };
    if (file.kind === 'missing') return file;
    return { kind: 'unusable', why: { reason: `it cannot be read (${file.code})` } };
  }
  const read = readPrivateKey(file.text);
  if (read.kind === 'not_private') {
    const publicKey = readPublicKey(file.text) ?? beside;
    if (publicKey !== undefined) return { kind: 'public', publicKey };
    return { kind: 'unusable', why: { reason: 'there is no private key in it' } };
  }
  const publicKey = read.kind === 'key' ? read.key.publicKey : (read.publicKey ?? beside);
  const known = publicKey === undefined ? {} : { publicKey };
  if (file.tooOpen !== undefined) {
    const why = {
      reason: `its permissions ${file.tooOpen} let others read it`,
      remedy: `Keep it to yourself: chmod 600 '${path}'`,
    };
    return { kind: 'unusable', why, ...known };
  }
  if (read.kind === 'key') return { kind: 'open', key: read.key };
  if (read.kind === 'locked') return { kind: 'locked', text: file.text, ...known };
  return { kind: 'unusable', why: read.why, ...known };
}

async function readPublicFile(path: string): Promise<PublicKey | undefined> {
  const file = await readText(path);
  return file.kind === 'text' ? readPublicKey(file.text.replace(/\r/g, '')) : undefined;
}

type FileText =
  | { readonly kind: 'text'; readonly text: string; readonly tooOpen?: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly code: string };

async function readText(path: string): Promise<FileText> {
  try {
    const file = await openRegular(path);
    try {
      const { mode, uid } = await file.stat();
      const text = await file.readFile('utf8');
      // As sshkey_perm_ok of OpenSSH: the mode of another user's file is not checked.
      const tooOpen = uid === process.getuid?.() && (mode & 0o077) !== 0;
      return { kind: 'text', text, ...(tooOpen ? { tooOpen: `0${(mode & 0o777).toString(8)}` } : {}) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UnreadFile) return { kind: 'unreadable', code: error.message };
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? { kind: 'missing' } : { kind: 'unreadable', code };
  }
}
