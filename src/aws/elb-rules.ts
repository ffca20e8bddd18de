import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  type Listener as ElbListener,
  paginateDescribeListeners,
  paginateDescribeRules,
  type Rule,
  type RuleCondition as ElbCondition,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AdfError } from '../errors/adf-error.js';
import { region as regionName, targetGroupArn } from '../model/ids.js';
import { defined } from '../model/defined.js';
import type { Listener, ListenerRule, Page, RuleCondition } from '../model/listener.js';
import type { ListenerRules } from '../ports/traffic.js';
import type { AwsClients } from './clients.js';

/** What DescribeTags takes in one call. */
const taggedPerCall = 20;

/** How often rules are asked for that others remove at the same time. */
const mostAttempts = 5;

const isRuleGone = (error: unknown): boolean => error instanceof AdfError && error.code === 'aws.rule_gone';

/** Listeners of Application Load Balancers with their rules; those of Network Load Balancers have the default rule alone. */
export class ElbRules implements ListenerRules {
  readonly #client: (region: string) => ElasticLoadBalancingV2Client;

  constructor(private readonly clients: AwsClients) {
    this.#client = clients.perRegion((settings) => new ElasticLoadBalancingV2Client(settings));
  }

  async listeners(loadBalancers: readonly string[]): Promise<readonly Listener[]> {
    const found = await Promise.all(loadBalancers.map((arn) => this.#listenersOf(arn)));
    return found.flat();
  }

  async answer(
    { arn, region }: Pick<Listener, 'arn' | 'region'>,
    { priority, conditions, tags }: Pick<ListenerRule, 'conditions' | 'tags'> & { readonly priority: number },
    { contentType, body }: Page,
  ): Promise<void> {
    await this.clients.call('elasticloadbalancing:CreateRule', region, async () =>
      this.#client(region).send(
        new CreateRuleCommand({
          ListenerArn: arn,
          Priority: priority,
          Conditions: conditions.length === 0 ? [everything] : conditions.map(givenOnce),
          Actions: [
            {
              Type: 'fixed-response',
              FixedResponseConfig: { StatusCode: '503', ContentType: contentType, MessageBody: body },
            },
          ],
          Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
        }),
      ),
    );
  }

  async remove({ region }: Pick<Listener, 'region'>, { arn }: Pick<ListenerRule, 'arn'>): Promise<void> {
    try {
      await this.clients.call('elasticloadbalancing:DeleteRule', region, async () =>
        this.#client(region).send(new DeleteRuleCommand({ RuleArn: arn })),
      );
    } catch (error) {
      if (!isRuleGone(error)) throw error;
    }
  }

  async #listenersOf(loadBalancer: string): Promise<readonly Listener[]> {
    const [, , , region = '', , resource = ''] = loadBalancer.split(':');
    const client = this.#client(region);
    const listeners = await this.clients.call('elasticloadbalancing:DescribeListeners', region, async () => {
      const found: ElbListener[] = [];
      for await (const page of paginateDescribeListeners({ client }, { LoadBalancerArn: loadBalancer }))
        found.push(...(page.Listeners ?? []));
      return found;
    });
    const name = resource.split('/')[2] ?? loadBalancer;
    const whole: Listener[] = [];
    // One after the other: AWS allows about ten calls a second for the whole account.
    for (const { ListenerArn: arn = '', Protocol: protocol = '', Port: port = 0 } of listeners) {
      const rules = await this.#rulesOf(arn, region, client);
      whole.push({ arn, region: regionName(region), loadBalancer: name, protocol, port, rules });
    }
    return whole;
  }

  /** A rule that is removed between the two questions makes AWS refuse the second one: both are asked again. */
  async #rulesOf(
    listener: string,
    region: string,
    client: ElasticLoadBalancingV2Client,
  ): Promise<readonly ListenerRule[]> {
    for (let attempt = 1; ; attempt += 1) {
      const rules = await this.clients.call('elasticloadbalancing:DescribeRules', region, async () => {
        const found: Rule[] = [];
        for await (const page of paginateDescribeRules({ client }, { ListenerArn: listener }))
          found.push(...(page.Rules ?? []));
        return found;
      });
      // The tags of a default rule say nothing: nothing of ours is one.
      const tagged = rules.flatMap(({ RuleArn = '', IsDefault }) => (IsDefault === true ? [] : [RuleArn]));
      try {
        const tags = await this.#tagsOf(tagged, region, client);
        return rules.map((rule) => toRule(rule, tags.get(rule.RuleArn ?? '') ?? new Map()));
      } catch (error) {
        if (attempt === mostAttempts || !isRuleGone(error)) throw error;
      }
    }
  }

  async #tagsOf(
    arns: readonly string[],
    region: string,
    client: ElasticLoadBalancingV2Client,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    const found = new Map<string, ReadonlyMap<string, string>>();
    for (let start = 0; start < arns.length; start += taggedPerCall) {
      const ResourceArns = arns.slice(start, start + taggedPerCall);
      const { TagDescriptions = [] } = await this.clients.call(
        'elasticloadbalancing:DescribeTags',
        region,
        async () => client.send(new DescribeTagsCommand({ ResourceArns })),
      );
      for (const { ResourceArn = '', Tags = [] } of TagDescriptions)
        found.set(ResourceArn, new Map(Tags.map(({ Key = '', Value = '' }) => [Key, Value])));
    }
    return found;
  }
}

/** A rule must have a condition; the default rule has none. */
const everything: ElbCondition = { Field: 'path-pattern', PathPatternConfig: { Values: ['*'] } };

/** AWS tells the values of a path or a host twice, and takes them once. */
function givenOnce(condition: RuleCondition): ElbCondition {
  const { Values, ...others } = condition as ElbCondition;
  const hasConfig = Object.keys(others).some((key) => key.endsWith('Config'));
  return hasConfig ? others : { ...others, ...defined({ Values }) };
}

function toRule(
  { RuleArn: arn = '', Priority = '', Conditions = [], Actions = [] }: Rule,
  tags: ReadonlyMap<string, string>,
): ListenerRule {
  const forwarded = Actions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
    ...(TargetGroupArn === undefined ? [] : [TargetGroupArn]),
    ...(ForwardConfig?.TargetGroups ?? []).flatMap((group) => group.TargetGroupArn ?? []),
  ]);
  const priority = Number(Priority);
  return {
    arn,
    ...(Number.isNaN(priority) ? {} : { priority }),
    conditions: Conditions.map((condition) => ({ ...condition })),
    targetGroups: [...new Set(forwarded)].map(targetGroupArn),
    tags,
  };
}
