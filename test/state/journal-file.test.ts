import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdId, hostId, runId } from '../../src/model/ids.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import { FileJournalStore } from '../../src/state/journal-file.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { runTypeScript } from '../stages/run-typescript.js';

const run = runId('20261121T031500Z-7f3a');
const record = (index: number, text = `mutation-${index}`): JournalRecord => ({
  type: 'mutation.done',
  at: index,
  id: text,
  host: hostId('h1'),
});

describe('the journal file', () => {
  let directory: string;
  let store: FileJournalStore;
  beforeEach(() => {
    directory = temporaryFolder('journal');
    store = new FileJournalStore({ directory });
  });
  const file = () => join(directory, 'runs', `${run}.journal`);

  it('gives back what was appended, in order, however strange the text', async () => {
    const journal = await store.create(run);
    const records: JournalRecord[] = [
      record(1, 'line\nfeed, \u2028 and "quotes"'),
      { type: 'hold.settled', at: 2, hold: holdId('x'), host: hostId('h1'), as: 'returned' },
    ];
    for (const each of records) await journal.append(each);
    await journal.close();
    expect(await store.read(run)).toEqual(records);
  });

  it('keeps the order of appends made at once', async () => {
    const journal = await store.create(run);
    const records = Array.from({ length: 500 }, (_, index) => record(index));
    await Promise.all(records.map((each) => journal.append(each)));
    await journal.close();
    expect(await store.read(run)).toEqual(records);
  });

  it('cannot be read by other users', async () => {
    await (await store.create(run)).close();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'runs')).mode & 0o777).toBe(0o700);
  });

  it('is never continued by a second run of the same id', async () => {
    await (await store.create(run)).close();
    await expect(store.create(run)).rejects.toMatchObject({ code: 'journal.write' });
  });

  it('is made in folders that another run makes at the same moment', async () => {
    for (let round = 1; round <= 50; round += 1) {
      const deep = join(directory, `${round}`, 'a', 'b');
      const journals = await Promise.all(
        [1, 2, 3, 4].map((number) =>
          new FileJournalStore({ directory: deep }).create(runId(`run-${number}`)),
        ),
      );
      for (const journal of journals) await journal.close();
    }
  });

  it('lists runs newest first, and none where there is no folder', async () => {
    expect(await store.runs()).toEqual([]);
    for (const id of ['20261120T000000Z-a', '20261121T000000Z-b'])
      await (await store.create(runId(id))).close();
    expect(await store.runs()).toEqual(['20261121T000000Z-b', '20261120T000000Z-a']);
  });

  it('says so where the place of the journals is no folder: that is not the same as none', async () => {
    const path = join(directory, 'no-folder');
    writeFileSync(path, '');
    const odd = new FileJournalStore({ directory: path });
    await expect(odd.runs()).rejects.toMatchObject({ code: 'journal.unreadable' });
  });

  it('leaves out a last line torn at any byte', async () => {
    const journal = await store.create(run);
    await journal.append(record(1));
    await journal.append(record(2));
    await journal.close();
    const whole = readFileSync(file());
    const firstLine = whole.indexOf('\n') + 1;
    for (let length = firstLine; length < whole.length; length += 1) {
      writeFileSync(file(), whole.subarray(0, length));
      expect(await store.read(run)).toEqual([record(1)]);
    }
  });

  it('is gone on with after a last line that was torn at any byte', async () => {
    const journal = await store.create(run);
    await journal.append(record(1));
    await journal.append(record(2));
    await journal.close();
    const whole = readFileSync(file());
    const first = whole.indexOf('\n') + 1;
    for (let length = first; length < whole.length; length += 1) {
      writeFileSync(file(), whole.subarray(0, length));
      expect(await store.last(run)).toEqual(record(1));
      const again = await store.reopen(run);
      await again.append(record(3));
      await again.close();
      expect(await store.read(run)).toEqual([record(1), record(3)]);
    }
  });

  it('tells its last record, however long that is, and none where there is none', async () => {
    expect(await store.last(run)).toBeUndefined();
    const journal = await store.create(run);
    expect(await store.last(run)).toBeUndefined();
    await journal.append(record(1));
    expect(await store.last(run)).toEqual(record(1));
    await journal.append(record(2, 'ü'.repeat(40_000)));
    expect(await store.last(run)).toEqual(record(2, 'ü'.repeat(40_000)));
    await journal.append(record(3, 'é'));
    expect(await store.last(run)).toEqual(record(3, 'é'));
    await journal.close();
  });

  it('tells the record before a long one that was torn', async () => {
    const journal = await store.create(run);
    await journal.append(record(1));
    await journal.close();
    appendFileSync(file(), JSON.stringify(record(2, 'x'.repeat(40_000))));
    expect(await store.last(run)).toEqual(record(1));
  });

  it('refuses a torn line before the last, naming it', async () => {
    const journal = await store.create(run);
    await journal.append(record(1));
    await journal.close();
    appendFileSync(file(), '{"type":"mutation.do\n{"type":"run.ended","at":3,"exit":0}\n');
    await expect(store.read(run)).rejects.toMatchObject({
      code: 'journal.corrupt',
      message: expect.stringContaining('Line 2') as string,
    });
  });

  it('says which journal does not exist', async () => {
    await expect(store.read(run)).rejects.toMatchObject({
      code: 'journal.unreadable',
      message: expect.stringContaining(file()) as string,
    });
  });

  it('holds every record whose append resolved before the process was killed', async () => {
    const writer = runTypeScript('state/journal-writer.ts', [directory, run]);
    let acknowledged = '';
    let complaints = '';
    writer.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    writer.stdout.on('data', (chunk: Buffer) => {
      acknowledged += chunk.toString();
      if (acknowledged.split('\n').length > 200) writer.kill('SIGKILL');
    });
    await once(writer, 'close');

    expect(complaints).toBe('');
    const ids = acknowledged.split('\n').slice(0, -1);
    expect(ids.length).toBeGreaterThanOrEqual(200);
    const kept = new Set((await store.read(run)).map((each) => ('id' in each ? each.id : '')));
    expect(ids.filter((id) => !kept.has(id))).toEqual([]);
  });

  describe.runIf(canMount())('on a file system that gives up', () => {
    beforeEach(() => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=755', 'adfpush-test', directory]);
    });
    afterEach(() => execFileSync('umount', [directory]));

    it('fails every append after the disk was full, also when there is room again', async () => {
      const ballast = join(directory, 'ballast');
      writeFileSync(ballast, Buffer.alloc(40_000));
      const journal = await store.create(run);
      let written = 0;
      const fill = async () => {
        for (;;) {
          await journal.append(record(written, 'x'.repeat(1_000)));
          written += 1;
        }
      };
      await expect(fill()).rejects.toMatchObject({
        code: 'journal.write',
        message: expect.stringContaining('ENOSPC') as string,
      });
      rmSync(ballast);
      await expect(journal.append(record(1))).rejects.toMatchObject({ code: 'journal.write' });
      await journal.close();
      expect(await store.read(run)).toHaveLength(written);
      expect(written).toBeGreaterThan(0);
    });

    it('cannot be created where nothing can be written, and says what to do', async () => {
      execFileSync('mount', ['-o', 'remount,ro', directory]);
      await expect(store.create(run)).rejects.toMatchObject({
        code: 'journal.write',
        message: expect.stringContaining('EROFS') as string,
        hint: expect.stringContaining('XDG_STATE_HOME') as string,
      });
      expect(readdirSync(directory)).toEqual([]);
    });
  });
});

/** Mounting takes root's rights, which not every machine gives to its tests. */
function canMount(): boolean {
  const folder = temporaryFolder('mount');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'adfpush-test', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  }
}
