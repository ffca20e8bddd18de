import { connectionLost } from '../../../src/errors/ssh.js';
import { hostLeaseName } from '../../../src/state/host-lease-name.js';
import { hostFenceScript } from '../../../src/state/host-fence-script.js';
import { hostLeaseScript } from '../../../src/state/host-lease-script.js';
import { recordText } from '../../../src/state/host-lease-answer.js';
import { majorityQuorum, recordNumber } from '../../../src/state/lease-rules.js';
import { AdfError } from '../../../src/errors/adf-error.js';
import type { Host } from '../../../src/model/host.js';
import type { HostId } from '../../../src/model/ids.js';
import type { LeaseName } from '../../../src/ports/lease-store.js';
import type { CommandResult, Connection, RunOptions, Transport } from '../../../src/ports/transport.js';
import { ModelLeaseHost, noPart, type HostPart } from '../../fakes/model-lease-host.js';
import type { Caller, PortCall } from '../../fakes/port-calls.js';
import type { World } from '../../fakes/world/world.js';

type Environment = NonNullable<RunOptions['env']>;

/** What one host keeps of one lease, and in which of its boots that was asked last. */
interface KeptPart {
  readonly model: ModelLeaseHost;
  boots: number;
}

/**
 * The locks and the fences on the hosts of a simulated world. The real store asks. Each host answers by the model of the two scripts;
 * lock-script-model.test.ts proves that the model equals the scripts.
 */
export class SimulatedHostLocks {
  readonly #parts = new Map<HostId, Map<string, KeptPart>>();

  constructor(private readonly world: World) {}

  /** What hosts know whose group was deployed before: a lease of all of them, which was released. */
  remember(name: Pick<LeaseName, 'environment' | 'group'>, hosts: readonly HostId[]): void {
    const run = 'run-before';
    const lists = recordText({ quorums: [majorityQuorum(hosts)] });
    const part: HostPart = {
      ...noPart,
      lock: { epoch: 1, owner: undefined, by: run, since: 0, until: 0, seconds: 0 },
      record: { number: recordNumber(1, 2), lists },
      fence: { epoch: 1, run },
    };
    for (const host of hosts)
      this.#of(host).set(hostLeaseName(name), { model: new ModelLeaseHost(part), boots: 0 });
  }

  /** Connections that run nothing but these scripts. To have one costs nothing: a process keeps its connections. */
  seenBy(caller: Caller): Transport {
    return {
      connect: (host) => Promise.resolve(this.#connection(host, caller)),
      close: () => Promise.resolve(),
    };
  }

  #connection(host: Host, caller: Caller): Connection {
    const fake = this.world.host(host.id);
    const unused = () => Promise.reject(new Error('neither the lock nor the fence does that'));
    return {
      host,
      get alive() {
        return fake.reachable;
      },
      run: (command, { env = {}, signal } = {}) => {
        const script = 'script' in command ? command.script : '';
        const answer = caller.calls.make(callOf(host, script, env), () => this.#answer(host, env));
        return unlessGivenUp(answer, signal);
      },
      recordOf: unused,
      endStep: unused,
      stream: unused,
      forward: unused,
    };
  }

  #answer(host: Host, env: Environment): CommandResult {
    const fake = this.world.host(host.id);
    if (!fake.reachable) throw connectionLost(host, 'read ECONNRESET');
    const parts = this.#of(host.id);
    const name = env['ADFPUSH_LOCK_NAME'] ?? '';
    const part = parts.get(name) ?? { model: new ModelLeaseHost(), boots: fake.boots };
    parts.set(name, part);
    if (part.boots !== fake.boots) part.model.reboot();
    part.boots = fake.boots;
    return part.model.answer(env, fake.uptime / 1_000, fake.lockDiskIsFull);
  }

  #of(host: HostId): Map<string, KeptPart> {
    const parts = this.#parts.get(host) ?? new Map<string, KeptPart>();
    this.#parts.set(host, parts);
    return parts;
  }
}

/** The lock is asked by calls of its own; the fence as part of each change. */
function callOf({ id: host }: Host, script: string, env: Environment): PortCall {
  const name = env['ADFPUSH_LOCK_NAME'] ?? '';
  const about = `${name} ${env['ADFPUSH_LOCK_EPOCH'] ?? ''}`;
  if (script === hostFenceScript) return { port: 'transport', method: 'admit', actor: host, host, about };
  if (script !== hostLeaseScript) throw new Error('neither the script of the lock nor that of the fence');
  return { port: 'lock', method: env['ADFPUSH_LOCK_ACTION'] ?? '', actor: `lock of ${host}`, host, about };
}

/** The result when the connection is lost, or when the caller gives up. The host may carry out the command all the same. */
async function unlessGivenUp(
  answer: Promise<CommandResult>,
  signal: AbortSignal | undefined,
): Promise<CommandResult> {
  const told = answer.catch((error: unknown) => {
    if (error instanceof AdfError && error.code === 'ssh.connection_lost') {
      return nothingHeard({ kind: 'unknown', reason: 'connection lost' });
    }
    throw error;
  });
  if (signal === undefined) return told;
  const givenUp = Promise.withResolvers<CommandResult>();
  const giveUp = (): void => givenUp.resolve(nothingHeard({ kind: 'cancelled' }));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([told, givenUp.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

const nothingHeard = (outcome: CommandResult['outcome']): CommandResult => ({
  outcome,
  stdout: '',
  stderr: '',
  duration: 0,
  truncated: false,
});
