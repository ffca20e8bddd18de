import { describe, expect, it } from 'vitest';
import { environmentName, groupName, region, runId } from '../../src/model/ids.js';
import {
  groupOfTag,
  planResumption,
  processesToSuspend,
  replacesDrained,
  suspensionKey,
  suspensionsOn,
  suspensionValue,
} from '../../src/plan/scaling.js';
import type { ScalingGroup } from '../../src/ports/traffic.js';

const prod = environmentName('prod');
const api = suspensionKey(prod, groupName('api'));
const worker = suspensionKey(prod, groupName('worker'));
const all = ['AZRebalance', 'HealthCheck', 'ReplaceUnhealthy'];
const scalingGroup = (given: Partial<ScalingGroup> = {}): ScalingGroup => ({
  name: 'api-asg',
  region: region('eu-west-1'),
  healthCheckTypes: ['ELB'],
  suspendedProcesses: [],
  tags: {},
  ...given,
});

describe('what a run has to suspend', () => {
  it.each([
    ['all that replaces, when all of it runs', [], {}, all],
    ['only what runs', ['AZRebalance', 'Launch'], {}, ['HealthCheck', 'ReplaceUnhealthy']],
    ['nothing when all were suspended before', all, {}, []],
    [
      'what another group suspended, too: its run may end first',
      all,
      { [worker]: `run ${all.join(' ')}` },
      all,
    ],
    ['what an interrupted run of the group left, too', all, { [api]: 'run HealthCheck' }, ['HealthCheck']],
    ['not what that run left and others resumed', [], { [api]: 'run Launch' }, all],
    [
      'what that run left and no run suspends any more',
      ['Launch'],
      { [api]: 'run Launch' },
      [...all, 'Launch'].sort(),
    ],
  ])('is %s', (_, suspendedProcesses, tags, expected) => {
    expect(processesToSuspend(scalingGroup({ suspendedProcesses, tags }), api)).toEqual(expected);
  });

  it.each([
    [['ELB'], true],
    [['EC2', 'ELB'], true],
    [['EC2'], false],
    [['EC2', 'EBS'], false],
  ])('is nothing unless load balancers are asked: %j', (healthCheckTypes, expected) => {
    expect(replacesDrained(scalingGroup({ healthCheckTypes }))).toBe(expected);
  });
});

describe('what becomes of what a run suspended', () => {
  it('is that it is resumed, unless it runs, or another run needs it suspended', () => {
    const group = scalingGroup({
      suspendedProcesses: ['AZRebalance', 'HealthCheck', 'Launch'],
      tags: { [api]: `one ${all.join(' ')}`, [worker]: 'two HealthCheck' },
    });
    expect(planResumption(all, api, group)).toEqual({
      resume: ['AZRebalance'],
      shared: ['HealthCheck'],
      running: ['ReplaceUnhealthy'],
    });
  });
});

describe('the tag', () => {
  it('tells the run, its processes and its group again', () => {
    const run = runId('20261121T031500Z-7f3a09c4');
    const group = scalingGroup({ tags: { Name: 'x', [api]: suspensionValue(run, all) } });
    const [tag] = suspensionsOn(group);
    expect(tag).toEqual({ key: api, run, processes: all });
    expect(groupOfTag(tag!, prod)).toBe('api');
    expect(groupOfTag(tag!, environmentName('pro'))).toBeUndefined();
  });

  it('holds to what AWS allows in tags', () => {
    const value = suspensionValue(runId('20261121T031500Z-7f3a09c4'), all);
    expect(`${api}${value}`).toMatch(/^[\p{L}\p{N} +\-=._:/@]+$/u);
    expect(value.length).toBeLessThanOrEqual(256);
  });

  it('that was written by hand, without a run or processes, is none', () => {
    expect(suspensionsOn(scalingGroup({ tags: { [api]: '', [worker]: 'somebody' } }))).toEqual([]);
  });
});
