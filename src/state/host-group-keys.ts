import { randomBytes } from 'node:crypto';
import { groupKeyNotKept, groupKeyUnreadable } from '../errors/lease.js';
import { connectionLost } from '../errors/ssh.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import { Secret } from '../model/secret.js';
import type { ConfirmedGroup, GroupKeys } from '../ports/host-holds.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { succeeded, type CommandResult, type Transport } from '../ports/transport.js';
import { failureOf } from './host-lease-calls.js';
import { hostLeaseName, lockDirectory, rootDirectory } from './host-lease-name.js';

/** The scripts read or write one short file. */
const patience: Milliseconds = 20_000;

const mark = 'adfpush-group-key ';
const foreign = 'adfpush-group-key-of-another-user ';

/**
 * All may write beside the locks: a file counts only when its owner is who reads it, so that no other user of the host can choose the key.
 * `-O` is the test for that in every sh that hosts have (dash, bash, busybox, ksh).
 */
const readScript = `
set -u
for folder in "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_KEY_DIRECTORY" "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY"; do
  file=$folder/$ADFPUSH_LOCK_NAME.key
  [ -e "$file" ] || continue
  if [ -O "$file" ] && { IFS= read -r line <"$file"; } 2>/dev/null; then printf '${mark}%s\\n' "$line"
  else printf '${foreign}%s\\n' "$file"; fi
  exit 0
done
`;

/** The key is in a variable of the script that is not exported: in no argument, and in no other program's environment. */
const writeScript = (key: string): string => `
set -u
key=${key}
put() {
  if [ ! -d "$1" ]; then (umask "$2"; mkdir -p "$1") 2>/dev/null || return 1; fi
  draft=$1/.$ADFPUSH_LOCK_NAME.key.$$
  rm -f "$draft"
  if (umask 077; set -C; printf '%s\\n' "$key" >"$draft") 2>/dev/null &&
    mv -f "$draft" "$1/$ADFPUSH_LOCK_NAME.key" 2>/dev/null; then return 0; fi
  rm -f "$draft"
  return 1
}
put "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_KEY_DIRECTORY" 022 || put "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY" 0 || {
  echo "cannot write in $ADFPUSH_LOCK_DIRECTORY" >&2
  exit 1
}
`;

interface HostGroupKeysOptions {
  readonly directory?: string;
}

/** A file of mode 0600 on each host: root's where the Engine is spoken to as root, beside the locks otherwise. It travels as a part of a script, over stdin. */
export class HostGroupKeys implements GroupKeys {
  constructor(
    private readonly transport: Transport,
    private readonly keeper: Pick<SecretKeeper, 'add'>,
    private readonly options: HostGroupKeysOptions = {},
  ) {}

  make(): Secret {
    return this.#kept(randomBytes(32).toString('hex'));
  }

  async read(host: Host, of: ConfirmedGroup): Promise<Secret | undefined> {
    const result = await this.#run(host, of, readScript);
    if (!succeeded(result)) throw groupKeyUnreadable(host, failureOf(result));
    const lines = result.stdout.split('\n');
    const other = lines.find((line) => line.startsWith(foreign));
    if (other !== undefined)
      throw groupKeyUnreadable(host, `${other.slice(foreign.length)} is another user's`);
    const [key] = lines.flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : []));
    // What was written by half, or by something else, is none.
    return key !== undefined && /^[0-9a-f]{64}$/.test(key) ? this.#kept(key) : undefined;
  }

  async write(host: Host, of: ConfirmedGroup, key: Secret): Promise<void> {
    const result = await this.#run(host, of, writeScript(key.reveal()));
    if (!succeeded(result)) throw groupKeyNotKept(host, failureOf(result));
  }

  #kept(key: string): Secret {
    const secret = new Secret(key);
    this.keeper.add(secret, 'the key of a group');
    return secret;
  }

  async #run(host: Host, of: ConfirmedGroup, script: string): Promise<CommandResult> {
    const connection = await this.transport.connect(host);
    const env = {
      ADFPUSH_KEY_DIRECTORY: this.options.directory ?? rootDirectory,
      ADFPUSH_LOCK_DIRECTORY: lockDirectory,
      ADFPUSH_LOCK_NAME: hostLeaseName(of),
    };
    const result = await connection.run(
      { script },
      { env, timeout: patience, become: host.docker.sudo === true },
    );
    if (result.outcome.kind === 'unknown') throw connectionLost(host, result.outcome.reason);
    return result;
  }
}
