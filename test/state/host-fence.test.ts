import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { HostFence } from '../../src/state/host-fence.js';
import type { CommandResult } from '../../src/ports/transport.js';
import { FakeTransport } from '../fakes/fake-transport.js';
import { makeHost } from '../fakes/make-host.js';
import { World } from '../fakes/world/world.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport, type ShellHost } from './shell-transport.js';
import { shells } from './shells.js';

describe.each(shells)('the fence of a host, run by %s', (_name, shell) => {
  const host = makeHost('h1');
  let folder: string;
  let machine: ShellHost;
  let fence: HostFence;

  beforeEach(() => {
    folder = temporaryFolder('fence');
    machine = {
      directory: join(folder, 'lock'),
      proc: new FakeProc(join(folder, 'proc')),
      reachable: true,
    };
    fence = new HostFence(new ShellTransport(new Map([['h1', machine]]), shell));
  });

  const admit = (epoch: number, run = 'run-a', lease = 'prod.api'): Promise<string> =>
    fence.admit(host, { lease, epoch, run }).then(
      () => 'admitted',
      (error: unknown) => errorsOf(error)[0].code,
    );

  it('lets in who comes first, and again, and a newer epoch', async () => {
    expect([await admit(3), await admit(3), await admit(7, 'run-b')]).toEqual(Array(3).fill('admitted'));
  });

  it('refuses an older epoch for good, and says whose the newer is', async () => {
    await admit(7, 'run-b');
    await expect(fence.admit(host, { lease: 'prod.api', epoch: 6, run: 'run-a' })).rejects.toMatchObject({
      code: 'lease.fenced',
      class: 'failed',
      message: expect.stringContaining('run run-b came with epoch 7') as string,
    });
    expect(await admit(7, 'run-b')).toBe('admitted');
    expect(await admit(6, 'run-b')).toBe('lease.fenced');
  });

  it('refuses another run with the same epoch', async () => {
    await admit(7, 'run-b');
    expect(await admit(7, 'run-a')).toBe('lease.fenced');
  });

  it('keeps the fences of other leases apart', async () => {
    await admit(7, 'run-b', 'prod.web');
    expect(await admit(1)).toBe('admitted');
  });

  it('counts in numbers, not in letters', async () => {
    await admit(9);
    expect([await admit(10), await admit(9)]).toEqual(['admitted', 'lease.fenced']);
  });

  it('lets in exactly one of 20 runs that come with one epoch at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => admit(5, `run-${index}`)));
    expect(outcomes.filter((each) => each === 'admitted')).toHaveLength(1);
    expect(outcomes.filter((each) => each === 'lease.fenced')).toHaveLength(19);
  });

  it('knows the newest of 20 that come at once, and lets in none of the older any more', async () => {
    const epochs = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(epochs.map((epoch) => admit(epoch, `run-${epoch}`)));
    const after = await Promise.all(epochs.map((epoch) => admit(epoch, `run-${epoch}`)));
    expect(after).toEqual([...Array<string>(19).fill('lease.fenced'), 'admitted']);
    await admit(21);
    expect(readdirSync(join(machine.directory, 'prod.api.fence'))).toEqual(['21']);
  });

  it('is open to every login user, whatever the umask of the first', async () => {
    await admit(1);
    const path = join(machine.directory, 'prod.api.fence');
    const modes = [machine.directory, path, join(path, '1')].map((one) => statSync(one).mode & 0o777);
    expect(modes).toEqual([0o777, 0o777, 0o644]);
  });

  it('is not held up by what a killed script left behind', async () => {
    const path = join(machine.directory, 'prod.api.fence');
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
    for (let pid = 1; pid < 50; pid += 1) writeFileSync(join(path, `.draft.${pid}`), 'half');
    expect(await admit(1)).toBe('admitted');
  });

  it('says that it cannot tell, where it cannot be kept', async () => {
    for (const path of [machine.directory, `${machine.directory}-memory`])
      writeFileSync(path, 'a file where the folder should be');
    expect(await admit(1)).toBe('lease.fence_silent');
  });

  describe('on a host whose disk takes nothing more', () => {
    /** Root may write in any folder; nobody may in a file. */
    const fill = (): void => {
      rmSync(machine.directory, { recursive: true, force: true });
      writeFileSync(machine.directory, 'full');
    };

    it('is kept in memory: a newer run is let in, and an older one no more', async () => {
      await admit(3);
      fill();
      expect([await admit(7, 'run-b'), await admit(7, 'run-b')]).toEqual(['admitted', 'admitted']);
      expect([await admit(3), await admit(7, 'run-c')]).toEqual(['lease.fenced', 'lease.fenced']);
      expect(await admit(8, 'run-c')).toBe('admitted');
    });

    it('keeps what memory knows when the disk takes files again, until a newer run is let in', async () => {
      fill();
      await admit(7, 'run-b');
      rmSync(machine.directory);
      expect(await admit(6)).toBe('lease.fenced');
      expect([await admit(8), await admit(7, 'run-b')]).toEqual(['admitted', 'lease.fenced']);
      expect(readdirSync(join(machine.directory, 'prod.api.fence'))).toEqual(['8']);
      expect(readdirSync(join(`${machine.directory}-memory`, 'prod.api.fence'))).toEqual([]);
    });

    it('knows what was on the disk before, which can still be read', async () => {
      await admit(7, 'run-b');
      const path = join(machine.directory, 'prod.api.fence');
      expect(await fence8WithoutBlocks(path)).toBe('admitted');
      expect([await admit(7, 'run-b'), await admit(8, 'run-c')]).toEqual(['lease.fenced', 'admitted']);
    });

    /** Another shell whose files must stay empty, as on a disk without a free block. */
    async function fence8WithoutBlocks(path: string): Promise<string> {
      const full: [string, ...string[]] = [
        '/bin/sh',
        '-c',
        'ulimit -f 0; exec "$0" "$@"',
        ...(shell as readonly string[]),
      ];
      const other = new HostFence(new ShellTransport(new Map([['h1', machine]]), full));
      // Not even memory takes a file then, so that nothing must be half there.
      const outcome = await other.admit(host, { lease: 'prod.api', epoch: 8, run: 'run-c' }).then(
        () => 'admitted',
        (error: unknown) => errorsOf(error)[0].code,
      );
      expect(outcome).toBe('lease.fence_silent');
      expect(readdirSync(path)).toEqual(['7']);
      return admit(8, 'run-c');
    }
  });

  it('is not asked on a host that cannot be reached', async () => {
    machine.reachable = false;
    expect(await admit(1)).toBe('ssh.unreachable');
  });
});

describe('the fence of a host that gives no answer', () => {
  const admitWith = (result: Partial<CommandResult>): Promise<unknown> => {
    const world = new World();
    const { host } = world.addHost('h1');
    const transport = new FakeTransport(world);
    transport.when(() => result);
    return new HostFence(transport).admit(host, { lease: 'prod.api', epoch: 7, run: 'run-a' });
  };

  it('in time is asked again like one whose connection was lost', async () => {
    await expect(admitWith({ outcome: { kind: 'timed_out' } })).rejects.toMatchObject({
      code: 'ssh.connection_lost',
      message: expect.stringContaining('no answer within 20 s') as string,
    });
  });

  it.each([
    ['nothing', ''],
    ['something else', 'Welcome to h1'],
  ])('that can be read lets nobody in: it says %s', async (_what, stdout) => {
    await expect(admitWith({ stdout })).rejects.toMatchObject({
      code: 'lease.fence_silent',
      message: expect.stringContaining(JSON.stringify(stdout)) as string,
    });
  });

  it('is let in by the answer alone, whatever a login shell printed before', async () => {
    await expect(admitWith({ stdout: 'Welcome to h1\nadmitted\n' })).resolves.toBeUndefined();
  });
});
