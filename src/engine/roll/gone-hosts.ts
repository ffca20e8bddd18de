import { errorsOf } from '../../errors/adf-error.js';
import type { Host } from '../../model/host.js';
import type { HostId } from '../../model/ids.js';
import type { Run } from '../run.js';

/** Those of the hosts that are not there any more. Where that is unknown, all are: a host that may be there is never given up unnamed. */
export async function goneOf(
  hosts: readonly Host[],
  { ports, blips, bus }: Run,
): Promise<ReadonlySet<HostId>> {
  if (hosts.length === 0) return new Set();
  try {
    return await blips.cloud.outlast(() => ports.presence.goneOf(hosts));
  } catch (error) {
    const [{ message }] = errorsOf(error);
    bus.emit({
      type: 'warning',
      message: `Whether these hosts are still there could not be asked: ${message}`,
    });
    return new Set();
  }
}
