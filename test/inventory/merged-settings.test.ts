import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readExtraVars } from '../../src/cli/extra-vars.js';
import { parseYaml } from '../../src/config/yaml.js';
import type { Layer } from '../../src/expression/scope.js';
import { readGroupSettings } from '../../src/inventory/group-settings.js';
import { packagedDefaults } from '../../src/inventory/layers.js';
import type { GroupSettings } from '../../src/model/settings.js';
import { settingsIn } from '../../src/run/group-sessions.js';
import { errorsFrom, textOf } from '../stages/error-text.js';

type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const least = { image: 'r/api', target_groups: 'none', container: { name: 'api' } };

const layerOf = (values: unknown): Layer => {
  const { value, locate } = parseYaml('group_vars/api.yml', JSON.stringify(values));
  return { name: 'group_vars/api', values: value as Record<string, unknown>, locate };
};

const read = (settings: Settings, extra: readonly string[] = []): GroupSettings =>
  settingsIn(
    [packagedDefaults, layerOf({ ...least, ...settings })],
    { extraVars: readExtraVars(extra) },
    readGroupSettings,
  );

/** Without where it stands. */
const known = ({ locateContainers: _, ...settings }: GroupSettings) => settings;

/** Some of the keys of each setting that is a mapping, the names of containers always. */
const someOf = (values: Readonly<Record<string, readonly unknown[]>>) =>
  fc.record(
    Object.fromEntries(Object.entries(values).map(([key, choices]) => [key, fc.constantFrom(...choices)])),
    { requiredKeys: [] },
  );

const settings = fc.record({
  rollout: someOf({
    bake: ['2s', '30s'],
    on_failure: ['stop', 'restore'],
    serial: [[1], ['50%']],
    keep_releases: [1, 9],
  }),
  health: someOf({ path: ['/a', '/b'], headers: [{ A: '1' }, { B: '2' }], passes: [1, 5] }).map((one) => ({
    port: 80,
    ...one,
  })),
  container: someOf({
    stop_timeout: ['1s', '60s'],
    env: [{ A: '1' }, { B: '2' }],
    ports: [['80'], ['81']],
  }).map((one) => ({
    name: 'api',
    ...one,
  })),
});

const laidOver = (lower: unknown, upper: unknown): unknown =>
  [lower, upper].every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))
    ? Object.fromEntries(
        [...new Set([...Object.keys(lower as object), ...Object.keys(upper as object)])].map((key) => {
          const [a, b] = [lower, upper].map((one) => (one as Record<string, unknown>)[key]);
          return [key, b === undefined ? a : a === undefined ? b : laidOver(a, b)];
        }),
      )
    : upper;

it('what -e says of a setting is laid over what the files say, as if it stood there', () => {
  fc.assert(
    fc.property(settings, settings, (files, extra) => {
      const whole = laidOver(files, extra) as Settings;
      const inOne = read(files, [JSON.stringify(extra)]);
      const apart = read(
        files,
        Object.entries(extra).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
      );

      expect(known(inOne)).toEqual(known(read(whole)));
      expect(known(apart)).toEqual(known(inOne));
    }),
  );
});

it('a mistake in a file has its place also where -e says more of the setting', () => {
  const errors = errorsFrom(() => read({ rollout: { on_failure: 'rolback' } }, ['rollout={"bake":"2s"}']));

  expect(errors.map(textOf)).toEqual([expect.stringMatching(/^group_vars\/api\.yml:1:\d+ .*rolback/)]);
});

it('any other variable is replaced', () => {
  const [extra] = readExtraVars(['limits={"b":2}']);
  const given = settingsIn(
    [layerOf({ limits: { a: 1 } })],
    { extraVars: [extra!] },
    (variable) => variable('limits') as never,
  );

  expect(given).toMatchObject({ value: { b: 2 } });
});
