import { fenceSilent, leaseFenced } from '../errors/lease.js';
import { connectionLost } from '../errors/ssh.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Fence, FencePass } from '../ports/host-holds.js';
import { succeeded, type CommandResult, type Transport } from '../ports/transport.js';
import { hostFenceScript } from './host-fence-script.js';
import { failureOf } from './host-lease-calls.js';
import { lockDirectory, memoryDirectory } from './host-lease-name.js';

/** The script looks into one folder. */
const patience: Milliseconds = 20_000;

export interface HostFenceOptions {
  readonly directory?: string;
}

/** Fences beside the locks on the hosts (see `fenceFunctions`). A lease that is kept elsewhere has only its fence there. */
export class HostFence implements Fence {
  readonly #directory: string;

  constructor(
    private readonly transport: Transport,
    { directory = lockDirectory }: HostFenceOptions = {},
  ) {
    this.#directory = directory;
  }

  async admit(host: Host, pass: FencePass, signal?: AbortSignal): Promise<void> {
    const connection = await this.transport.connect(host, signal);
    const env = {
      ADFPUSH_LOCK_DIRECTORY: this.#directory,
      ADFPUSH_LOCK_MEMORY: memoryDirectory,
      ADFPUSH_LOCK_NAME: pass.lease,
      ADFPUSH_LOCK_EPOCH: String(pass.epoch),
      ADFPUSH_LOCK_RUN: pass.run,
    };
    const result = await connection.run(
      { script: hostFenceScript },
      { env, timeout: patience, ...defined({ signal }) },
    );
    signal?.throwIfAborted();
    if (result.outcome.kind === 'unknown') throw connectionLost(host, result.outcome.reason);
    if (result.outcome.kind === 'timed_out')
      throw connectionLost(host, `no answer within ${patience / 1_000} s`);
    if (!succeeded(result)) throw fenceSilent(host, failureOf(result));
    const said = verdictOf(result);
    const refused = /^fenced (\d+) (.*)$/.exec(said ?? '');
    if (refused !== null) {
      const [, epoch, run = ''] = refused;
      throw leaseFenced(host, pass, { epoch: Number(epoch), run });
    }
    if (said !== 'admitted') throw fenceSilent(host, `it said ${JSON.stringify(result.stdout.slice(-200))}`);
  }
}

/** The start-up files of a login shell may have printed other lines before. */
const verdictOf = ({ stdout }: CommandResult): string | undefined =>
  stdout
    .split('\n')
    .filter((line) => /^(admitted|fenced \d+ .*)$/.test(line))
    .at(-1);
