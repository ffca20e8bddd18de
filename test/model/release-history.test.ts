import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runId } from '../../src/model/ids.js';
import {
  differencesOf,
  lastSucceeded,
  mergeReleases,
  nextNumber,
  releaseBefore,
} from '../../src/model/release-history.js';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import { makeRelease } from '../fakes/make-release.js';

/** What a group does one after the other: deploys a new image, or one that it had; fails; rolls back. */
type Step = 'deploy' | 'again' | 'fail' | 'rollback';

interface Played {
  readonly releases: readonly ReleaseRecord[];
  /** The versions that a rollback goes back through, the newest last: a model of what people expect. */
  readonly stack: readonly string[];
}

/** Records as a deploy and a rollback write them, and a stack of images beside them. */
function play(steps: readonly Step[]): Played {
  let releases: readonly ReleaseRecord[] = [];
  let stack: readonly ReleaseRecord[] = [];
  const add = (more: Partial<ReleaseRecord>): ReleaseRecord => {
    const { parent: _, ...draft } = makeRelease(nextNumber(releases));
    const parent = lastSucceeded(releases)?.number;
    const release = { ...draft, ...(parent === undefined ? {} : { parent }), ...more };
    releases = mergeReleases([...releases, release]);
    return release;
  };
  for (const step of steps) {
    const current = stack.at(-1);
    if (step === 'fail') add({ outcome: 'rolled_back' });
    else if (step === 'again' && current !== undefined)
      add({ image: current.image, version: current.version });
    else if (step === 'rollback') {
      const newest = lastSucceeded(releases);
      const before = newest && releaseBefore(newest, releases);
      if (before === undefined) continue;
      add({ verb: 'rollback', image: before.image, version: before.version, restores: before.number });
      stack = stack.slice(0, -1);
    } else stack = [...stack, add({})];
  }
  return { releases, stack: stack.map(({ version }) => version) };
}

describe('what a rollback goes back to', () => {
  it('is the image before on the stack of images, whatever was rolled, failed and taken back', () => {
    const steps = fc.array(fc.constantFrom<Step>('deploy', 'deploy', 'again', 'fail', 'rollback'), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(steps, (given) => {
        const { releases, stack } = play(given);
        const newest = lastSucceeded(releases);
        expect(newest?.version).toBe(stack.at(-1));
        expect(newest && releaseBefore(newest, releases)?.version).toBe(stack.at(-2));
      }),
    );
  });

  it('is not known where the records do not reach that far, or lead nowhere', () => {
    expect(releaseBefore(makeRelease(5), [makeRelease(5)])).toBeUndefined();
    const circle = [makeRelease(2, { parent: 3 }), makeRelease(3, { parent: 2, restores: 3 })];
    expect(releaseBefore(circle[0]!, circle)).toBeUndefined();
  });
});

describe('the releases that several places tell of', () => {
  it('are each told once, as the text that knows most, in whatever order they were read', () => {
    const { endedAt: _, ...draft } = makeRelease(2);
    const begun: ReleaseRecord = { ...draft, outcome: 'running' };
    const aborted = makeRelease(2, { outcome: 'aborted', endedAt: 9_000 });
    const ended = makeRelease(2, { endedAt: 9_500 });
    const texts = [makeRelease(1), begun, aborted, ended, makeRelease(3), makeRelease(3)];
    fc.assert(
      fc.property(fc.shuffledSubarray(texts, { minLength: texts.length }), (told) => {
        expect(mergeReleases(told).map(({ number, outcome }) => `${number} ${outcome}`)).toEqual([
          '3 succeeded',
          '2 succeeded',
          '1 succeeded',
        ]);
      }),
    );
  });

  it('are both told where two runs had one number', () => {
    const told = mergeReleases([makeRelease(2), makeRelease(2, { run: runId('other') })]);
    expect(told.map(({ run }) => run).sort()).toEqual(['other', 'run-2']);
    expect(nextNumber(told)).toBe(3);
  });
});

describe('what differs between two releases', () => {
  it('is told by key, and of secrets only what their hashes tell', () => {
    const keyed = (key: string, token: string) => ({ key, hashes: { token, same: 'x' } });
    const before = makeRelease(1, {
      configuration: { hash: 'a', keys: { 'api.env.A': '1', 'api.env.B': '1' }, secrets: keyed('k1', 'x') },
      files: { 'adfpush.yml': '1', 'playbooks/deploy.yml': '1' },
      project: { commit: 'a'.repeat(40), dirty: false },
    });
    const after = makeRelease(2, {
      configuration: { hash: 'b', keys: { 'api.env.A': '2', 'api.ports': '1' }, secrets: keyed('k1', 'y') },
      files: { 'adfpush.yml': '1', 'playbooks/deploy.yml': '2' },
      project: { commit: 'a'.repeat(40), dirty: true },
    });
    const told = (all: ReturnType<typeof differencesOf>) =>
      all.map(({ what, name, change }) =>
        [what, name, change].filter((part) => part !== undefined).join(' '),
      );
    expect(told(differencesOf(before, after))).toEqual([
      'version changed',
      'image changed',
      'configuration api.env.A changed',
      'configuration api.env.B removed',
      'configuration api.ports added',
      'secret token changed',
      'file playbooks/deploy.yml changed',
      'revision changed',
    ]);
    const otherKey = { ...after, configuration: { ...after.configuration, secrets: keyed('k2', 'y') } };
    expect(told(differencesOf(before, otherKey))).toContain('secret token unknown');
    expect(differencesOf(before, before)).toEqual([]);
  });
});
