import type { Region, TargetGroupArn } from './ids.js';

/** A listener of a load balancer: where clients come in. */
export interface Listener {
  readonly arn: string;
  readonly region: Region;
  /** The name of its load balancer. */
  readonly loadBalancer: string;
  /** `HTTP` and `HTTPS` have rules; the others forward all to one place. */
  readonly protocol: string;
  readonly port: number;
  readonly rules: readonly ListenerRule[];
}

/** What a listener does with the requests that fit; of several rules the one with the smallest number decides. */
export interface ListenerRule {
  readonly arn: string;
  /** From 1 to 50,000; absent of the default rule, which takes what no other rule fits. */
  readonly priority?: number;
  /** As the cloud tells them, to be given to it again. */
  readonly conditions: readonly RuleCondition[];
  /** The target groups that it forwards to, whatever their weights. */
  readonly targetGroups: readonly TargetGroupArn[];
  readonly tags: ReadonlyMap<string, string>;
}

/** A rule, and where it is. */
export interface PlacedRule {
  readonly listener: Listener;
  readonly rule: ListenerRule;
}

/** In the cloud's own words; nothing here reads it. */
export type RuleCondition = Readonly<Record<string, unknown>>;

/** What is answered in place of the application. */
export interface Page {
  /** `text/html`. */
  readonly contentType: string;
  /** At most 1,024 characters. */
  readonly body: string;
}
