import { describe, expect, it } from 'vitest';
import { label, type ObservedContainer } from '../../src/model/container.js';
import { isoTime } from '../../src/model/duration.js';
import { containerName, groupName, runId } from '../../src/model/ids.js';
import type { HostObservation } from '../../src/plan/observation.js';
import { newerRelease } from '../../src/plan/newer-release.js';
import { makeSpec, observeGroup, observeHost, startedFrom, v1, v2 } from '../stages/plan-parts.js';

/** This run was started at noon, on the hosts' clocks. */
const noon = Date.UTC(2026, 10, 28, 12);
const minute = 60_000;
const own = runId('20261128T120000Z-00000000');

/** A container of another run, created ten minutes past noon; `started` as that run wrote it down. */
const containerOf = (
  labels: Readonly<Record<string, string>>,
  given: Partial<ObservedContainer> = {},
): ObservedContainer => {
  const container = startedFrom(makeSpec({ image: v1 }), { createdAt: noon + 10 * minute, ...given }, 'v9');
  return {
    ...container,
    labels: { ...container.labels, [label.environment]: 'test', [label.run]: 'another', ...labels },
  };
};

const hostWith = (id: string, ...containers: readonly ObservedContainer[]): HostObservation =>
  observeHost(id, { containers, startedAt: noon });

const newerOn = (...hosts: readonly HostObservation[]) => newerRelease(observeGroup(hosts), own);

const startedAt = (moment: number): Readonly<Record<string, string>> => ({
  [label.started]: isoTime(moment),
});

describe('a newer release', () => {
  it('is one of a run that was started later and rolled since', () => {
    const labels = { ...startedAt(noon + minute), [label.by]: 'jenkins@b' };
    expect(newerOn(hostWith('i-1', containerOf(labels)), observeHost('i-2'))).toMatchObject({
      group: groupName('api'),
      run: 'another',
      version: 'v9',
      by: 'jenkins@b',
      startedAt: noon + minute,
      hosts: [{ id: 'i-1' }],
    });
  });

  it.each<readonly [string, HostObservation]>([
    ['of a run that was started before', hostWith('i-1', containerOf(startedAt(noon - minute)))],
    ['of a run that was started at the very same moment', hostWith('i-1', containerOf(startedAt(noon)))],
    [
      'of a run that was over when this one was started, though the clock of the host was set back since',
      hostWith('i-1', containerOf(startedAt(noon + minute), { createdAt: noon - minute })),
    ],
    ['of this run', hostWith('i-1', containerOf({ ...startedAt(noon + minute), [label.run]: own }))],
    [
      'that does not run any more',
      hostWith('i-1', containerOf(startedAt(noon + minute), { running: false })),
    ],
    ['of another group', hostWith('i-1', containerOf({ ...startedAt(noon + minute), [label.group]: 'web' }))],
    [
      'of another environment',
      hostWith('i-1', containerOf({ ...startedAt(noon + minute), [label.environment]: 'staging' })),
    ],
    [
      'that is what this run would put there',
      hostWith(
        'i-1',
        containerOf(
          startedAt(noon + minute),
          startedFrom(makeSpec({ image: v2 }), { createdAt: noon + minute }),
        ),
      ),
    ],
    [
      'on a host whose clock is not known',
      observeHost('i-1', { containers: [containerOf(startedAt(noon + minute))] }),
    ],
  ])('is none %s', (_, host) => {
    expect(newerOn(host)).toBeUndefined();
  });

  it('has other settings of the same image', () => {
    const spec = makeSpec({ image: v2, env: { APP_ENV: 'other' } });
    const container = containerOf({
      ...startedAt(noon + minute),
      ...startedFrom(spec).labels,
      [label.environment]: 'test',
    });
    expect(newerOn(hostWith('i-1', { ...container, digest: v2.digest }))).toMatchObject({ run: 'another' });
  });

  it('goes by the names of the runs where the start was not written down', () => {
    const ofRun = (run: string): HostObservation => hostWith('i-1', containerOf({ [label.run]: run }));
    expect(newerOn(ofRun('20261128T120500Z-ffffffff'))).toMatchObject({ run: '20261128T120500Z-ffffffff' });
    expect(newerOn(ofRun('20261128T115500Z-ffffffff'))).toBeUndefined();
  });

  it('of several, started at times that were not written down, is the one made last', () => {
    const made = (id: string, run: string, at: number): HostObservation =>
      hostWith(id, containerOf({ [label.run]: run }, { createdAt: noon + at * minute }));
    const [b, c] = ['20261128T120500Z-bbbbbbbb', '20261128T120600Z-cccccccc'];
    expect(newerOn(made('i-1', b, 6), made('i-2', c, 8))).toMatchObject({ run: c });
    expect(newerOn(made('i-1', b, 9), made('i-2', c, 8))).toMatchObject({ run: b });
  });

  it('of which only a container beside the main one is left has no version', () => {
    const side = containerOf({ ...startedAt(noon + minute), [label.run]: 'c' });
    const { [label.release]: _, ...labels } = side.labels;
    const found = newerOn(hostWith('i-1', { ...side, labels }));
    expect(found).toMatchObject({ run: 'c' });
    expect(found?.version).toBeUndefined();
  });

  it('is told of the newest of several runs, by its main container', () => {
    const side = containerOf(
      { ...startedAt(noon + 3 * minute), [label.run]: 'c' },
      { name: containerName('log') },
    );
    const { [label.release]: _, ...labels } = side.labels;
    const main = containerOf({ ...startedAt(noon + 3 * minute), [label.run]: 'c' });
    const host = hostWith('i-2', { ...side, labels }, main);
    const older = hostWith('i-1', containerOf({ ...startedAt(noon + 2 * minute), [label.run]: 'b' }));
    expect(newerOn(older, host)).toMatchObject({ run: 'c', version: 'v9', hosts: [{ id: 'i-2' }] });
  });
});
