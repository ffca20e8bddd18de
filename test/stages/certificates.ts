import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.js';

/** What a server shows, and what trusts it. */
export interface Certificates {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** The file of the authority. */
  readonly authority: string;
}

/** An authority of its own, and a certificate by it for these names; made by openssl. */
export function certificatesFor(...names: readonly string[]): Certificates {
  const folder = temporaryFolder('certificates');
  const file = (name: string): string => join(folder, name);
  const openssl = (...words: readonly string[]): void =>
    void execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test authority'],
    ...['-keyout', 'authority.key', '-out', 'authority.pem'],
  );
  openssl(
    ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${names[0] ?? ''}`],
    ...['-keyout', 'server.key', '-out', 'server.csr'],
  );
  writeFileSync(file('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  openssl(
    ...[
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'authority.pem',
      '-CAkey',
      'authority.key',
      '-CAcreateserial',
    ],
    ...['-days', '2', '-extfile', 'names', '-out', 'server.pem'],
  );
  return {
    key: readFileSync(file('server.key')),
    cert: readFileSync(file('server.pem')),
    authority: file('authority.pem'),
  };
}
