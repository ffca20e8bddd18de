import { z } from 'zod';
import { confirmationNotKept } from '../errors/lease.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import { containerId } from '../model/ids.js';
import type { ConfirmedRelease } from '../model/release.js';
import type { Confirmations, ConfirmedGroup } from '../ports/host-holds.js';
import { succeeded, type CommandResult, type Transport } from '../ports/transport.js';
import { failureOf } from './host-lease-calls.js';
import { hostLeaseName, lockDirectory, memoryDirectory } from './host-lease-name.js';

/** The scripts read or write one short file. */
const patience: Milliseconds = 20_000;

const mark = 'adfpush-confirmed ';

const readScript = `
set -u
for folder in "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY" "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_MEMORY"; do
  file=$folder/$ADFPUSH_LOCK_NAME.confirmed
  if { IFS= read -r line <"$file"; } 2>/dev/null; then printf '${mark}%s\\n' "$line"; fi
done
`;

/** As with the fence, a disk that is full takes no file: then it is kept in memory. */
const writeScript = `
set -u
put() {
  if [ ! -d "$1" ]; then (umask 0; mkdir -p "$1") 2>/dev/null || return 1; fi
  draft=$1/.$ADFPUSH_LOCK_NAME.confirmed.$$
  if (umask 022; printf '%s\\n' "$ADFPUSH_CONFIRMED" >"$draft") 2>/dev/null &&
    mv -f "$draft" "$1/$ADFPUSH_LOCK_NAME.confirmed" 2>/dev/null; then return 0; fi
  rm -f "$draft"
  return 1
}
put "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY" || put "\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_MEMORY" || {
  echo "cannot write in $ADFPUSH_LOCK_DIRECTORY" >&2
  exit 1
}
`;

const answer = z.object({
  run: z.string(),
  by: z.string(),
  startedAt: z.number(),
  at: z.number(),
  containers: z.array(z.string().transform(containerId)),
});

export interface HostConfirmationsOptions {
  readonly directory?: string;
}

/** A file beside the locks on each host, wherever the leases are kept. */
export class HostConfirmations implements Confirmations {
  readonly #directory: string;

  constructor(
    private readonly transport: Transport,
    { directory = lockDirectory }: HostConfirmationsOptions = {},
  ) {
    this.#directory = directory;
  }

  async read(host: Host, of: ConfirmedGroup): Promise<ConfirmedRelease | undefined> {
    const { stdout } = await this.#run(host, of, readScript, {});
    return stdout
      .split('\n')
      .flatMap((line) => (line.startsWith(mark) ? (parsed(line.slice(mark.length)) ?? []) : []))
      .toSorted((a, b) => b.startedAt - a.startedAt)[0];
  }

  async write(host: Host, of: ConfirmedGroup, confirmed: ConfirmedRelease): Promise<void> {
    const result = await this.#run(host, of, writeScript, { ADFPUSH_CONFIRMED: JSON.stringify(confirmed) });
    if (!succeeded(result)) throw confirmationNotKept(host, failureOf(result));
  }

  async #run(
    host: Host,
    of: ConfirmedGroup,
    script: string,
    more: Readonly<Record<string, string>>,
  ): Promise<CommandResult> {
    const connection = await this.transport.connect(host);
    const env = {
      ADFPUSH_LOCK_DIRECTORY: this.#directory,
      ADFPUSH_LOCK_MEMORY: memoryDirectory,
      ADFPUSH_LOCK_NAME: hostLeaseName(of),
      ...more,
    };
    return connection.run({ script }, { env, timeout: patience });
  }
}

/** What was written by half, or by something else, is none. */
function parsed(line: string): ConfirmedRelease | undefined {
  try {
    return answer.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
