import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/events/event.js';
import type { Settlement } from '../../src/model/hold.js';
import { containerName, groupName, holdId, hostId } from '../../src/model/ids.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import { isInterrupted, mayBeInterrupted, rebuildRun } from '../../src/plan/rebuild-run.js';
import { FleetStage, type StageOptions } from '../stages/fleet-stage.js';
import { image } from '../fakes/world/image-behaviour.js';

/** What a run told of a hold. */
interface Moment {
  readonly type: 'hold.opened' | 'hold.settled';
  readonly hold: string;
  /** How many records the journal had. */
  readonly records: number;
  /** What the run said it held, by what it told. */
  readonly held: readonly string[];
}

/** Deploys, and notes with each hold that is told how long the journal was and what was held. */
async function watched(options: StageOptions, prepare: (stage: FleetStage) => void = () => undefined) {
  const stage = new FleetStage(options);
  prepare(stage);
  const moments: Moment[] = [];
  const held = new Set<string>();
  const read = (event: Event): void => {
    if (event.type !== 'hold.opened' && event.type !== 'hold.settled') return;
    if (event.type === 'hold.opened') held.add(event.hold);
    else if (event.as !== 'named') held.delete(event.hold);
    const records = stage.world.calls.log.filter(({ port }) => port === 'journal').length;
    const { type, hold } = event;
    moments.push({ type, hold, records, held: [...held].sort() });
  };
  await stage.deploy({}, { readers: [...stage.hooks.readers, { read }] });
  return { journal: await stage.journal(), moments };
}

const openIn = (records: readonly JournalRecord[]): readonly string[] =>
  rebuildRun(records)
    .open.map(({ id }) => id as string)
    .sort();

describe('a run rebuilt from its journal', () => {
  it.each([
    ['that goes well', {}, undefined],
    ['that is rolled back', {}, (stage: FleetStage) => breakAt(stage, 'i-3')],
    [
      'that leaves hosts to a person',
      { rollout: { on_failure: 'stop' } },
      (stage: FleetStage) => stage.release(image.neverHealthy()),
    ],
    [
      'whose hosts do all at the same time',
      { hosts: 6, rollout: { serial: '50%' } },
      (stage: FleetStage) => breakAt(stage, 'i-5'),
    ],
  ])('holds at every prefix what the run held then: one %s', async (_, options, prepare) => {
    const { journal, moments } = await watched(options, prepare);
    expect(moments.length).toBeGreaterThan(1);
    for (const [index, { records, held }] of moments.entries()) {
      const open = openIn(journal.slice(0, records));
      // A record comes first, what is told of it a moment later: so what the two differ in is what is told next of each.
      const next = (hold: string) => moments.slice(index + 1).find((moment) => moment.hold === hold)?.type;
      const tooMany = open.filter((hold) => !held.includes(hold) && next(hold) !== 'hold.opened');
      const missing = held.filter((hold) => !open.includes(hold) && next(hold) !== 'hold.settled');
      expect({ records, tooMany, missing }).toEqual({ records, tooMany: [], missing: [] });
    }
  });

  it('is interrupted at every prefix between its beginning and its end, and at no other', async () => {
    const { journal } = await watched({ hosts: 2 });
    const begun = journal.findIndex(({ type }) => type === 'run.started');
    for (let length = 0; length <= journal.length; length += 1) {
      const expected = length > begun && length < journal.length;
      const prefix = journal.slice(0, length);
      expect(isInterrupted(rebuildRun(prefix)), `${length} of ${journal.length}`).toBe(expected);
      if (expected) expect(mayBeInterrupted(prefix.at(-1))).toBe(true);
    }
    expect(mayBeInterrupted(journal.at(-1))).toBe(false);
  });

  it('that named hosts is interrupted after its end, and its last record says that it may be', async () => {
    const { journal } = await watched({ rollout: { on_failure: 'stop' } }, (stage) =>
      stage.release(image.neverHealthy()),
    );
    expect(journal.at(-1)).toMatchObject({ type: 'run.ended', exit: 5 });
    expect(isInterrupted(rebuildRun(journal))).toBe(true);
    expect(mayBeInterrupted(journal.at(-1))).toBe(true);
  });

  it('knows mutations without a recorded end, also when another process counted from the start again', () => {
    const host = hostId('i-1');
    const intended = (id: string, what: string): JournalRecord => ({
      at: 1,
      type: 'mutation.intended',
      id,
      host,
      what,
    });
    const { unknown, process } = rebuildRun([
      intended('1', 'stop container c1'),
      intended('2', 'start container c2'),
      { at: 2, type: 'mutation.done', id: '2', host },
      {
        at: 3,
        type: 'run.recovering',
        by: 'bob@desk',
        process: { machine: 'desk', pid: 2, started: '2' },
      },
      intended('1', 'remove container c2'),
      { at: 4, type: 'mutation.done', id: '1', host },
    ]);
    expect(unknown.map(({ what }) => what)).toEqual(['stop container c1']);
    expect(process).toMatchObject({ pid: 2 });
  });

  describe('of a host with a replaced container', () => {
    const host = hostId('i-1');
    const opened = (id: string): JournalRecord => ({
      at: 1,
      type: 'hold.opened',
      hold: { id: holdId(id), host, kind: 'container', name: containerName('api') },
    });
    const settled = (id: string, as: Settlement): JournalRecord => ({
      at: 2,
      type: 'hold.settled',
      hold: holdId(id),
      host,
      as,
    });

    it('knows that it is finished, until something more is held of it', () => {
      const records = [opened('1'), opened('2'), settled('1', 'replaced')];
      expect([...rebuildRun(records).finished]).toEqual([host]);
      expect([...rebuildRun([...records, opened('3')]).finished]).toEqual([]);
      expect([...rebuildRun([opened('1'), settled('1', 'restored')]).finished]).toEqual([]);
    });

    it('knows which of its notes have to be off the host', () => {
      const kept = [opened('1'), settled('1', 'gone'), opened('2'), settled('2', 'named')];
      expect([...rebuildRun(kept).settled.keys()]).toEqual([]);
      const off = [opened('3'), settled('3', 'replaced'), opened('4'), settled('4', 'restored')];
      expect([...rebuildRun(off).settled.keys()]).toEqual(['3', '4']);
      expect([...rebuildRun([...off, opened('3')]).settled.keys()]).toEqual(['4']);
    });
  });

  it('knows the epochs of its leases, and of the leases of a process that took it up', () => {
    const epochs = [{ group: groupName('api'), epoch: 4 }];
    const process = { machine: 'desk', pid: 2, started: '2' };
    const recovering: JournalRecord = { at: 3, type: 'run.recovering', by: 'bob@desk', process, epochs };
    expect([...rebuildRun([recovering]).epochs]).toEqual([['api', 4]]);
  });
});

/** Its new container ends while it is to prove its health. */
function breakAt(stage: FleetStage, id: string): void {
  stage.atTask(id, 'health', 'task.started', () => {
    stage.host(id).named('api')!.restartPolicy = { name: 'no' };
    stage.host(id).named('api')!.exit(1);
  });
}
