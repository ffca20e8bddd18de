import { hasNoDocker, noneWithoutDocker } from '../errors/docker.js';
import { holdNotKept } from '../errors/lease.js';
import type { Milliseconds } from '../model/duration.js';
import { heldName, readHeld, type HeldOnHost } from '../model/holds/held-on-host.js';
import type { Host } from '../model/host.js';
import type { HoldId, RunId } from '../model/ids.js';
import { readJob } from '../model/job-on-host.js';
import { within, type Clock } from '../ports/clock.js';
import type { HoldKeepers, HostHolds, HostNotes, NotesOfHost, RunningJobs } from '../ports/host-holds.js';
import { succeeded, type CommandResult, type Transport } from '../ports/transport.js';
import { failureOf } from './host-lease-calls.js';

/** The scripts read or write small files. */
const patience: Milliseconds = 20_000;

const mark = 'adfpush-hold ';

/** In the login user's own folder, which others cannot write to: a hold says what is registered where. */
const preamble = `
set -u
umask 077
folder=\${XDG_STATE_HOME:-\${HOME:-}/.local/state}/adfpush/holds
`;

/** The name holds only when its content is on the disk. */
const keepScript = `${preamble}
mkdir -p "$folder" || exit 1
draft=$folder/.$ADFPUSH_HOLD_NAME.$$
{ printf '%s\\n' "$ADFPUSH_HOLD" >"$draft" && sync && mv -f "$draft" "$folder/$ADFPUSH_HOLD_NAME" && sync; } || {
  rm -f "$draft"
  exit 1
}
`;

const forgetScript = `${preamble}
rm -f "$folder/$ADFPUSH_HOLD_NAME"
`;

/** Jobs have their own place, but one question to the host is enough. */
const listScript = `${preamble}
for file in "$folder"/adfpush-hold-*; do
  if [ -O "$file" ] && IFS= read -r line <"$file"; then printf '${mark}%s\\n' "$line"; fi
done
`;

/** The holds on a host as files of its login user, and the records of this user's jobs. */
class HostRecords {
  constructor(
    private readonly host: Host,
    private readonly transport: Transport,
    private readonly jobs: RunningJobs | undefined,
  ) {}

  async keep(held: HeldOnHost): Promise<void> {
    const name = heldName(held.run, held.hold.id);
    await this.#run(keepScript, { ADFPUSH_HOLD_NAME: name, ADFPUSH_HOLD: JSON.stringify(held) });
  }

  async forget(run: RunId, hold: HoldId): Promise<void> {
    await this.#run(forgetScript, { ADFPUSH_HOLD_NAME: heldName(run, hold) });
  }

  async look(): Promise<Pick<HostNotes, 'held' | 'jobs'>> {
    const { jobs } = this;
    const { stdout } = await this.#run(`${listScript}${jobs?.script ?? ''}exit 0\n`, {});
    const after = (word: string): readonly string[] =>
      stdout.split('\n').flatMap((line) => (line.startsWith(word) ? [line.slice(word.length)] : []));
    return {
      held: after(mark).flatMap((text) => readHeld(text) ?? []),
      jobs: jobs === undefined ? [] : after(jobs.mark).flatMap((text) => readJob(text) ?? []),
    };
  }

  /** Throws `hold.not_kept`, and the transport's errors. */
  async #run(script: string, env: Readonly<Record<string, string>>): Promise<CommandResult> {
    const connection = await this.transport.connect(this.host);
    const result = await connection.run({ script }, { env, timeout: patience });
    if (!succeeded(result)) throw holdNotKept(this.host, failureOf(result));
    return result;
  }
}

/**
 * The holds on hosts: kept by a host's Docker Engine, and by a host without one as files. Both are read, since a host may have got an Engine
 * meanwhile.
 */
export class HoldsOnHosts implements HostHolds {
  /** The names of those that were seen as files. */
  readonly #filed = new Set<string>();

  constructor(
    private readonly engines: HoldKeepers,
    private readonly transport: Transport,
    private readonly clock: Clock,
    /** Absent where hosts are not asked for jobs. */
    private readonly jobs?: RunningJobs,
  ) {}

  on(host: Host): NotesOfHost {
    const engine = this.engines.on(host);
    const files = new HostRecords(host, this.transport, this.jobs);
    const look: NotesOfHost['look'] = async ({ engineWithin } = {}) => {
      // Both at once: an Engine that answers costs nothing extra.
      const ofEngine = engine.list().catch(noneWithoutDocker);
      ofEngine.catch(() => undefined);
      const filed = await files.look();
      filed.held.forEach(see);
      const kept = await (engineWithin === undefined
        ? ofEngine
        : within(this.clock, engineWithin, ofEngine, () => undefined).catch(() => undefined));
      const held = [...(kept ?? []), ...filed.held];
      return { held, jobs: filed.jobs, ...(kept === undefined ? { engineIsSilent: true } : {}) };
    };
    const see = ({ run, hold }: HeldOnHost): unknown => this.#filed.add(heldName(run, hold.id));
    return {
      keep: async (held) => {
        if (await isDone(engine.keep(held))) return;
        await files.keep(held);
        see(held);
      },
      forget: async (run, hold) => {
        const isKept = await isDone(engine.forget(run, hold));
        if (!isKept || this.#filed.has(heldName(run, hold))) await files.forget(run, hold);
      },
      list: async () => (await look()).held,
      look,
    };
  }
}

/** False where there is no Docker on the host; other errors are thrown. */
const isDone = (request: Promise<void>): Promise<boolean> =>
  request.then(
    () => true,
    (error: unknown) => {
      if (hasNoDocker(error)) return false;
      throw error;
    },
  );
