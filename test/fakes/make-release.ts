import { environmentName, groupName, runId } from '../../src/model/ids.js';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import { digestOf } from './digest-of.js';

/** A release of `api` in `prod` that succeeded; each number has a run and an image of its own. */
export const makeRelease = (number: number, more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  number,
  environment: environmentName('prod'),
  group: groupName('api'),
  run: runId(`run-${number}`),
  verb: 'deploy',
  version: `v${number}`,
  image: { repository: 'registry/api', digest: digestOf(`v${number}`) },
  platforms: [],
  configuration: { hash: '', keys: {} },
  files: {},
  who: 'anna@laptop',
  startedAt: number * 1_000,
  endedAt: number * 1_000 + 500,
  outcome: 'succeeded',
  hosts: [],
  ...(number > 1 ? { parent: number - 1 } : {}),
  ...more,
});
