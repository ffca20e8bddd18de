import { expect, it } from 'vitest';
import { connectionLost } from '../../src/errors/ssh.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

it('fails to recover what it cannot see: a held host that is out of reach', async () => {
  const stage = new FleetStage();
  const whole = await new FleetStage().untilDeath(undefined, (world, hooks) =>
    deployWith(world, deployOptions, hooks),
  );
  const call = whole.calls.indexOf('runtime.stop') + 1;
  await stage.untilDeath({ call, when: 'after' }, (world, hooks) => deployWith(world, deployOptions, hooks));
  const world = await stage.elsewhere();
  stage.world.calls.intercept = (one, proceed) =>
    one.host === stage.host('i-1').host.id && one.port === 'runtime'
      ? Promise.reject(connectionLost(stage.host('i-1').host, 'cut'))
      : proceed();
  const { project, environment, extraVars } = deployOptions;
  const options = { project, environment, extraVars, lockWait: 300_000 };
  const result = await stage.world.clock.run(recoverWith(world, options, stage.hooks));
  expect(result).toMatchObject({ exit: 4, outcome: 'failed', errors: [{ code: 'ssh.connection_lost' }] });
});
