import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { github, slack, stubService, type StubService } from '../notify/stub-services.js';
import { Lane } from '../stages/lane.js';

let lane: Lane;
let slackService: StubService;
let githubService: StubService;
beforeAll(async () => {
  lane = await Lane.open({ hosts: 2, deregistrationDelay: 0 });
  await lane.given('v1');
  slackService = await stubService(slack);
  githubService = await stubService(github);
  appendFileSync(
    join(lane.lab.project, 'adfpush.yml'),
    `secrets: { slack_token: { env: SLACK_TOKEN } }
notify:
  slack: { channel: '#deploys', token: '{{ slack_token }}', api: '${slackService.url}' }
  github: { repository: shop/api, token: '{{ slack_token }}', api: '${githubService.url}', production: lab }
  webhook: { url: 'http://127.0.0.1:9/{{ env }}', environments: prod }
`,
  );
});
afterAll(async () => {
  await lane.close();
  await slackService[Symbol.asyncDispose]();
  await githubService[Symbol.asyncDispose]();
});

const env = { SLACK_TOKEN: 'xoxb' };

describe('notify', () => {
  it('tells of a deploy and of one that is rolled back, and of no plan and no dry run', async () => {
    expect(await lane.run(['plan', '-g', 'api', '--env', 'lab', '--version', 'v2'], { env })).toMatchObject({
      exit: 0,
    });
    const dry = await lane.run(['deploy', '-g', 'api', '--env', 'lab', '--version', 'v2', '--check'], {
      env,
    });
    expect(dry.exit).toBe(0);
    expect(slackService.asked).toEqual([]);

    const deployed = await lane.deploy('v2', { env });
    expect(`${deployed.exit} ${deployed.stdout}${deployed.stderr}`).toMatch(/^0 /);
    expect(deployed.stdout.match(/was not told.*/g)).toEqual([
      expect.stringContaining('the image has no label org.opencontainers.image.revision'),
    ]);
    expect(slackService.asked.map(({ path }) => path)).toEqual(['/chat.postMessage', '/chat.update']);
    expect(slackService.asked[1]?.text).toMatch(/deploy of api v2 in lab succeeded.*2 deployed of 2/);
    expect(await lane.deploy('v3', { env })).toMatchObject({ exit: 4 });
    expect(slackService.asked.at(-1)?.text).toContain('failed and was rolled back');
    expect(githubService.asked).toEqual([]);
  });

  it('does not keep a deploy from its work when no answer comes', async () => {
    await slackService[Symbol.asyncDispose]();
    const { exit, stdout } = await lane.deploy('v1', { env });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/Slack #deploys was not told of the start: .*ECONNREFUSED/);
  });

  it('is refused before anything begins where its settings are wrong', async () => {
    const { exit, stderr } = await lane.deploy('v2');
    expect(`${exit} ${stderr}`).toMatch(/^2 [^]*SLACK_TOKEN/);
    expect(lane.running()).toEqual(Array(2).fill('api v1'));
  });
});
