import { wrongKeywordValue } from '../errors/playbook.js';
import { placeOf } from '../expression/place.js';
import { mayBeTemplate } from '../expression/templates.js';
import { defined } from '../model/defined.js';
import { isUserName } from '../model/user-name.js';
import { yesOrNo, type MappingReader } from './mapping-reader.js';
import type { Inherited, Raw, RunOnceScope } from './playbook.js';

/** What a play hands on to its tasks, and a block or a task too. A play's `vars` and conditions are no part of it. */
export function handedOn(node: MappingReader, above: Inherited): Inherited {
  const timeout = node.duration('timeout') ?? above.timeout;
  const throttle = node.wholeNumber('throttle') ?? above.throttle;
  const { timeout: _timeout, throttle: _throttle, ...others } = above;
  return {
    ...others,
    become: node.boolean('become', above.become),
    ...defined({
      becomeUser: readBecomeUser(node) ?? above.becomeUser,
      checkMode: readCheckMode(node) ?? above.checkMode,
    }),
    environment: [...above.environment, node.mapping('environment')],
    tags: [...above.tags, ...node.words('tags')],
    ignoreErrors: node.boolean('ignore_errors', above.ignoreErrors),
    ignoreUnreachable: node.boolean('ignore_unreachable', above.ignoreUnreachable),
    noLog: node.boolean('no_log', above.noLog),
    // As in Ansible, a throttle or a timeout of 0 is none.
    ...(throttle === undefined || throttle === 0 ? {} : { throttle }),
    ...(timeout === undefined || timeout === 0 ? {} : { timeout }),
  };
}

/** What a block hands on to its tasks, or a task has in the end: what is above it, and its own words. */
export const inheritedBelow = (node: MappingReader, above: Inherited): Inherited => ({
  ...handedOn(node, above),
  when: [...above.when, ...node.conditions('when')],
  vars: [...above.vars, node.variables('vars')],
  ...defined({ delegateTo: node.rawText('delegate_to') ?? above.delegateTo }),
  runOnce: readRunOnce(node) ?? above.runOnce,
  notify: [...above.notify, ...(node.value('notify') === undefined ? [] : [node.rawTexts('notify')])],
});

/** What holds templates is known when its task runs. */
function readBecomeUser(node: MappingReader): Raw<string> | undefined {
  const user = node.rawText('become_user');
  if (user === undefined || mayBeTemplate(user.value) || isUserName(user.value)) return user;
  const place = placeOf(user.locate);
  node.report(wrongKeywordValue('become_user', 'the name of a user', JSON.stringify(user.value), place));
  return undefined;
}

/** `true` is `play`. In Ansible it would be `batch`, which surprised its users. */
const readRunOnce = (node: MappingReader): RunOnceScope | false | undefined =>
  node.read(
    'run_once',
    'true, false, play or batch',
    (value) => {
      if (value === true) return 'play';
      return value === false || value === 'play' || value === 'batch' ? value : undefined;
    },
    yesOrNo(node.value('run_once')),
  );

const readCheckMode = (node: MappingReader): boolean | undefined =>
  node.value('check_mode') === undefined ? undefined : node.boolean('check_mode', false);
