import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/events/event.js';
import { groupName, runId, environmentName, hostId } from '../../src/model/ids.js';
import type { RunResult } from '../../src/model/run-result.js';
import { githubChannel } from '../../src/notify/github.js';
import type { Channel } from '../../src/notify/notification.js';
import { Notifier } from '../../src/notify/notifier.js';
import { slackChannel } from '../../src/notify/slack.js';
import { teamsChannel } from '../../src/notify/teams.js';
import { webhookChannel } from '../../src/notify/webhook.js';
import { SystemControlSide } from '../../src/system/control-side.js';
import { planFor } from '../report/recorded-run.js';
import { systemClock } from '../stages/system-clock.js';
import { github, slack, stubService } from './stub-services.js';

const control = new SystemControlSide('.', systemClock, { isIn: () => false });
const all = ['start', 'success', 'failure', 'rollback'] as const;

const resultOf = (more: Partial<RunResult>): RunResult => ({
  run: runId('20261121T031500Z-7f3a'),
  verb: 'deploy',
  environment: environmentName('prod'),
  groups: [groupName('api')],
  outcome: 'converged',
  exit: 0,
  startedAt: 0,
  duration: 61_000,
  releases: [],
  hosts: [],
  mixed: false,
  oneWay: [],
  named: [],
  errors: [],
  warnings: [],
  ...more,
});
const good = resultOf({});
const rolledBack = resultOf({
  outcome: 'rolled_back',
  exit: 4,
  errors: [{ code: 'health.not_proven', message: 'not <healthy> & *down*', host: 'api-1' }],
  named: [{ host: hostId('i-1'), name: 'api-1', held: ['its registration'], reason: 'It is gone.' }],
});

/** Tells these channels of a run, and gives the warnings. */
async function told(channels: readonly Channel[], result: RunResult | Error): Promise<readonly string[]> {
  const warnings: string[] = [];
  const notifier = new Notifier(channels, systemClock, (message) => warnings.push(message));
  const plan = planFor(2);
  const link = { link: 'https://ci.test/job/7' };
  const events = [
    {
      type: 'run.started',
      run: good.run,
      verb: 'deploy',
      environment: 'prod',
      groups: [groupName('api')],
      who: 'ann',
      ...link,
    },
    { type: 'plan.made', plan },
    { type: 'release.recorded', group: plan.group, number: 41, version: plan.release.version },
    { type: 'batch.started', play: 'Roll', batch: 1, of: 2, hosts: [] },
    { type: 'batch.started', play: 'Roll', batch: 2, of: 2, hosts: [] },
    ...(result instanceof Error ? [] : [{ type: 'run.ended', result }]),
  ] as unknown as readonly Event[];
  for (const event of events) notifier.read(event);
  await notifier.end(result instanceof Error ? result : undefined);
  return warnings;
}

describe('a webhook', () => {
  it('gets a signed document when the roll begins, and when it has ended', async () => {
    await using service = await stubService(() => ({ status: 204 }));
    const channel = webhookChannel({ url: `${service.url}/hook?token=t`, key: 'k', on: all }, control);

    expect(await told([channel], rolledBack)).toEqual([]);

    expect(service.asked.map(({ json }) => json['event'])).toEqual(['start', 'rollback']);
    const [first, last] = service.asked;
    for (const { headers, text } of service.asked) {
      expect(headers['x-adfpush-signature']).toBe(
        `sha256=${createHmac('sha256', 'k').update(text).digest('hex')}`,
      );
    }
    expect(first?.json).toMatchObject({
      version: 1,
      verb: 'deploy',
      environment: 'prod',
      groups: ['api'],
      who: 'ann',
      errors: [],
    });
    expect(last?.json).toMatchObject({
      outcome: 'rolled_back',
      exit: 4,
      errors: ['not <healthy> & *down*'],
      named: [{ name: 'api-1', held: ['its registration'] }],
    });
  });

  it('gets what it asked for only, and the failure of a run that an error ended', async () => {
    await using service = await stubService(() => ({}));
    const channel = webhookChannel({ url: service.url, on: ['failure'] }, control);
    expect(await told([channel], good)).toEqual([]);
    expect(await told([channel], new Error('the lease is lost'))).toEqual([]);
    expect(service.asked.map(({ json }) => [json['event'], json['errors']])).toEqual([
      ['failure', ['the lease is lost']],
    ]);
  });
});

