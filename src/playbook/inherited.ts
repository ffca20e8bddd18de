import type { MappingReader } from './mapping-reader.js';
import type { Inherited } from './playbook.js';

/** What a play hands on to its tasks, and a block or a task too. A play's `vars` and conditions are no part of it. */
export function handedOn(node: MappingReader, above: Inherited): Inherited {
  const timeout = node.duration('timeout') ?? above.timeout;
  const { timeout: _timeout, ...others } = above;
  return {
    ...others,
    become: node.boolean('become', above.become),
    environment: [...above.environment, node.mapping('environment')],
    tags: [...above.tags, ...node.words('tags')],
    ignoreErrors: node.boolean('ignore_errors', above.ignoreErrors),
    ignoreUnreachable: node.boolean('ignore_unreachable', above.ignoreUnreachable),
    noLog: node.boolean('no_log', above.noLog),
    // As in Ansible, a timeout of 0 is none.
    ...(timeout === undefined || timeout === 0 ? {} : { timeout }),
  };
}

/** What a block hands on to its tasks, or a task has in the end: what is above it, and its own words. */
export const inheritedBelow = (node: MappingReader, above: Inherited): Inherited => ({
  ...handedOn(node, above),
  when: [...above.when, ...node.conditions('when')],
  vars: [...above.vars, node.variables('vars')],
  runOnce: node.boolean('run_once', above.runOnce),
  notify: [...above.notify, ...(node.value('notify') === undefined ? [] : [node.rawTexts('notify')])],
});
