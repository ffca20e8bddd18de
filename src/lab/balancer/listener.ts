import type { IncomingMessage } from 'node:http';
import type { TargetGroup } from './target-group.js';

/** What a request must have for a rule; one of the values is enough. */
export interface RuleCondition {
  /** As ELBv2 names it: `path-pattern`, `host-header`, `http-header`, `http-request-method`, `query-string`. */
  readonly field: string;
  /** With `*` and `?`; of a query string `key=value`, or the value alone. */
  readonly values: readonly string[];
  /** Which header `http-header` is about. */
  readonly header?: string;
}

/** What a rule does with a request. */
export type RuleAction =
  | { readonly type: 'forward'; readonly groups: readonly WeightedGroup[] }
  | {
      readonly type: 'fixed-response';
      readonly status: number;
      readonly contentType?: string;
      readonly body?: string;
    };

/** A target group with its share of what a rule forwards. */
export interface WeightedGroup {
  readonly group: TargetGroup;
  readonly weight: number;
}

/** A rule of a listener; the one with the smallest number that fits a request decides, the default rule where none fits. */
export interface ListenerRule {
  readonly arn: string;
  readonly priority: number | 'default';
  readonly conditions: readonly RuleCondition[];
  readonly action: RuleAction;
  readonly tags: Map<string, string>;
}

/** A listener of an Application Load Balancer: where clients come in, and which target group they get to. */
export class Listener {
  readonly #rules: ListenerRule[];
  #forwarded = 0;

  constructor(
    readonly arn: string,
    readonly port: number,
    group: TargetGroup,
  ) {
    const action: RuleAction = { type: 'forward', groups: [{ group, weight: 1 }] };
    const arnOfDefault = `${arn.replace(':listener/', ':listener-rule/')}/default`;
    this.#rules = [{ arn: arnOfDefault, priority: 'default', conditions: [], action, tags: new Map() }];
  }

  /** By priority, the default rule last. */
  get rules(): readonly ListenerRule[] {
    return this.#rules;
  }

  /** Every target group that a rule names. */
  get groups(): readonly TargetGroup[] {
    return this.#rules.flatMap(({ action }) =>
      action.type === 'forward' ? action.groups.map(({ group }) => group) : [],
    );
  }

  add(rule: ListenerRule): void {
    this.#rules.push(rule);
    this.#rules.sort((a, b) => rank(a) - rank(b));
  }

  remove(rule: ListenerRule): void {
    this.#rules.splice(this.#rules.indexOf(rule), 1);
  }

  /** Where a request goes: to a target group, by weight where a rule has several, or nowhere but a fixed answer. */
  route(request: IncomingMessage): TargetGroup | Extract<RuleAction, { readonly type: 'fixed-response' }> {
    const rule = this.#rules.find(({ conditions }) => conditions.every((one) => fits(one, request)));
    const action = rule?.action ?? { type: 'forward', groups: [] };
    if (action.type === 'fixed-response') return action;
    const chosen = this.#byWeight(action.groups);
    // As an ALB answers whose rule has only groups of weight 0.
    return chosen ?? { type: 'fixed-response', status: 503 };
  }

  #byWeight(groups: readonly WeightedGroup[]): TargetGroup | undefined {
    const total = groups.reduce((sum, { weight }) => sum + weight, 0);
    this.#forwarded += 1;
    // Coprime with the sums of weights that are used, so that the shares are mixed and not one after the other.
    let left = (this.#forwarded * 7_919) % Math.max(1, total);
    return groups.find(({ weight }) => (left -= weight) < 0)?.group;
  }
}

const rank = ({ priority }: ListenerRule): number => (priority === 'default' ? Infinity : priority);

/** Source: Elastic Load Balancing user guide, "Condition types for listener rules". */
function fits({ field, values, header }: RuleCondition, request: IncomingMessage): boolean {
  const url = new URL(request.url ?? '/', 'http://lab');
  switch (field) {
    case 'path-pattern':
      return values.some((value) => pattern(value).test(url.pathname));
    case 'host-header':
      return values.some((value) =>
        pattern(value, 'i').test((request.headers.host ?? '').replace(/:\d+$/, '')),
      );
    case 'http-request-method':
      return values.includes(request.method ?? '');
    case 'http-header': {
      const given = String(request.headers[(header ?? '').toLowerCase()] ?? '');
      return values.some((value) => pattern(value, 'i').test(given));
    }
    case 'query-string':
      return [...url.searchParams].some(([key, value]) =>
        values.some((one) => pattern(one, 'i').test(one.includes('=') ? `${key}=${value}` : value)),
      );
    default:
      return false;
  }
}

const pattern = (text: string, flags = ''): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    flags,
  );
