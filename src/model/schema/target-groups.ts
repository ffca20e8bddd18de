import type { TargetGroupChoice } from '../settings.js';
import { shown } from './number.js';
import { parsed } from './parsed.js';

/** The target groups of a group: a list of names, one name, `none`, or `auto`. */
export const targetGroupsSchema = parsed((value, refuse): TargetGroupChoice => {
  const hint = 'Write a list of names, none for hosts behind no load balancer, or auto.';
  if (value === 'none' || value === 'auto') return { kind: value };
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) refuse('must not be an empty list', hint);
  const names = items.flatMap((item, index) => {
    // ELBv2's own rule for names of target groups.
    if (typeof item === 'string' && /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(item))
      return [item];
    refuse(
      `must be the name of a target group, not ${shown(item)}`,
      hint,
      Array.isArray(value) ? [index] : [],
    );
    return [];
  });
  return { kind: 'named', names: [...new Set(names)] };
}).meta({ type: 'names, `none` or `auto`' });
