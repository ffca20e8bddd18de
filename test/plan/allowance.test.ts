import { describe, expect, it } from 'vitest';
import { hostId } from '../../src/model/ids.js';
import { allowanceOfHosts, runningHosts, spareHosts } from '../../src/plan/allowance.js';
import { makeHost } from '../fakes/make-host.js';
import { observeHost } from '../stages/plan-parts.js';

const h1 = hostId('h1');
const h2 = hostId('h2');
const h3 = hostId('h3');
const h4 = hostId('h4');
const hosts = [h1, h2, h3, h4];
const four = new Set(hosts);

describe('a group without a load balancer', () => {
  it('spares what runs above its floor, which is a share of all that are listed', () => {
    expect(spareHosts(four, 4, { percent: 50 }).healthy).toBe(2);
    expect(spareHosts(four, 4, { percent: 75 }).healthy).toBe(1);
    expect(spareHosts(four, 4, { hosts: 5 }).healthy).toBe(0);
    expect(spareHosts(new Set([h1, h2, h3]), 4, { percent: 50 }).healthy).toBe(1);
    expect(spareHosts(new Set([h1]), 4, { percent: 50 }).healthy).toBe(0);
  });

  it('lets a host go for nothing that does not run', () => {
    const mayGo = allowanceOfHosts(spareHosts(new Set([h1, h2]), 2, { percent: 50 })).begin();
    expect([mayGo(h3), mayGo(h1), mayGo(h4), mayGo(h2)]).toEqual([true, true, true, false]);
  });

  it('counts a host that was not looked at as running', () => {
    const idle = observeHost('h1', { containers: [] });
    const peers = hosts.map((id) => makeHost(id));
    expect([...runningHosts(peers, [idle, observeHost('h2')])]).toEqual([h2, h3, h4]);
  });
});
