import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { label, type ContainerSpec } from '../../src/model/container.js';
import { containerName } from '../../src/model/ids.js';
import { changedParts, specHash, specParts } from '../../src/model/spec-hash.js';
import { makeSpec, v1, v2 } from '../stages/plan-parts.js';

const labelled = (spec: ContainerSpec) => ({ [label.specParts]: specParts(spec) });
const env = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });

describe('the hash of a specification', () => {
  it('is the same whatever the order of the variables, and whatever the image', () => {
    fc.assert(
      fc.property(env, (given) => {
        const reversed = Object.fromEntries(Object.entries(given).reverse());
        const spec = makeSpec({ env: given, image: v1 });
        expect(specHash(makeSpec({ env: reversed, image: v2 }))).toBe(specHash(spec));
        expect(specParts(makeSpec({ env: reversed }))).toBe(specParts(spec));
      }),
    );
  });

  it('is another for other variables', () => {
    fc.assert(
      fc.property(env, env, (one, other) => {
        const same =
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        expect(specHash(makeSpec({ env: one })) === specHash(makeSpec({ env: other }))).toBe(same);
      }),
    );
  });

  it.each<[string, Partial<ContainerSpec>]>([
    ['name', { name: containerName('web') }],
    ['command', { command: ['serve'] }],
    ['entrypoint', { entrypoint: ['/init'] }],
    ['user', { user: 'app' }],
    ['hostname', { hostname: 'api' }],
    ['ports', { ports: [] }],
    ['environment variables', { env: { APP_ENV: 'dev' } }],
    ['volumes', { volumes: ['data:/data'] }],
    ['networks', { networks: ['back'] }],
    ['labels', { labels: { team: 'web' } }],
    ['restart', { restart: { name: 'always' } }],
    ['stop timeout', { stopTimeout: 1 }],
    ['limits', { limits: { cpus: 1 } }],
    ['logging', { logging: { driver: 'journald', options: {} } }],
    ['healthcheck', { healthcheck: { test: ['NONE'] } }],
    ['extra hosts', { extraHosts: ['db:10.0.0.9'] }],
  ])('and the parts tell that its %s changed, and nothing else', (part, given) => {
    expect(specHash(makeSpec(given))).not.toBe(specHash(makeSpec()));
    expect(changedParts(labelled(makeSpec()), makeSpec(given))).toEqual([part]);
  });

  it('and its parts show no value', () => {
    const spec = makeSpec({ env: { PASSWORD: 'hunter22' } });
    expect(`${specHash(spec)} ${specParts(spec)}`).not.toMatch(/hunter22|PASSWORD/);
  });

  it('keeps the order of lists', () => {
    expect(specHash(makeSpec({ command: ['a', 'b'] }))).not.toBe(specHash(makeSpec({ command: ['b', 'a'] })));
  });
});
