import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import type { EventBody } from '../../events/event.js';
import type { CloudHold, HeldInCloud, Settlement } from '../../model/hold.js';
import type { Host } from '../../model/host.js';
import type { EnvironmentName } from '../../model/ids.js';
import type { EnginePorts, Run } from '../run.js';
import { scalingGroupKind } from './scaling-group.js';

/** What restoring such a hold needs of a run. */
export type CloudRun = Pick<Run, 'gate' | 'blips' | 'bus' | 'environment'> & {
  readonly ports: Pick<Run['ports'], 'clock' | 'journal' | 'scaling'>;
};

/** A kind of hold of no host: all that is asked of such a hold, whatever it holds. The methods get holds of their own kind only. */
export interface CloudHoldKind<H extends CloudHold> {
  /** Why it must not be restored while these hosts are out of service; undefined when it may be. */
  whyKept(hold: H, out: readonly Host[]): string | undefined;
  /** What runs of this environment hold of what these hosts are in, by the copies on the things themselves; runs that are under way included. */
  find(
    ports: CloudPorts,
    environment: EnvironmentName,
    hosts: readonly Host[],
  ): Promise<readonly HeldInCloud<H>[]>;
  /**
   * Puts it back, reads it back, and takes its copy off. What is back already, and what others changed, stays as it is. Gives what a person
   * should know although it went well. May be called again: the copy tells what is left to do.
   */
  restore(run: CloudRun, held: HeldInCloud<H>): Promise<readonly string[]>;
  /** It stays as it is: why, and what a person can do. */
  left(hold: H, why: string): AdfError;
  settled(hold: H, as: Settlement): EventBody;
}

type CloudPorts = Pick<EnginePorts, 'scaling'>;

/** Every kind of hold of no host. */
const kinds: Readonly<Record<CloudHold['kind'], CloudHoldKind<CloudHold>>> = {
  scaling_group: scalingGroupKind,
};

/** All that the copies tell, of all kinds. */
export async function findCloudHolds(
  ports: CloudPorts,
  environment: EnvironmentName,
  hosts: readonly Host[],
): Promise<readonly HeldInCloud<CloudHold>[]> {
  const found = await Promise.all(Object.values(kinds).map((kind) => kind.find(ports, environment, hosts)));
  return found.flat();
}

/** What restoring holds of no host came to. */
export interface CloudRestored {
  /** What stays as it is, and stays held. */
  readonly left: readonly CloudHold[];
  /** Why, for each of them; and what kept that from being written down. */
  readonly errors: readonly AdfError[];
  /** What others did to them meanwhile. */
  readonly warnings: readonly string[];
}

/**
 * Restores and settles these holds. `out` are the hosts that are out of service and need a person: what would harm one of them stays as it is,
 * and held. Never throws.
 */
export async function restoreCloudHolds(
  run: CloudRun,
  held: readonly HeldInCloud<CloudHold>[],
  out: readonly Host[] = [],
): Promise<CloudRestored> {
  const left: CloudHold[] = [];
  const errors: AdfError[] = [];
  const warnings: string[] = [];
  // One after the other: two holds of one Auto Scaling group look at each other's tags.
  for (const one of held) {
    const { hold } = one;
    const kind = kinds[hold.kind];
    const settle = async (as: Settlement): Promise<void> => {
      await run.ports.journal.append({ at: run.ports.clock.now(), type: 'hold.settled', hold: hold.id, as });
      run.bus.emit(kind.settled(hold, as));
    };
    const why = kind.whyKept(hold, out);
    try {
      if (why === undefined) {
        await run.gate.readyToRestore();
        warnings.push(...(await kind.restore(run, one)));
        await settle('restored');
        continue;
      }
      errors.push(kind.left(hold, why));
    } catch (error) {
      errors.push(kind.left(hold, errorsOf(error)[0].message));
    }
    left.push(hold);
    await settle('named').catch((error: unknown) => errors.push(...errorsOf(error)));
  }
  return { left, errors, warnings };
}
