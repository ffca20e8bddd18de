import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { LeaseRequest } from '../../src/ports/lease-store.js';
import { HostFence } from '../../src/state/host-fence.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport, type ShellHost } from './shell-transport.js';

const mayChoose = process.getuid?.() === 0;

/** A shell of somebody whose files are nobody else's business. */
const secretive: [string, ...string[]] = ['/bin/sh', '-c', 'umask 077; exec /bin/sh -s'];

describe.runIf(mayChoose)('runs that log in to the hosts as different users', () => {
  let folder: string;
  let machines: Map<string, ShellHost>;
  const clock = new FakeClock();

  beforeEach(() => {
    folder = temporaryFolder('users');
    chmodSync(folder, 0o755);
    machines = new Map();
    for (const id of ['h1', 'h2', 'h3']) {
      const directory = join(folder, id);
      mkdirSync(directory);
      // As /var/tmp is.
      chmodSync(directory, 0o1777);
      const proc = new FakeProc(join(directory, 'proc'));
      machines.set(id, { directory: join(directory, 'adfpush'), proc, reachable: true });
    }
  });

  const userWith = (uid: number, run: string) => {
    const transport = new ShellTransport(machines, secretive, { uid, gid: uid });
    const fence = new HostFence(transport);
    const request: LeaseRequest = {
      environment: environmentName('prod'),
      group: groupName('api'),
      hosts: [...machines.keys()].map((id) => makeHost(id)),
      owner: { run, who: `${run}@desk` },
      duration: 60_000,
    };
    return {
      acquire: () => new HostLeaseStore(transport, clock).acquire(request),
      seize: () => new HostLeaseStore(transport, clock).seize(request, request.owner),
      admit: (epoch: number) => outcomeOf(fence.admit(makeHost('h1'), { lease: 'prod.api', epoch, run })),
    };
  };
  const outcomeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'done',
      (error: unknown) => errorsOf(error)[0].code,
    );
  const ann = userWith.bind(undefined, 4_001, 'run-a');
  const bob = userWith.bind(undefined, 4_002, 'run-b');

  it('exclude each other, and take the lock over when it has run out or was released', async () => {
    const lease = await ann().acquire();
    expect(await outcomeOf(bob().acquire())).toBe('lease.held');
    await lease.release();
    const second = await bob().acquire();
    expect(await outcomeOf(ann().acquire())).toBe('lease.held');
    for (const { proc } of machines.values()) proc.set(1_100);
    const third = await ann().acquire();
    expect([lease.epoch, second.epoch, third.epoch]).toEqual([1, 2, 3]);
  });

  it("are kept out by each other's fence, and raise it", async () => {
    const lease = await ann().acquire();
    expect(await ann().admit(lease.epoch)).toBe('done');
    expect(await bob().admit(lease.epoch)).toBe('lease.fenced');
    await lease.release();
    const next = await bob().acquire();
    expect(await ann().admit(lease.epoch)).toBe('lease.fenced');
    expect(await bob().admit(next.epoch)).toBe('done');
  });

  it('may end the lock of another by force', async () => {
    const lease = await ann().acquire();
    expect(await bob().seize()).toEqual({ epoch: 2 });
    await expect(lease.renew()).rejects.toMatchObject({ code: 'lease.lost' });
    expect(await ann().admit(lease.epoch)).toBe('lease.fenced');
  });
});
