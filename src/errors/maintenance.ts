import { AdfError } from './adf-error.js';
import { enumerate } from './nearest.js';

const refused = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `maintenance.${code}`, class: 'refused', message, hint });

/** A group that no load balancer serves. */
export const nothingToCover = (group: string, targetGroups: readonly string[]): AdfError =>
  refused(
    'no_rule',
    targetGroups.length === 0
      ? `"${group}" is behind no target group, so no load balancer answers for it.`
      : `No rule of a listener forwards to ${enumerate(targetGroups)}, so there is nothing to answer in its place.`,
    'Name target_groups: in the settings of the group, and look at the rules of the listeners.',
  );

/** A listener without rules, such as those of Network Load Balancers. */
export const noPage = (where: string, protocol: string): AdfError =>
  refused(
    'no_page',
    `${where} speaks ${protocol}, and only HTTP and HTTPS listeners can answer by themselves.`,
    'Take the hosts out one by one with drain, or answer in the application.',
  );

/** A rule that also serves others, who would get the page too. */
export const sharedRule = (where: string, others: readonly string[]): AdfError =>
  refused(
    'shared_rule',
    `${where} also forwards to ${enumerate(others)}, whose clients would get the page too.`,
    'Name all groups of that rule: --group api,web. Or give each group a rule of its own.',
  );

/** There is no number right above a rule. */
export const noPriority = (where: string, why: string): AdfError =>
  refused(
    'no_priority',
    `${where} has no free number in front of it: ${why}.`,
    'Rules are numbered anew by: aws elbv2 set-rule-priorities --rule-priorities RuleArn=…,Priority=…',
  );

/** Others changed the rules of the listener all the time. */
export const rulesChange = (group: string): AdfError =>
  new AdfError({
    code: 'maintenance.rules_change',
    class: 'failed',
    message: `The rules of the listeners of "${group}" are changed by others at the same time.`,
    hint: 'Type the command again: it goes on from what is there.',
  });

/** What a load balancer cannot answer with. */
export const unfitPage = (file: string, why: string): AdfError =>
  new AdfError({
    code: 'maintenance.unfit_page',
    class: 'invalid',
    message: `${file} cannot be the page: ${why}.`,
    hint: 'A page is a text of at most 1,024 characters in a file that ends with .html, .txt or .json.',
  });
