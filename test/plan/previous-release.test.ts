import { describe, expect, it } from 'vitest';
import { label, type ObservedContainer } from '../../src/model/container.js';
import { containerId, containerName, environmentName, groupName } from '../../src/model/ids.js';
import {
  imageBeside,
  knownReleases,
  previousRelease,
  releasesNamed,
} from '../../src/plan/previous-release.js';
import { digestOf } from '../fakes/digest-of.js';
import { makeSpec, startedFrom } from '../stages/plan-parts.js';

const owner = { environment: environmentName('test'), group: groupName('api') };

interface Given {
  readonly at: number;
  readonly version?: string;
  readonly kept?: boolean;
  readonly name?: string;
  readonly run?: string;
  readonly repository?: string;
  readonly group?: string;
  readonly environment?: string;
}

/** A container of this release, as adfpush would have left it. */
function of(release: string, given: Given): ObservedContainer {
  const { at, version = release, kept = false, name = 'api', run = `run-${at}` } = given;
  const { repository = 'registry/api', group = 'api', environment = 'test' } = given;
  const spec = makeSpec({ name: containerName(name), image: { repository, digest: digestOf(release) } });
  const container = startedFrom(spec, {
    id: containerId(`${name}-${release}-${at}`),
    createdAt: at,
    running: !kept,
    ...(kept ? { name: containerName(`${name}.kept-${at}`) } : {}),
  });
  const isMain = name === 'api';
  const { [label.release]: _none, ...labels } = container.labels;
  return {
    ...container,
    labels: {
      ...labels,
      [label.group]: group,
      [label.environment]: environment,
      [label.run]: run,
      ...(isMain ? { [label.release]: version } : {}),
    },
  };
}

const now = (release: string, at: number, given: Partial<Given> = {}) => of(release, { at, ...given });
const kept = (release: string, at: number, given: Partial<Given> = {}) =>
  of(release, { at, kept: true, ...given });

describe('the release that a group goes back to', () => {
  it.each<[string, readonly (readonly ObservedContainer[])[], string | undefined]>([
    ['is the newest kept one', [[now('v3', 3), kept('v1', 1), kept('v2', 2)]], 'v2'],
    [
      'is what most hosts ran before',
      [
        [now('v3', 3), kept('v1', 1)],
        [now('v3', 3), kept('v2', 2)],
        [now('v3', 3), kept('v2', 2)],
      ],
      'v2',
    ],
    [
      'is the newer where as many ran one as the other',
      [
        [now('v3', 3), kept('v1', 1)],
        [now('v3', 3), kept('v2', 2)],
      ],
      'v2',
    ],
    [
      'is another than the current one, which was started again',
      [[now('v2', 3), kept('v2', 2), kept('v1', 1)]],
      'v1',
    ],
    [
      'is what the others still run, after a canary',
      [
        [now('v2', 9), kept('v1', 2)],
        [now('v1', 2), kept('v0', 1)],
        [now('v1', 2), kept('v0', 1)],
        [now('v1', 2), kept('v0', 1)],
      ],
      'v1',
    ],
    [
      'is the same again when a rollback did not come to its end',
      [
        [now('v1', 9), kept('v2', 5), kept('v1', 2)],
        [now('v2', 5), kept('v1', 2)],
        [now('v2', 5), kept('v1', 2)],
      ],
      'v1',
    ],
    ['is the undone one after a whole rollback', [[now('v1', 9), kept('v2', 5), kept('v1', 2)]], 'v2'],
    ['is nothing where nothing is kept', [[now('v1', 1)], []], undefined],
    [
      'is of this group and environment only',
      [[now('v2', 2), kept('v1', 1, { group: 'web' }), kept('v0', 1, { environment: 'staging' })]],
      undefined,
    ],
  ])('%s', (_what, hosts, expected) => {
    expect(previousRelease(hosts, owner)?.version).toBe(expected);
    expect(previousRelease(hosts.toReversed(), owner)?.version).toBe(expected);
  });

  it('comes with the repository that its container was created from', () => {
    const hosts = [[now('v2', 2), kept('v1', 1, { repository: 'old-registry/api' })]];
    expect(previousRelease(hosts, owner)).toEqual({
      image: { repository: 'old-registry/api', digest: digestOf('v1') },
      version: 'v1',
    });
  });
});

describe('the releases that hosts keep', () => {
  const hosts = [
    [now('v3', 30), kept('v2', 20), kept('v1', 10)],
    [now('v3', 31), kept('v2', 21, { version: 'stable' })],
    [now('v2', 22)],
  ];

  it('are told with their labels, when they were last started, and where', () => {
    expect(
      knownReleases(hosts, owner).map(({ versions, lastCreated, hosts: on, current }) => ({
        versions,
        lastCreated,
        on,
        current,
      })),
    ).toEqual([
      { versions: ['v3'], lastCreated: 31, on: 2, current: 2 },
      { versions: ['v2', 'stable'], lastCreated: 22, on: 3, current: 1 },
      { versions: ['v1'], lastCreated: 10, on: 1, current: 0 },
    ]);
  });

  it('are named by a label, or by the beginning of a digest', () => {
    const known = knownReleases(hosts, owner);
    const found = (named: string) => releasesNamed(known, named).map(({ versions }) => versions[0]);
    expect(found('stable')).toEqual(['v2']);
    expect(found(digestOf('v1'))).toEqual(['v1']);
    expect(found(digestOf('v1').slice(0, 'sha256:'.length + 12))).toEqual(['v1']);
    expect(found(digestOf('v1').slice('sha256:'.length, 'sha256:'.length + 12))).toEqual(['v1']);
    expect(found(digestOf('v1').slice('sha256:'.length, 'sha256:'.length + 5))).toEqual([]);
    expect(found('v9')).toEqual([]);
  });
});

describe('what ran beside a release', () => {
  const log = { container: containerName('log'), repository: 'registry/log' };
  const release = { repository: 'registry/api', digest: digestOf('v1') };
  const logOf = (image: string, at: number, given: Partial<Given> = {}) =>
    of(image, { at, name: 'log', repository: 'registry/log', ...given });

  it.each<[string, readonly ObservedContainer[], string | undefined]>([
    [
      'is of the same run',
      [logOf('log2', 21, { run: 'b' }), logOf('log1', 11, { run: 'a', kept: true })],
      'log1',
    ],
    [
      'is else what was there before',
      [logOf('log2', 15, { run: 'x' }), logOf('log1', 5, { run: 'w', kept: true })],
      'log1',
    ],
    ['is nothing where it came later', [logOf('log2', 15, { run: 'x' })], undefined],
    ['is nothing of another repository', [logOf('log1', 5, { repository: 'registry/other' })], undefined],
  ])('%s', (_what, others, expected) => {
    const host = [now('v2', 20, { run: 'b' }), kept('v1', 10, { run: 'a' }), ...others];
    expect(imageBeside([[], host], owner, release, log)).toEqual(
      expected === undefined ? undefined : { repository: 'registry/log', digest: digestOf(expected) },
    );
  });
});