describe('Slack', () => {
  it('gets one message, which is edited; what is in it cannot be read as anything else', async () => {
    await using service = await stubService(slack);
    const channel = slackChannel({ channel: '#deploys', token: 'xoxb', api: service.url, on: all }, control);

    expect(await told([channel], rolledBack)).toEqual([]);

    expect(service.asked.map(({ path, json }) => [path, json['channel'], json['ts']])).toEqual([
      ['/chat.postMessage', '#deploys', undefined],
      ['/chat.update', 'C1', '1.5'],
    ]);
    const text = service.asked[1]?.text ?? '';
    expect(text).toContain('failed and was rolled back');
    expect(text).toContain('not &lt;healthy&gt; &amp; *down*');
    expect(text).toContain('<https://ci.test/job/7|deploy of api');
  });

  it('that says 200 and not ok is a warning, with its word', async () => {
    await using service = await stubService(slack);
    const channel = slackChannel(
      { channel: '#deploys', token: 'old', api: service.url, on: ['start'] },
      control,
    );
    expect(await told([channel], good)).toEqual([
      'Slack #deploys was not told of the start: it says "invalid_auth".',
    ]);
  });

  it('gets no more than it takes', async () => {
    await using service = await stubService(slack);
    const channel = slackChannel(
      { channel: '#d', token: 'xoxb', api: service.url, on: ['failure'] },
      control,
    );
    const errors = Array.from({ length: 400 }, () => ({ code: 'x', message: 'It went wrong 😀 & more.' }));
    await told([channel], resultOf({ outcome: 'failed', exit: 4, errors }));
    const [{ text } = { text: '' }] = (service.asked[0]?.json['blocks'] as { text: { text: string } }[]).map(
      (block) => block.text,
    );
    expect(text.length).toBeLessThanOrEqual(3_000);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe('Teams', () => {
  it('gets a card with what happened, escaped', async () => {
    await using service = await stubService(() => ({ status: 202 }));
    expect(await told([teamsChannel({ url: `${service.url}/w`, on: all }, control)], rolledBack)).toEqual([]);
    expect(service.asked).toHaveLength(2);
    expect(service.asked[1]?.text).toContain('not \\\\<healthy\\\\> & \\\\*down\\\\*');
    expect(service.asked[1]?.json).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
    });
  });
});

describe('GitHub', () => {
  const channelAt = (api: string, revision?: string): Channel =>
    githubChannel({ repository: 'shop/api', token: 't', api, production: ['prod'] }, control, () =>
      Promise.resolve(revision),
    );

  it.each([
    [good, 'success'],
    [rolledBack, 'failure'],
    [new Error('lost'), 'failure'],
  ])('gets one deployment of the image’s commit, and its statuses', async (result, state) => {
    await using service = await stubService(github);
    expect(await told([channelAt(service.url, 'abc123')], result)).toEqual([]);
    const [made, ...statuses] = service.asked;
    expect(made?.path).toBe('/repos/shop/api/deployments');
    expect(made?.json).toMatchObject({
      ref: 'abc123',
      environment: 'prod',
      auto_merge: false,
      required_contexts: [],
      production_environment: true,
    });
    expect(statuses.map(({ path, json }) => [path, json['state'], json['log_url']])).toEqual([
      ['/repos/shop/api/deployments/7/statuses', 'in_progress', 'https://ci.test/job/7'],
      ['/repos/shop/api/deployments/7/statuses', state, 'https://ci.test/job/7'],
    ]);
  });

  it('gets none for an image that does not say its commit: that is one warning', async () => {
    await using service = await stubService(github);
    expect(await told([channelAt(service.url)], good)).toEqual([
      'GitHub shop/api was not told of the start: no deployment is made: the image has no label org.opencontainers.image.revision.',
    ]);
    expect(service.asked).toEqual([]);
  });

  it('is told a status again that failed, once', async () => {
    let failures = 0;
    await using service = await stubService((request) =>
      request.path.endsWith('/statuses') && (failures += 1) === 1 ? { status: 502 } : github(request),
    );
    expect(await told([channelAt(service.url, 'abc')], good)).toEqual([]);
    expect(service.asked.map(({ json }) => json['state'])).toEqual([
      undefined,
      'in_progress',
      'in_progress',
      'success',
    ]);
  });
});

describe('a channel that does not work', () => {
  it('is a warning with the reason, and shows nothing of a URL that may be secret', async () => {
    await using service = await stubService(() => ({ status: 403, json: { message: 'no such hook' } }));
    const { url } = service;
    const channel = webhookChannel({ url: `${url}/s3cret`, on: all }, control);
    expect(await told([channel], good)).toEqual([
      `the webhook at ${url} was not told of the start: it answers 403: no such hook.`,
      `the webhook at ${url} was not told of the success: it answers 403: no such hook.`,
    ]);
  });

  it('holds up the end of a run no longer when it waits for something else than an answer', async () => {
    const channel = githubChannel(
      { repository: 'shop/api', token: 't', api: 'http://127.0.0.1:9', production: [] },
      control,
      () => new Promise(() => undefined),
    );
    const warnings = await told([channel], good);
    expect(warnings[0]).toBe('GitHub shop/api was not told of the start: no answer in time.');
  });

  it('holds up the end of a run by 5 s at most, and the others not at all', async () => {
    await using hanging = await stubService(() => 'nothing');
    await using working = await stubService(() => ({}));
    const began = performance.now();
    const warnings = await told(
      [
        webhookChannel({ url: hanging.url, on: all }, control),
        webhookChannel({ url: working.url, on: all }, control),
      ],
      good,
    );
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatch(/was not told of the success: (no answer in time|earlier messages)/);
    expect(working.asked).toHaveLength(2);
  });
});
