import { describe, expect, it } from 'vitest';
import { modules } from '../../src/modules/catalogue.js';
import { FleetStage } from '../stages/fleet-stage.js';
import { onDebian, onFakes, onlyChecked, playsOf } from './module-examples.js';

it('knows what to do with the examples of each module', () => {
  expect([...onFakes, ...onDebian, ...Object.keys(onlyChecked)].sort()).toEqual([...modules.keys()].sort());
});

/** Variables that examples take from the command line, or from an earlier task. */
const extraVars = [{ name: 'extra vars', values: { app_version: 'v42', env: 'prod' } }];

const files = { 'prod.yml': 'colour: red\n', 'limits/a.yml': 'most: 5\n' };

describe('examples of modules run on a fleet', () => {
  it.each(onFakes.flatMap((name) => playsOf(name).map((play) => [name, play] as const)))(
    '%s: %s',
    async (_, play) => {
      const stage = new FleetStage({ hosts: 2, files });
      const result = await stage.run(play, { extraVars, group: 'api' });
      expect(result).toMatchObject({ exit: 0, errors: [] });
    },
  );
});
