import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labTargetGroup, startLab, type Lab } from '../../src/lab/lab.js';
import type { HistoryReport } from '../../src/model/history-report.js';
import type { RunResult } from '../../src/model/run-result.js';
import { Lane } from '../stages/lane.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

/** Three environments of one project, each with hosts, a registry and an account of its own; prod is in another account than the others. */
let lane: Lane;
let staging: Lab;
let prod: Lab;

const quick = ['-e', '{"rollout":{"serial":"100%","min_healthy":0,"bake":"0s"}}'];
const env = { staging_token: 'token-of-staging', prod_token: 'token-of-prod' };
const run = (...words: readonly string[]) => lane.run([...words, ...quick], { env });
const promote = (from: string, to: string, ...words: readonly string[]) =>
  run('promote', '--group', 'api', '--from', from, '--to', to, ...words);
const running = (lab: Lab): readonly string[] =>
  lab.hosts.map(({ engine }) =>
    engine.containers
      .all()
      .filter((one) => one.running)
      .map(({ image }) => image.labels['org.opencontainers.image.version'] ?? '?')
      .join(),
  );
/** What was changed in an account so far. */
const changes = (lab: Lab): number =>
  lab.aws.calls('DeregisterTargets') + lab.aws.calls('RegisterTargets') + lab.aws.calls('ModifyTargetGroup');

beforeAll(async () => {
  lane = await Lane.open({ hosts: 2, deregistrationDelay: 0 });
  const labOf = (account: string): Promise<Lab> =>
    startLab({ directory: temporaryFolder('promote'), hosts: 2, deregistrationDelay: 0, account });
  staging = await labOf(lane.lab.account);
  prod = await labOf('999999999999');
  const variables = {
    dev: { lab: lane.lab, vars: 'level: none, token: none' },
    staging: { lab: staging, vars: "level: debug, token: '{{ staging_token }}'" },
    prod: {
      lab: prod,
      vars: "level: info, token: '{{ prod_token }}', promote: { from: [staging], soak: 1s }",
    },
  };
  for (const [name, { lab, vars }] of Object.entries(variables)) {
    const file = readFileSync(join(lab.project, 'inventory/lab.yml'), 'utf8');
    writeFileSync(
      join(lane.lab.project, `inventory/${name}.yml`),
      file.replace('vars: { registry:', `vars: { ${vars}, registry:`),
    );
  }
  appendFileSync(
    join(lane.lab.project, 'adfpush.yml'),
    'secrets: { staging_token: { env: staging_token }, prod_token: { env: prod_token } }\n',
  );
  lane.groupHas(
    "env: { APP_ENV: '{{ env }}' }",
    "env: { APP_ENV: '{{ env }}', LEVEL: '{{ level }}', TOKEN: '{{ token }}' }",
  );
});
afterAll(async () => {
  await Promise.all([lane.close(), staging.stop(), prod.stop()]);
});

describe('a release', () => {
  it('goes from dev to staging to prod by its digest, and touches only where it goes to', async () => {
    const deployed = await run('deploy', '--group', 'api', '--env', 'dev', '--version', 'v2');
    expect(`${deployed.exit} ${deployed.stderr}`).toMatch(/^0 /);
    const before = [changes(lane.lab), changes(prod)];

    const first = await promote('dev', 'staging', '--json');
    expect(`${first.exit} ${first.stderr}`).toMatch(/^0 /);
    expect([changes(lane.lab), changes(prod)]).toEqual(before);
    expect(running(staging)).toEqual(['v2', 'v2']);
    const { verb, outcome, releases } = JSON.parse(first.stdout) as RunResult;
    expect({ verb, outcome }).toEqual({ verb: 'promote', outcome: 'converged' });
    expect(releases[0]!.image.startsWith(staging.registryAddress)).toBe(true);

    const there = changes(staging);
    const second = await promote('staging', 'prod', '--reason', 'ticket 9');
    expect(`${second.exit} ${second.stderr}`).toMatch(/^0 /);
    expect(changes(staging)).toBe(there);
    expect(running(prod)).toEqual(['v2', 'v2']);
    expect(second.stdout).toContain('api from staging to prod: v2');
    expect(second.stdout).toContain('api.env.LEVEL: "debug" in staging, "info" in prod');
    expect(second.stdout).toMatch(/secret (prod_token: used here only|staging_token: not used here)/);
    expect(second.stdout + second.stderr).not.toMatch(/token-of-/);
  });

  it('is on record with where it came from', async () => {
    const { stdout } = await run('history', '--env', 'prod', '--group', 'api', '--json');
    const [{ releases }] = (JSON.parse(stdout) as HistoryReport).runs as [HistoryReport['runs'][0]];
    expect(releases).toMatchObject([
      { number: 1, verb: 'promote', reason: 'ticket 9', promotedFrom: { environment: 'staging', number: 1 } },
    ]);
  });

  it('is shown in a dry run with what differs, and changes nothing', async () => {
    expect(await run('deploy', '--group', 'api', '--env', 'staging', '--version', 'v1')).toMatchObject({
      exit: 0,
    });
    const before = changes(prod);
    const { exit, stdout } = await promote('staging', 'prod', '--check', '--exit-code');
    expect(exit).toBe(6);
    expect(stdout).toContain('api from staging to prod: v1, in place of v2.');
    expect(changes(prod)).toBe(before);
    expect(running(prod)).toEqual(['v2', 'v2']);
  });
});

