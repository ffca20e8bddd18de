import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { LeaseOwner, LeaseRequest } from '../../src/ports/lease-store.js';
import type { Connection, RemoteCommand, RunOptions, Transport } from '../../src/ports/transport.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport, type ShellHost } from './shell-transport.js';

const ann: LeaseOwner = { run: 'run-a', who: 'ann@desk' };
const bob: LeaseOwner = { run: 'run-b', who: 'bob@desk' };

/** Does something before each command of this kind reaches its host. */
function before(transport: Transport, action: string, act: () => Promise<void>): Transport {
  const connect = async (...given: Parameters<Transport['connect']>): Promise<Connection> => {
    const connection = await transport.connect(...given);
    const run = async (command: RemoteCommand, options: RunOptions = {}) => {
      if (Object.values(options.env ?? {}).includes(action)) await act();
      return connection.run(command, options);
    };
    return new Proxy(connection, {
      get: (target, key): unknown => (key === 'run' ? run : Reflect.get(target, key, target)),
    });
  };
  return { connect, close: () => transport.close() };
}

describe('a lock that is ended by force', () => {
  let folder: string;
  let machines: Map<string, ShellHost>;
  let store: HostLeaseStore;
  const ids = ['h1', 'h2', 'h3'];

  beforeEach(() => {
    folder = temporaryFolder('force');
    machines = new Map(
      ids.map((id) => {
        mkdirSync(join(folder, id));
        const proc = new FakeProc(join(folder, id, 'proc'));
        return [id, { directory: join(folder, id, 'lock'), proc, reachable: true }];
      }),
    );
    store = new HostLeaseStore(new ShellTransport(machines), new FakeClock());
  });

  const request = (owner: LeaseOwner): LeaseRequest => ({
    environment: environmentName('prod'),
    group: groupName('api'),
    hosts: ids.map((id) => makeHost(id)),
    owner,
    duration: 60_000,
  });
  /** Ends it by force, while other runs take it and give it back, so many times. */
  async function seizeWhileTaken(times: number): Promise<string> {
    let left = times * ids.length;
    const meanwhile = async (): Promise<void> => {
      if (left-- <= 0) return;
      await (await store.acquire(request(ann))).release();
    };
    const transport = before(new ShellTransport(machines), 'seize', meanwhile);
    return new HostLeaseStore(transport, new FakeClock()).seize(request(bob), bob).then(
      ({ epoch }) => `ended with epoch ${epoch}`,
      (error: unknown) => errorsOf(error)[0].code,
    );
  }

  it('is ended though runs take it in between', async () => {
    expect(await seizeWhileTaken(1)).toMatch(/^ended with epoch \d+$/);
    expect((await store.look(request(bob))).holder).toBeUndefined();
  });

  it('is not said to be ended where runs take it each time', async () => {
    expect(await seizeWhileTaken(1_000)).toBe('lease.unavailable');
  });

  it('is ended though one of its hosts does not answer', async () => {
    await store.acquire(request(ann));
    machines.get('h3')!.reachable = false;
    expect(await seizeWhileTaken(0)).toBe('ended with epoch 2');
    expect((await store.look(request(bob))).holder).toBeUndefined();
  });
});
