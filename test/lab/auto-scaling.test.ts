import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../src/events/event.js';
import { startLab, type Lab } from '../../src/lab/lab.js';
import type { RunResult } from '../../src/model/run-result.js';
import { deploy as rollRelease } from '../../src/deploy/deploy.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const all = ['AZRebalance', 'HealthCheck', 'ReplaceUnhealthy'];
const group = 'api-asg';
let directory: string;
let lab: Lab;
let stateHome: string | undefined;

beforeEach(async () => {
  directory = temporaryFolder('lab-asg');
  stateHome = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = join(directory, 'state');
  lab = await startLab({ directory, hosts: 2 });
});

afterEach(async () => {
  if (stateHome === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = stateHome;
  await lab.stop();
});

/** Deploys with the real SDK, over HTTP. */
function deploy(version: string, read: (event: Event) => void = () => undefined): Promise<RunResult> {
  const stop = { signal: new AbortController().signal, name: () => undefined, grace: 4_000 };
  return rollRelease(
    {
      project: lab.project,
      environment: 'lab',
      groups: ['api'],
      version,
      extraVars: [],
      check: false,
      diff: false,
    },
    { readers: [{ read }], stop },
  );
}
const addGroup = (suspendedProcesses: readonly string[]): void =>
  lab.aws.addScalingGroup({
    name: group,
    healthCheckType: 'ELB',
    instances: lab.hosts.map(({ id }) => id),
    suspendedProcesses,
  });

describe('an Auto Scaling group of the lab', () => {
  it('replaces no host during a deploy, and is as it was afterwards, through throttling and lost replies', async () => {
    addGroup(['AZRebalance', 'ScheduledActions']);
    lab.aws.throttle({ actions: ['SuspendProcesses', 'DeleteTags'], count: 2 });
    lab.aws.loseReplies({ actions: ['CreateOrUpdateTags', 'ResumeProcesses'], count: 1 });
    const seen: { readonly suspended: readonly string[]; readonly tags: readonly string[] }[] = [];
    const result = await deploy('v1', (event) => {
      if (event.type !== 'turn.started') return;
      const { suspendedProcesses, tags } = lab.aws.scalingGroup(group);
      seen.push({ suspended: [...suspendedProcesses].sort(), tags: [...tags.keys()] });
    });
    expect(result).toMatchObject({ exit: 0, errors: [], warnings: expect.any(Array) as unknown });
    expect(seen.length).toBeGreaterThanOrEqual(2);
    for (const one of seen) {
      expect(one).toEqual({
        suspended: ['AZRebalance', 'HealthCheck', 'ReplaceUnhealthy', 'ScheduledActions'],
        tags: ['adfpush:suspended:lab/api'],
      });
    }
    const { suspendedProcesses, tags } = lab.aws.scalingGroup(group);
    expect(suspendedProcesses).toEqual(['AZRebalance', 'ScheduledActions']);
    expect(tags.size).toBe(0);
  });

  it('is as it was after a release that never becomes healthy', async () => {
    await deploy('v1');
    expect(lab.aws.calls('DescribeAutoScalingGroups')).toBe(0);
    addGroup([]);
    let during: readonly string[] = [];
    const result = await deploy('v3', (event) => {
      if (event.type === 'restore.started') during = lab.aws.scalingGroup(group).suspendedProcesses;
    });
    expect(result.exit).toBe(4);
    expect([...during].sort()).toEqual(all);
    expect(lab.aws.scalingGroup(group)).toMatchObject({ suspendedProcesses: [], tags: new Map() });
  });
});
