import type { Milliseconds } from '../../src/model/duration.js';
import type { FakeTransport } from '../fakes/fake-transport.js';
import type { FakeHost } from '../fakes/world/fake-host.js';
import type { CommandResult } from '../../src/ports/transport.js';

export interface FakeReboots {
  /** How long the hosts are down. */
  readonly lasts?: Milliseconds;
  /** What becomes of the request itself; it is carried out, unless it says otherwise. */
  readonly request?: (host: FakeHost) => Partial<CommandResult>;
}

/** Hosts that say which boot they run since, and restart when they are asked to. */
export function fakeReboots(
  transport: FakeTransport,
  hostOf: (id: string) => FakeHost,
  { lasts = 40_000, request = () => ({}) }: FakeReboots = {},
): void {
  transport.when(({ host, text }) => {
    if (!text.includes('boot_id')) return undefined;
    const fake = hostOf(host.id);
    const boot = `boot-${fake.boots}`;
    if (!text.includes('shutdown')) return { stdout: `${boot}\n` };
    const isSame = text.includes(`before='${boot}'`) || text.includes(`before=${boot}`);
    if (isSame) fake.reboot(lasts, 'terminated');
    return request(fake);
  });
}
