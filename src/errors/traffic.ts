import { defined } from '../model/defined.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import { AdfError } from './adf-error.js';
import { nearest } from './nearest.js';

/** Why a registered target is `unused`, and what to do about it, by ELBv2's reason codes. */
export const whyUnused = (reason: string | undefined): readonly [why: string, hint: string] =>
  reasons[reason ?? ''] ?? [
    'the load balancer does not use it',
    'Look at the target group in the AWS console: its description of the target says more.',
  ];

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  'Target.NotInUse': [
    'no load balancer sends traffic there, or not in the zone of this target',
    "Add a listener rule for the target group, and enable the target's zone on the load balancer.",
  ],
  'Target.InvalidState': [
    'the instance is stopped or terminated',
    'Start the instance, or take it out of the inventory.',
  ],
  'Target.IpUnusable': [
    'a load balancer uses this IP address itself',
    'Register the address of the host instead.',
  ],
};

/** Names under `target_groups` that the region does not have. */
export function targetGroupMissing(
  missing: readonly [string, ...string[]],
  existing: readonly string[],
  region: string,
): AdfError {
  const guesses = missing.map((name) => nearest(name, existing)).filter((guess) => guess !== undefined);
  const shown = existing.slice(0, 10);
  const more = existing.length - shown.length;
  const list = `${region} has ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
  return new AdfError({
    code: 'traffic.target_group_missing',
    class: 'refused',
    message: `${region} has no target group named ${missing.map((name) => `"${name}"`).join(' or ')}.`,
    hint:
      existing.length === 0
        ? `There is no target group at all in ${region}: check the account and the region.`
        : guesses.length > 0
          ? `Did you mean ${guesses.map((guess) => `"${guess}"`).join(' and ')}? ${list}`
          : list,
  });
}

export interface TimedOut {
  /** What was waited for: `2 targets of api-http to be drained`. */
  readonly what: string;
  readonly after: Milliseconds;
  /** The last seen states in words. */
  readonly states: string;
  /** Why the last looks failed, when they did. */
  readonly trouble?: string;
  readonly hint?: string;
}

export const waitTimedOut = ({ what, after, states, trouble, hint }: TimedOut): AdfError =>
  new AdfError({
    code: 'traffic.timeout',
    class: 'failed',
    message:
      `Waited ${formatDuration(after)} for ${what}; last seen: ${states}.` +
      (trouble === undefined ? '' : ` The last look failed: ${trouble}`),
    ...defined({ hint }),
  });

/** The balancer was asked for long enough, or says why the targets will never be healthy. */
export const isNotInService = (error: unknown): error is AdfError =>
  error instanceof AdfError &&
  (error.code === 'traffic.timeout' || error.code === 'traffic.impossible_state');

/** A state from which a target does not get into service, however long one waits. */
export const impossibleState = (target: string, state: string, why: string, hint: string): AdfError =>
  new AdfError({
    code: 'traffic.impossible_state',
    class: 'failed',
    message: `${target} is ${state} and will not become healthy: ${why}.`,
    hint,
  });
