import { recordNotKept, recordsOfHostUnreadable } from '../errors/releases.js';
import { connectionLost } from '../errors/ssh.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
import type { Ledger, LedgerOf, LedgerRecord, Written } from '../ports/ledger.js';
import { succeeded, type CommandResult, type Transport } from '../ports/transport.js';
import { failureOf } from './host-lease-calls.js';
import { hostLeaseName, lockDirectory, rootDirectory } from './host-lease-name.js';
import type { LedgerText } from './ledger-text.js';

/** The scripts read or write some lines of a file. */
const patience: Milliseconds = 20_000;

const mark = 'adfpush-record ';

/** Of each of the two files: more output than both is not kept whole in memory. The oldest records are left out. */
const mostBytes = 800_000;

const readScript = `
set -u
for folder in "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LEDGER_DIRECTORY" "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY"; do
  file=$folder/$ADFPUSH_LEDGER_FILE
  [ -r "$file" ] || continue
  newest() { tail -n "$ADFPUSH_LEDGER_LIMIT" "$file"; }
  # The first of so many bytes are in the middle of a line.
  if [ "$(newest | wc -c)" -le ${mostBytes} ]; then newest; else newest | tail -c ${mostBytes} | sed 1d; fi |
    sed 's/^/${mark}/'
done
`;

/** The lock's folder is every login user's, as the file there is. A line that a crash cut is ended before the next one begins. */
const writeScript = `
set -u
newline='
'
put() {
  if [ ! -d "$1" ]; then (umask "$2"; mkdir -p "$1") 2>/dev/null || return 1; fi
  file=$1/$ADFPUSH_LEDGER_FILE
  lead=
  if [ -s "$file" ]; then
    case $(tail -c 1 "$file" 2>/dev/null; echo x) in
      "\${newline}x") ;;
      *) lead=$newline ;;
    esac
  fi
  (umask "$2"; printf '%s%s\\n' "$lead" "$ADFPUSH_RECORD" >>"$file") 2>/dev/null
}
put "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LEDGER_DIRECTORY" 022 || put "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY" 0 || {
  echo "cannot write in $ADFPUSH_LOCK_DIRECTORY" >&2
  exit 1
}
`;

interface HostLedgerOptions {
  /** Root's own folder on the host. */
  readonly directory?: string;
}

/**
 * The ledger of a host: a file that only grows, one JSON line a record. It is root's where the Engine is spoken to as root, and beside
 * the locks otherwise.
 */
export class HostLedger<R extends LedgerRecord> implements Ledger<R> {
  readonly name: string;

  constructor(
    private readonly transport: Transport,
    private readonly host: Host,
    private readonly text: LedgerText<R>,
    private readonly options: HostLedgerOptions = {},
  ) {
    this.name = describeHost(host);
  }

  /** Throws `releases.unreadable`, and what the transport throws. */
  async read(of: LedgerOf, limit: number): Promise<Written<R>> {
    const result = await this.#run(of, readScript, { ADFPUSH_LEDGER_LIMIT: String(limit) });
    if (!succeeded(result)) throw recordsOfHostUnreadable(this.host, this.text.name, failureOf(result));
    return this.text.read(
      result.stdout.split('\n').flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : [])),
    );
  }

  /** Throws `releases.unwritable`, and what the transport throws. */
  async write(record: R): Promise<'written'> {
    const result = await this.#run(record, writeScript, { ADFPUSH_RECORD: this.text.write(record) });
    if (!succeeded(result)) throw recordNotKept(this.host, this.text.name, failureOf(result));
    return 'written';
  }

  async #run(of: LedgerOf, script: string, more: Readonly<Record<string, string>>): Promise<CommandResult> {
    const connection = await this.transport.connect(this.host);
    const env = {
      ADFPUSH_LEDGER_DIRECTORY: this.options.directory ?? rootDirectory,
      ADFPUSH_LOCK_DIRECTORY: lockDirectory,
      ADFPUSH_LEDGER_FILE: `${hostLeaseName(of)}.${this.text.name}`,
      ...more,
    };
    const result = await connection.run(
      { script },
      { env, timeout: patience, become: this.host.docker.sudo === true },
    );
    if (result.outcome.kind === 'unknown') throw connectionLost(this.host, result.outcome.reason);
    return result;
  }
}
