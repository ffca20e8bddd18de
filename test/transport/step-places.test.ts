import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandResult } from '../../src/ports/transport.js';
import { LocalConnection } from '../../src/transport/local-connection.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { systemClock } from '../stages/system-clock.js';

const connection = new LocalConnection(makeHost('here'), systemClock);
const step = { run: 'run', id: 'step' };
const user = `adfpush-test-${process.pid}`;
const shared = ['/var/tmp', '/dev/shm', '/tmp'].map((place) => `${place}/adfpush-${user}`);
const isRoot = process.getuid?.() === 0;
if (!isRoot)
  console.warn('LEFT OUT: steps on a full disk and in planted folders, which only root can prepare');

describe('the record of a step', () => {
  let home: string;
  let inHome: string;
  const before = { ...process.env };
  beforeEach(() => {
    home = temporaryFolder('home');
    inHome = join(home, '.local/state/adfpush/steps');
    delete process.env['XDG_STATE_HOME'];
    Object.assign(process.env, { HOME: home, LOGNAME: user });
  });
  afterEach(() => {
    process.env = { ...before };
    for (const place of shared) rmSync(place, { recursive: true, force: true });
  });
  const runStep = (): Promise<CommandResult> => connection.run({ argv: ['echo', 'ran'] }, { step });
  /** The one place with a record. */
  const place = (): string | undefined => {
    const found = [inHome, ...shared].filter((one) => existsSync(join(one, 'run/step')));
    expect(found.length).toBeLessThanOrEqual(1);
    return found[0];
  };
  const ran = { outcome: { kind: 'exited', code: 0 }, stdout: 'ran\n' };

  test("is in a folder of the user's home that other users cannot look into", async () => {
    expect(await runStep()).toMatchObject({ ...ran, record: 'kept' });

    expect(place()).toBe(inHome);
    expect(statSync(inHome).mode & 0o777).toBe(0o700);
  });

  test.each(['', '/no/such/home', '/proc'])('is elsewhere when the home is "%s"', async (where) => {
    process.env['HOME'] = where;

    expect(await runStep()).toMatchObject({ ...ran, record: 'kept' });

    expect(place()).toBe(shared[0]);
    expect(statSync(shared[0]!).mode & 0o777).toBe(0o700);
    expect(await connection.recordOf(step)).toMatchObject({ state: 'ended' });
  });

  test('is found where it is, also when the home is back', async () => {
    process.env['HOME'] = '/no/such/home';
    await runStep();
    process.env['HOME'] = home;

    expect(await connection.recordOf(step)).toMatchObject({ state: 'ended' });
    expect(await runStep()).toMatchObject({ record: 'found' });
  });

  test('is missing where the host has no place for it: the step is run, and the result says so', async () => {
    process.env['HOME'] = '/proc';
    for (const one of shared) writeFileSync(one, 'a file where the folder would be');

    expect(await runStep()).toMatchObject({ ...ran, record: 'none' });
    expect((await connection.recordOf(step)).state).toBe('absent');
  });

  test.runIf(isRoot)(
    'is not put into a folder that somebody else has planted, nor through a link',
    async () => {
      process.env['HOME'] = '/proc';
      mkdirSync(shared[0]!);
      chmodSync(shared[0]!, 0o777);
      chownSync(shared[0]!, 65_534, 65_534);
      // A record that would say that it has ended already.
      mkdirSync(join(shared[0]!, 'run'));
      writeFileSync(join(shared[0]!, 'run/step'), '=000= 1 1 boot .\n');
      symlinkSync(home, shared[1]!);
      mkdirSync(join(home, 'run'));
      writeFileSync(join(home, 'run/step'), '=000= 1 1 boot .\n');

      const result = await runStep();

      expect(result).toMatchObject({ ...ran, record: 'kept' });
      expect(existsSync(join(shared[2]!, 'run/step'))).toBe(true);
    },
  );

  test.runIf(isRoot)(
    'is elsewhere when the disk is full, and survives a disk that becomes full',
    async (context) => {
      const mounted = mountSmall(home);
      if (!mounted) {
        console.warn('LEFT OUT: steps on a full disk, since nothing can be mounted here');
        context.skip();
      }
      try {
        const filled = await connection.run({ script: `cat /dev/zero > ${home}/filler; exit 7` }, { step });
        const another = { ...step, id: 'another' };
        const elsewhere = await connection.run({ argv: ['echo', 'ran'] }, { step: another });

        expect(filled).toMatchObject({ outcome: { kind: 'exited', code: 7 }, record: 'kept' });
        expect(existsSync(join(inHome, 'run/step'))).toBe(true);
        expect(await connection.recordOf(step)).toMatchObject({ outcome: { kind: 'exited', code: 7 } });
        expect(elsewhere).toMatchObject({ ...ran, record: 'kept' });
        expect(existsSync(join(shared[0]!, 'run/another'))).toBe(true);
      } finally {
        execFileSync('umount', [home]);
      }
    },
  );

  test('is forgotten 14 days after its run, at the first step of another', async () => {
    for (const [run, days] of [
      ['old', 15],
      ['young', 13],
    ] as const) {
      mkdirSync(join(inHome, run), { recursive: true });
      writeFileSync(join(inHome, run, 'step'), '');
      const then = Date.now() / 1_000 - days * 86_400;
      utimesSync(join(inHome, run), then, then);
    }

    await runStep();

    await expect.poll(() => readdirSync(inHome).sort()).toEqual(['run', 'young']);
  });

  test("leaves the host's own variables alone, whatever their names", async () => {
    const names = 'abcdefghijklmnopqrstuvwxyz'.split('');
    const own = Object.fromEntries([...names, 'new', 'up', 'rest', 'state'].map((name) => [name, home]));
    Object.assign(process.env, own);
    const precious = join(home, 'precious');
    mkdirSync(precious);
    utimesSync(precious, 1, 1);

    await runStep();
    // What is older than 14 days is removed in the background: in the runner's own folder, and nowhere else.
    const script = `for i in 1 2 3; do [ ! -e ${precious} ] || sleep 0.1; done; i=${home}; exec env`;
    const result = await connection.run({ script }, { step: { ...step, id: 'another' } });

    expect(existsSync(precious)).toBe(true);
    expect(result.stdout.split('\n')).toEqual(
      expect.arrayContaining(Object.entries(own).map(([name, value]) => `${name}=${value}`)),
    );
  });

  test('bears any ids, without leaving its folder', async () => {
    const odd = { run: '../../escaped', id: `it's a "step" / ${'x'.repeat(300)} \n` };

    const result = await connection.run({ argv: ['echo', 'ran'] }, { step: odd });

    expect(result).toMatchObject({ ...ran, record: 'kept' });
    expect(await connection.recordOf(odd)).toMatchObject({ state: 'ended' });
    expect(readdirSync(inHome)).toHaveLength(1);
    expect(existsSync(join(inHome, '../../escaped'))).toBe(false);
  });
});

/** A file system of 64 KiB; false where that is not allowed. */
function mountSmall(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
