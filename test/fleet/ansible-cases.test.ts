import { isDeepStrictEqual } from 'node:util';
import { beforeAll, expect, inject, test } from 'vitest';
import { ansibleCases, type AnsibleCase } from './ansible-cases/case.js';
import { asked, observe } from './ansible-cases/observation.js';
import { runCase } from './ansible-cases/run-case.js';
import { plainHostsOf } from './plain-hosts.js';

const machines = inject('machines');
const hosts = machines === undefined ? [] : plainHostsOf(machines);
const cases = ansibleCases().map((one) => [`${one.name}: ${one.why}`, one] as const);

beforeAll(async () => {
  await Promise.all(hosts.map(async (host) => host.reset()));
});

async function tryCase(one: AnsibleCase): Promise<void> {
  if (machines === undefined) throw new Error('the fleet was left out');
  const { expectations, isUnordered, secret } = one;

  const left = await runCase(one, hosts, machines);

  const observed = observe(left);
  const pairs = expectations.map((expectation) => ({
    seen: asked(observed, expectation, isUnordered),
    wanted: asked(expectation, expectation, isUnordered),
  }));
  const pair = pairs.find(({ seen, wanted }) => isDeepStrictEqual(seen, wanted)) ?? pairs[0];
  expect(pair?.seen, left.said).toEqual(pair?.wanted);
  if (secret !== undefined) expect(left.said).not.toContain(secret);
}

test.skipIf(machines === undefined).each(cases)('%s', (_, one) => tryCase(one));
