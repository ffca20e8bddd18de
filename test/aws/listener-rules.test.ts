import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { startCloudServices, type CloudServices } from '../../src/lab/cloud-services.js';
import type { Listener } from '../../src/model/listener.js';
import type { ListenerRules } from '../../src/ports/traffic.js';
import { list, queryReply, stubAws, type AwsReply, type AwsRequest } from './stub-aws.js';

const page = { contentType: 'text/plain', body: 'soon' };

describe('rules of listeners', () => {
  let cloud: CloudServices;
  let rules: ListenerRules;
  let balancer: string;
  beforeEach(async () => {
    cloud = await startCloudServices({
      instances: [],
      targetGroups: [{ name: 'api-http', port: 80 }],
      resolve: () => undefined,
    });
    rules = connectCloud({ endpoint: cloud.endpoint }).listenerRules;
    [balancer = ''] = cloud.aws.loadBalancers;
  });
  afterEach(() => cloud.stop());

  const only = async (): Promise<Listener> => {
    const [listener] = await rules.listeners([balancer]);
    if (listener === undefined) throw new Error('the lab has one');
    return listener;
  };

  it('are read from all pages, with all their tags, and copied with every kind of condition', async () => {
    cloud.aws.setPageSize(3);
    const conditions = [
      { field: 'path-pattern', values: ['/a/*', '/b?'] },
      { field: 'host-header', values: ['*.example.com'] },
      { field: 'http-header', header: 'X-Version', values: ['next'] },
      { field: 'http-request-method', values: ['POST'] },
      { field: 'query-string', values: ['debug=1', 'loose'] },
    ];
    for (let at = 0; at < 25; at += 1)
      cloud.aws.addRule('api-http', { priority: 10 + at * 2, conditions: [conditions[at % 5]!] });
    const listener = await only();
    expect(listener.rules.map(({ priority }) => priority)).toEqual([
      ...Array.from({ length: 25 }, (_, at) => 10 + at * 2),
      undefined,
    ]);
    for (const rule of listener.rules) {
      const priority = (rule.priority ?? 50_001) - 1;
      await rules.answer(
        listener,
        { conditions: rule.conditions, priority, tags: new Map([['n', String(priority)]]) },
        page,
      );
    }
    const copies = (await only()).rules.filter(
      ({ targetGroups, priority }) => targetGroups.length === 0 && priority !== 50_000,
    );
    expect(copies.map((one) => one.conditions)).toEqual(
      listener.rules.filter(({ priority }) => priority !== undefined).map((one) => one.conditions),
    );
    expect(copies.map(({ tags, priority }) => tags.get('n') === String(priority))).not.toContain(false);
  });

  it('are removed once, and it is no error when they are gone', async () => {
    const listener = await only();
    const tags = new Map<string, string>();
    await rules.answer(listener, { conditions: [], priority: 7, tags }, page);
    await expect(rules.answer(listener, { conditions: [], priority: 7, tags }, page)).rejects.toMatchObject({
      code: 'aws.priority_in_use',
    });
    const [rule] = (await only()).rules;
    await rules.remove(listener, rule!);
    await rules.remove(listener, rule!);
    expect((await only()).rules).toHaveLength(1);
  });
});

it('rules are asked for again when one of them is removed before its tags are asked for', async () => {
  let asked = 0;
  const ruleXml = (n: number): string => `<RuleArn>arn:rule/${n}</RuleArn><Priority>${n}</Priority>`;
  const answer = ({ action }: AwsRequest): AwsReply => {
    if (action === 'DescribeListeners')
      return queryReply(
        action,
        list('Listeners', ['<ListenerArn>arn:l</ListenerArn><Protocol>HTTP</Protocol>']),
      );
    if (action === 'DescribeRules')
      return queryReply(action, list('Rules', asked === 0 ? [ruleXml(1), ruleXml(2)] : [ruleXml(2)]));
    asked += 1;
    return asked === 1
      ? {
          status: 400,
          body: '<ErrorResponse><Error><Code>RuleNotFound</Code><Message>gone</Message></Error></ErrorResponse>',
        }
      : queryReply(action, list('TagDescriptions', ['<ResourceArn>arn:rule/2</ResourceArn>']));
  };
  await using aws = await stubAws(answer);
  const { listenerRules } = connectCloud({ endpoint: aws.endpoint });

  const [listener] = await listenerRules.listeners([
    'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/lb/1',
  ]);

  expect(listener?.rules.map(({ priority }) => priority)).toEqual([2]);
});
