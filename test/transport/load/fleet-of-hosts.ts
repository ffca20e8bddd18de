import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostId } from '../../../src/model/ids.js';
import type { Host, SshSettings } from '../../../src/model/host.js';
import type { Sshd } from '../../stages/sshd.js';

/** One sshd that listens on all of 127.0.0.0/8 as so many hosts, each at an address of its own. */
export const hostsAtAddressesOfTheirOwn = (sshd: Sshd, count: number, ssh: SshSettings = {}): Host[] =>
  Array.from({ length: count }, (_, index) => {
    const address = `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
    const id = `host-${index}`;
    return sshd.host({ hostKeyAlias: knownAs(sshd), ...ssh }, { id: hostId(id), name: id, address });
  });

/** The name under which the fixture's known_hosts has its key. */
export const knownAs = (sshd: Sshd): string => `[127.0.0.1]:${sshd.port}`;

/** `sshd` lets in the key of `other` too, and `other` knows its host key: one identity for both, as a fleet has it. */
export function letIn(sshd: Sshd, other: Sshd): void {
  appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(join(other.folder, 'authorized_keys')));
  appendFileSync(other.knownHostsFile, readFileSync(sshd.knownHostsFile));
}

export const logins = (sshd: Sshd): number => sshd.output.match(/Accepted publickey/g)?.length ?? 0;

/** Connections that came to the server at all. */
export const visits = (sshd: Sshd): number => sshd.output.match(/^Connection from /gm)?.length ?? 0;

/** Logins that the server refused: what it keeps a record of. */
export const refusals = (sshd: Sshd): number =>
  sshd.output.match(
    /^Connection (closed by|reset by|from) authenticating user|Too many authentication failures/gm,
  )?.length ?? 0;