describe('a promotion is refused, with the reason and the way out, and nothing is changed', () => {
  const refused = async (
    exit: number,
    said: RegExp,
    from: string,
    to: string,
    ...words: readonly string[]
  ) => {
    const before = [lane.lab, staging, prod].map(changes);
    const ended = await promote(from, to, ...words);
    expect(`${ended.exit} ${ended.stderr}`).toMatch(said);
    expect(ended.exit).toBe(exit);
    expect([lane.lab, staging, prod].map(changes)).toEqual(before);
  };

  it('from an environment that is not taken', async () => {
    await refused(
      3,
      /"api" may not be promoted to "prod":\n[ |]+It comes from "dev", and only/,
      'dev',
      'prod',
    );
  });

  it('to the environment it comes from, and without the words it needs', async () => {
    await refused(2, /not from "prod" to itself/, 'prod', 'prod');
    await refused(2, /--skip-gates needs a reason/, 'staging', 'prod', '--skip-gates');
    const { exit, stderr } = await run('promote', '--group', 'api', '--from', 'dev');
    expect(`${exit} ${stderr}`).toMatch(/^2 [^]*--to is missing: which environment\?/);
  });

  it('of a version that does not run there', async () => {
    await refused(
      3,
      /does not run v7: its hosts run v1 \([0-9a-f]{12}\)/,
      'staging',
      'prod',
      '--version',
      'v7',
    );
  });

  it('of a release that has not run for long enough, or has not the label', async () => {
    const gates = '-e';
    const settings = '{"promote":{"soak":"1h","require_label":{"tested":"yes"}}}';
    await refused(
      3,
      /It has run on \S+ .*for .*, and must have run for 1 h\.\n[ |]+Its image has no label tested, which must be "yes"\./,
      ...(['staging', 'prod'] as const),
      gates,
      settings,
    );
  });

  it('of hosts that run two releases', async () => {
    const [, host] = staging.hosts;
    const one = ['--limit', host!.name];
    expect(
      await run('deploy', '--group', 'api', '--env', 'staging', '--version', 'v2', ...one),
    ).toMatchObject({ exit: 0 });
    await refused(
      3,
      /"api" in "staging" is not one release [^]*api-2 .*runs v2 \(.*\), and others run v1/,
      'staging',
      'prod',
    );
    expect(
      await run('deploy', '--group', 'api', '--env', 'staging', '--version', 'v1', ...one),
    ).toMatchObject({ exit: 0 });
  });

  it('of hosts that are out of service, or out of reach', async () => {
    const [host] = staging.hosts;
    staging.aws.deregister(labTargetGroup, host!.id);
    await refused(3, /api-1 .* is not healthy in api-http:5060, as others are\./, 'staging', 'prod');
    staging.aws.register(labTargetGroup, host!.id);
    await host!.stopSshd();
    await refused(3, /is not one release [^]*api-1/, 'staging', 'prod');
    await host!.startSshd();
  });

  it('of an image that the registry of the target does not have', async () => {
    lane.lab.publish('v9', 'healthy');
    expect(await run('deploy', '--group', 'api', '--env', 'dev', '--version', 'v9')).toMatchObject({
      exit: 0,
    });
    await refused(
      3,
      /its registry does not give it[^]*Copy the image there by its digest first/,
      'dev',
      'staging',
    );
  });
});

describe('--skip-gates', () => {
  it('goes past the checks, and that is on record', async () => {
    expect(await run('deploy', '--group', 'api', '--env', 'dev', '--version', 'v1')).toMatchObject({
      exit: 0,
    });
    const ended = await promote('dev', 'prod', '--skip-gates', '--reason', 'outage 12', '--json');
    expect(`${ended.exit} ${ended.stderr}`).toMatch(/^0 /);
    expect(running(prod)).toEqual(['v1', 'v1']);
    const { stdout } = await run('history', '--env', 'prod', '--group', 'api', '--json');
    expect((JSON.parse(stdout) as HistoryReport).runs[0]!.releases).toMatchObject([
      {
        version: 'v1',
        reason: 'outage 12',
        promotedFrom: { environment: 'dev' },
        skippedGates: ['It comes from "dev", and only releases of "staging" are taken.'],
      },
    ]);
  });
});
