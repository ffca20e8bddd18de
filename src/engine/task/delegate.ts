import { cannotDelegate, unknownDelegate } from '../../errors/playbook.js';
import { placeOf } from '../../expression/place.js';
import { mayBeTemplate, render } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import { localName } from '../../model/local-host.js';
import { UnknownValue } from '../../model/unknown.js';
import type { RegisteredModule } from '../../modules/module.js';
import { tasksOf, type Play, type Task } from '../../playbook/playbook.js';
import type { HostTarget } from '../host-target.js';
import type { Run } from '../run.js';
import { isOnlyChecked } from './check-mode.js';
import type { TaskCall } from './task-call.js';

/**
 * The host that a task acts on: the session's own, or the one that `delegate_to` names. One that was added is leased first where the task may change
 * it. Throws `playbook.unknown_delegate`, `playbook.cannot_delegate`, `interlock.not_leased` for a change of a host that the run has not leased, and
 * as `Growth.hold`.
 */
export async function targetOfTask(
  { task, module, session }: TaskCall,
  variables: Variables,
): Promise<HostTarget | UnknownValue> {
  const { delegateTo } = task;
  if (delegateTo === undefined) return session.target;
  refuseDelegation(task, module, session.run);
  const name = render(delegateTo, variables);
  if (name instanceof UnknownValue) return name;
  const { run, host } = session;
  if (name === host.name || name === host.id) return session.target;
  const target = run.targetOf?.(String(name));
  if (target === undefined && run.growth?.mayAdd(String(name)) === true)
    return new UnknownValue(`add_host may add "${String(name)}"`);
  if (target === undefined) throw unknownDelegate(String(name), placeOf(delegateTo.locate));
  const isChange = module.effect !== 'reads' && module.where === 'host' && !isOnlyChecked(task, run);
  if (isChange && target.host.ssh.transport !== 'local') {
    await run.growth?.hold(target.host);
    run.gate.requireLeaseOf(target.host);
  }
  return target;
}

/**
 * Refuses to delegate what is held: it is given back when the turn of its own host ends, and a delegate has none; and where the name is
 * written down, to delegate to what is no host. Throws `playbook.cannot_delegate`, `playbook.unknown_delegate`.
 */
export function refuseDelegation(
  { delegateTo }: Task,
  { name, effect }: RegisteredModule,
  { targetOf, growth }: Pick<Run, 'targetOf' | 'growth'>,
): void {
  if (delegateTo === undefined) return;
  const { value, locate } = delegateTo;
  if (effect === 'restorable') throw cannotDelegate(name, placeOf(locate));
  if (targetOf === undefined || mayBeTemplate(value) || growth?.mayAdd(value) === true) return;
  if (targetOf(value) === undefined) throw unknownDelegate(value, placeOf(locate));
}

/** The names of the hosts that tasks of a play are delegated to, as far as they are known before it runs: `localhost` is none of them. */
export const delegatesOf = (play: Play): readonly string[] => [
  ...new Set(
    tasksOf(play).flatMap(({ delegateTo }) =>
      delegateTo === undefined || mayBeTemplate(delegateTo.value) || delegateTo.value === localName
        ? []
        : [delegateTo.value],
    ),
  ),
];
