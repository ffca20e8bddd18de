import { describe, expect, it } from 'vitest';
import { environmentName, groupName, hostId, runId } from '../../src/model/ids.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import {
  lastOf,
  laterThan,
  newestToResume,
  rolledRun,
  type RolledRun,
} from '../../src/plan/resumable-run.js';
import { digestOf } from '../fakes/digest-of.js';

interface Given {
  readonly verb?: string;
  readonly groups?: readonly string[];
  readonly environment?: string;
  readonly resumes?: string;
}

const started = (run: string, given: Given = {}): JournalRecord => ({
  at: 0,
  type: 'run.started',
  run: runId(run),
  verb: given.verb ?? 'deploy',
  environment: environmentName(given.environment ?? 'test'),
  groups: (given.groups ?? ['api']).map((name) => ({
    name: groupName(name),
    release: { image: { repository: 'registry/api', digest: digestOf('v2') }, version: 'v2' },
    targetGroups: [],
    rollout: {
      serial: [{ hosts: 1 }],
      minHealthy: { hosts: 0 },
      bake: 0,
      drainTimeout: 'default',
      onFailure: 'rollback',
      keepReleases: 3,
      floorWait: 0,
      reconnect: 0,
      asg: 'suspend',
    },
  })),
  hosts: [hostId('i-1')],
  owner: { who: 'ann@desk' },
  process: { machine: 'desk', pid: 1, started: '1' },
  plan: '',
  asked: {},
  ...(given.resumes === undefined ? {} : { resumes: runId(given.resumes) }),
});
const ended = (exit: number): JournalRecord => ({ at: 1, type: 'run.ended', exit });
const recovering: JournalRecord = {
  at: 2,
  type: 'run.recovering',
  by: 'ben@desk',
  process: { machine: 'desk', pid: 2, started: '2' },
};

const killed = (run: string, given?: Given): readonly JournalRecord[] => [started(run, given)];
const over = (run: string, exit: number, given?: Given): readonly JournalRecord[] => [
  started(run, given),
  ended(exit),
];

/** Newest first, as a store of journals gives them. */
const runsOf = (...journals: readonly (readonly JournalRecord[])[]): readonly RolledRun[] =>
  journals.toReversed().flatMap((records) => rolledRun(records) ?? []);

describe('a journal', () => {
  it.each<[string, readonly JournalRecord[], boolean | undefined]>([
    ['without an end is of an interrupted run', killed('a'), true],
    ['that ended by a signal is, too', over('a', 143), true],
    ['that ended by itself is not', over('a', 4), false],
    ['of a killed run that was recovered is', [...killed('a'), recovering, ended(4)], true],
    ['of a failed run that was recovered is not', [...over('a', 5), recovering, ended(4)], false],
    ['of a run that was refused is of none', [ended(3)], undefined],
    ['of another verb is of none', killed('a', { verb: 'exec' }), undefined],
  ])('%s', (_what, records, expected) => {
    expect(rolledRun(records)?.interrupted).toBe(expected);
  });
});

describe('the run that is resumed', () => {
  const newest = (...journals: readonly (readonly JournalRecord[])[]): string | undefined =>
    newestToResume(runsOf(...journals))?.record.run;

  it.each<[string, readonly (readonly JournalRecord[])[], string | undefined]>([
    ['is the newest that was interrupted', [killed('a'), killed('b')], 'b'],
    [
      'is an older one where the newer was of another group',
      [killed('a'), over('b', 0, { groups: ['web'] })],
      'a',
    ],
    [
      'is an older one where the newer was of another environment',
      [killed('a'), over('b', 0, { environment: 'prod' })],
      'a',
    ],
    ['is none that a later deploy has made obsolete', [killed('a'), over('b', 0)], undefined],
    ['is none that ended by itself', [over('a', 0), over('b', 4)], undefined],
    [
      'is the resuming one, when that was killed itself',
      [killed('a'), killed('b', { verb: 'resume', resumes: 'a' })],
      'b',
    ],
    [
      'is the resuming one again, when that did it all',
      [killed('a'), over('b', 0, { verb: 'resume', resumes: 'a' })],
      'b',
    ],
    [
      'is none when the resuming one failed',
      [killed('a'), over('b', 4, { verb: 'resume', resumes: 'a' })],
      undefined,
    ],
  ])('%s', (_what, journals, expected) => {
    expect(newest(...journals)).toBe(expected);
  });

  it('by its id is the last that went on with it, and none that something else was rolled after', () => {
    const runs = runsOf(
      killed('a'),
      killed('b', { verb: 'resume', resumes: 'a' }),
      killed('c', { verb: 'resume', resumes: 'b' }),
    );
    const first = runs.find(({ record }) => record.run === 'a')!;
    expect(laterThan(first, runs)).toBeUndefined();
    expect(lastOf(first, runs).record.run).toBe('c');
    const since = runsOf(killed('a'), killed('b', { verb: 'resume', resumes: 'a' }), over('d', 0));
    expect(laterThan(since.at(-1)!, since)?.record.run).toBe('d');
  });
});
