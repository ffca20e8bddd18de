import type { ZodError } from 'zod';
import type { AdfError } from '../../errors/adf-error.js';
import { argumentsInvalid } from '../../errors/engine.js';
import { secretInArgument } from '../../errors/secrets.js';
import { render } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import { UnknownValue } from '../../model/unknown.js';
import { modules } from '../../modules/catalogue.js';
import type { RegisteredModule } from '../../modules/module.js';
import type { Task } from '../../playbook/playbook.js';

/**
 * Each argument in its own language: sh where the module says so, conditions as they are. A bare value was given its argument's name
 * by the loader. All are rendered before one that is not known makes the whole unknown, so that mistakes in the others are found.
 */
export function renderArguments(task: Task, module: RegisteredModule, variables: Variables): unknown {
  const { value, locate } = task.args;
  // The whole mapping is a variable's: `health: "{{ health }}"`.
  if (typeof value !== 'object' || value === null) return render(task.args, variables);
  const rendered: Record<string, unknown> = {};
  let unknown: UnknownValue | undefined;
  for (const [name, argument] of Object.entries(value)) {
    const within = Object.assign(
      (path: readonly (string | number)[]) => locate([name, ...path]),
      locate.text === undefined ? {} : { text: locate.text },
    );
    if (module.conditionArguments.includes(name)) {
      rendered[name] = argument;
      continue;
    }
    const language = typeof argument === 'string' && module.shellArguments.includes(name) ? 'shell' : 'plain';
    const one = render({ value: argument, locate: within }, variables, language);
    if (module.visibleArguments.includes(name) && variables.hasSecretIn(one))
      throw secretInArgument(`${name} of ${task.module}`, locate([name]) ?? task.at);
    if (one instanceof UnknownValue && !module.setsFacts) unknown ??= one;
    rendered[name] = one;
  }
  return unknown ?? rendered;
}

/** The variables that a rescue knows its failure by. */
export const failureNames = ['failed_task', 'failed_result'] as const;

/** The variables that a task sets by its arguments, and those that it sets when it fails and is rescued. */
export function factsSetBy({ module, args: { value }, isRescued }: Task): readonly string[] {
  const setsFacts = modules.get(module)?.setsFacts === true;
  return [
    ...(setsFacts && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...(isRescued ? failureNames : []),
  ];
}

/** What a module's schema says against the arguments, at its place in the playbook. */
export function explainArguments(error: ZodError, task: Task): AdfError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? part.toString() : part));
  const at = task.args.locate(path) ?? task.at;
  return argumentsInvalid(task.module, path.join('.'), issue?.message ?? error.message, at);
}
