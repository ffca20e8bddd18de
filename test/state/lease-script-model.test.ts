import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { hostFenceScript } from '../../src/state/host-fence-script.js';
import { hostLeaseScript } from '../../src/state/host-lease-script.js';
import { recordNumber } from '../../src/state/lease-rules.js';
import { makeHost } from '../fakes/make-host.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { removeFolder, temporaryFolder } from '../stages/temporary-folder.js';
import { ModelLeaseHost } from '../fakes/model-lease-host.js';
import { FakeProc, ShellTransport } from './shell-transport.js';
import { shells } from './shells.js';

const actions = ['look', 'take', 'take', 'confirm', 'confirm', 'confirm', 'release', 'seize'] as const;
const lists = [
  '[{"members":["h1"],"needed":1}]',
  '[{"members":["h1","h2"],"needed":2}]',
  '{"quorums":[{"members":["h1"],"needed":1}],"moved":{"to":"dynamodb","run":"run-1"}}',
] as const;

const wholeBetween = (random: SeededRandom, lowest: number, highest: number): number =>
  Math.floor(random.between(lowest, highest + 1));

/** Any question of any run to the lock or its fence, whatever the order, about epochs near one another. */
function anyQuestion(random: SeededRandom): Record<string, string> {
  const run = `run-${wholeBetween(random, 1, 3)}`;
  const epoch = wholeBetween(random, 1, 5);
  if (random.chance(0.15)) {
    return { ADFPUSH_LOCK_NAME: 'prod.api', ADFPUSH_LOCK_EPOCH: String(epoch), ADFPUSH_LOCK_RUN: run };
  }
  return {
    ADFPUSH_LOCK_ACTION: random.pick(actions),
    ADFPUSH_LOCK_NAME: 'prod.api',
    ADFPUSH_LOCK_EPOCH: String(epoch),
    ADFPUSH_LOCK_OWNER: JSON.stringify({ run, who: `${run}'s "desk"` }),
    ADFPUSH_LOCK_RUN: run,
    ADFPUSH_LOCK_RECORD: String(random.chance(0.2) ? 0 : recordNumber(epoch, wholeBetween(random, 0, 3))),
    ADFPUSH_LOCK_LISTS: random.pick(lists),
    ADFPUSH_LOCK_SECONDS: '60',
  };
}

interface SmallDisk {
  readonly folder: string;
  /** Another file system, as /dev/shm is. */
  readonly memory: string;
  fill(full: boolean): void;
  remove(): void;
}

/** A file system of its own that can be filled up; undefined where nothing can be mounted. */
function smallDisk(): SmallDisk | undefined {
  const root = temporaryFolder('full');
  const [folder, memory] = [join(root, 'disk'), join(root, 'memory')];
  for (const path of [folder, memory]) mkdirSync(path);
  const filler = join(folder, 'filler');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    removeFolder(root);
    console.warn('LEFT OUT: locks on a full disk, since nothing can be mounted here');
    return undefined;
  }
  return {
    folder,
    memory,
    fill(full) {
      rmSync(filler, { force: true });
      if (full) execFileSync('sh', ['-c', `cat /dev/zero >'${filler}' 2>/dev/null || true`]);
    },
    remove() {
      execFileSync('umount', [folder], { stdio: 'ignore' });
      removeFolder(root);
    },
  };
}

describe.each(shells)('the scripts of the lock and its fence, run by %s', (_name, shell) => {
  it('answers every question as the model does, over sequences of questions, with restarts of the host', async () => {
    const kinds = new Set<string>();
    for (let seed = 1; seed <= breadth(2, 12); seed += 1) {
      const random = new SeededRandom(seed);
      const folder = temporaryFolder('model');
      try {
        mkdirSync(join(folder, 'h1'));
        const proc = new FakeProc(join(folder, 'h1', 'proc'));
        const machine = { directory: join(folder, 'h1', 'lock'), proc, reachable: true };
        const transport = new ShellTransport(new Map([['h1', machine]]), shell);
        const connection = await transport.connect(makeHost('h1'));
        const model = new ModelLeaseHost();
        let uptime = 1_000;
        let boots = 0;
        for (let turn = 1; turn <= 25; turn += 1) {
          uptime += random.chance(0.2) ? wholeBetween(random, 1, 90) : 0;
          if (random.chance(0.06)) {
            boots += 1;
            uptime = wholeBetween(random, 0, 40);
            model.reboot();
          }
          proc.set(uptime, `boot-${boots}`);
          const env = anyQuestion(random);
          const script = 'ADFPUSH_LOCK_ACTION' in env ? hostLeaseScript : hostFenceScript;
          const said = await connection.run({ script }, { env });
          const expected = model.answer(env, uptime);
          const asked = `seed ${seed}, turn ${turn}: ${JSON.stringify(env)} ${said.stderr}`;
          expect(said.stdout, asked).toBe(expected.stdout);
          kinds.add(expected.stdout.split(/\s/)[0] ?? '');
        }
      } finally {
        removeFolder(folder);
      }
    }
    expect([...kinds].toSorted()).toEqual(['admitted', 'fenced', 'free', 'got', 'held', 'newer', 'released']);
  });

  it('changes nothing that the model does not change while the disk is full', async () => {
    const told = { refused: 0, done: 0 };
    for (let seed = 1; seed <= 4; seed += 1) {
      const random = new SeededRandom(`full ${seed}`);
      const disk = smallDisk();
      if (disk === undefined) return;
      try {
        const proc = new FakeProc(join(disk.memory, 'proc'));
        const machine = { directory: join(disk.folder, 'lock'), proc, reachable: true };
        const transport = new ShellTransport(new Map([['h1', machine]]), shell, { memory: disk.memory });
        const connection = await transport.connect(makeHost('h1'));
        const model = new ModelLeaseHost();
        let uptime = 1_000;
        let isFull = false;
        for (let turn = 1; turn <= 25; turn += 1) {
          uptime += random.chance(0.2) ? wholeBetween(random, 1, 90) : 0;
          proc.set(uptime);
          if (random.chance(0.3)) isFull = !isFull;
          disk.fill(isFull);
          const env = anyQuestion(random);
          const script = 'ADFPUSH_LOCK_ACTION' in env ? hostLeaseScript : hostFenceScript;
          const said = await connection.run({ script }, { env });
          const expected = model.answer(env, uptime, isFull);
          const asked = `seed ${seed}, turn ${turn}: ${isFull ? 'full' : ''} ${JSON.stringify(env)} ${said.stderr}`;
          expect([said.outcome, said.stdout], asked).toEqual([expected.outcome, expected.stdout]);
          if (isFull) told[expected.stdout === '' ? 'refused' : 'done'] += 1;
        }
      } finally {
        disk.remove();
      }
    }
    expect(Math.min(told.refused, told.done)).toBeGreaterThan(2);
  });
});
