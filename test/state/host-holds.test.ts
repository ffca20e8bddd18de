import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { FakeClock } from '../fakes/fake-clock.js';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { dockerUnreachable } from '../../src/errors/docker.js';
import type { HeldOnHost } from '../../src/model/holds/held-on-host.js';
import { runId } from '../../src/model/ids.js';
import type { HoldKeepers } from '../../src/ports/host-holds.js';
import { HoldsOnHosts } from '../../src/state/host-holds.js';
import { heldOn } from '../stages/held-on.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport } from './shell-transport.js';
import { shells } from './shells.js';

const host = makeHost('h1');

/** An Engine that keeps holds in memory, or a host without one. */
class Engine implements HoldKeepers {
  readonly kept: HeldOnHost[] = [];
  says: string | undefined;

  on(): ReturnType<HoldKeepers['on']> {
    const answer = <T>(give: () => T): Promise<T> =>
      this.says === undefined ? Promise.resolve(give()) : Promise.reject(dockerUnreachable(host, this.says));
    return {
      keep: (held) => answer(() => void this.kept.push(held)),
      forget: (_, id) =>
        answer(() => {
          const index = this.kept.findIndex(({ hold }) => hold.id === id);
          if (index >= 0) this.kept.splice(index, 1);
        }),
      list: () => answer(() => [...this.kept]),
    };
  }
}

describe.each(shells)('the holds of a host, kept by %s', (_name, shell) => {
  let home: string;
  let folder: string;
  let engine: Engine;
  let transport: ShellTransport;

  beforeEach(() => {
    home = temporaryFolder('holds');
    folder = join(home, '.local/state/adfpush/holds');
    const machine = {
      directory: join(home, 'lock'),
      proc: new FakeProc(join(home, 'proc')),
      reachable: true,
    };
    transport = new ShellTransport(new Map([['h1', machine]]), shell);
    engine = new Engine();
  });

  const holds = () => new HoldsOnHosts(engine, transport, new FakeClock()).on(host);
  const one = heldOn(host);
  const other = { ...one, run: runId('20261129T100000Z-bb') };

  it('are with its Docker Engine, and in no file', async () => {
    await holds().keep(one);
    expect(engine.kept).toEqual([one]);
    expect(await holds().list()).toEqual([one]);
    expect(readdirSync(home)).not.toContain('.local');
    await holds().forget(one.run, one.hold.id);
    expect(await holds().list()).toEqual([]);
  });

  it.each([
    'sh: 1: docker: not found',
    'bash: line 1: docker: command not found',
    'zsh:1: command not found: docker',
    'fish: Unknown command: docker',
    'docker: Command not found.',
    'sudo: docker: command not found',
  ])('are in files of its login user where there is no Docker: %s', async (says) => {
    engine.says = says;
    await holds().keep(one);
    await holds().keep(one);
    await holds().keep(other);
    expect(await holds().list()).toEqual([one, other]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toHaveLength(2);
    await holds().forget(one.run, one.hold.id);
    await holds().forget(one.run, one.hold.id);
    expect(await holds().list()).toEqual([other]);
  });

  it('are found in files when Docker was installed meanwhile, and removed from there', async () => {
    engine.says = 'sh: 1: docker: not found';
    await holds().keep(one);
    engine.says = undefined;
    const now = holds();
    expect(await now.list()).toEqual([one]);
    await now.forget(one.run, one.hold.id);
    expect(await now.list()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are not looked for elsewhere while the Engine does not answer, or refuses', async () => {
    for (const says of [
      'Cannot connect to the Docker daemon',
      'permission denied',
      'sudo: a password is required',
    ]) {
      engine.says = says;
      await expect(holds().keep(one)).rejects.toMatchObject({ code: 'docker.unreachable' });
      await expect(holds().list()).rejects.toMatchObject({ code: 'docker.unreachable' });
    }
  });

  it('are passed over where they cannot be read, and a host that cannot keep them says so', async () => {
    engine.says = 'sh: 1: docker: not found';
    await holds().keep(one);
    writeFileSync(join(folder, 'adfpush-hold-torn'), '{"run":"20261129T1');
    expect(await holds().list()).toEqual([one]);
    rmSync(join(home, '.local'), { recursive: true });
    mkdirSync(join(home, '.local'));
    writeFileSync(join(home, '.local/state'), 'no folder');
    await expect(holds().keep(one)).rejects.toMatchObject({ code: 'hold.not_kept', host: 'h1' });
  });
});
