import type { ZodError } from 'zod';
import type { AdfError } from '../../errors/adf-error.js';
import { argumentsInvalid } from '../../errors/engine.js';
import { secretInArgument } from '../../errors/secrets.js';
import { render } from '../../expression/templates.js';
import { withoutOmitted } from '../../expression/omitted.js';
import type { Variables } from '../../expression/variables.js';
import { Omit } from '../../model/omit.js';
import { revealed } from '../../model/secret.js';
import { UnknownValue } from '../../model/unknown.js';
import type { RegisteredModule } from '../../modules/module.js';
import type { Include, Task } from '../../playbook/playbook.js';

/**
 * Each argument in its own language: sh where the module says so, conditions as they are. A bare value was given its argument's name
 * by the loader. All are rendered before one that is not known makes the whole unknown, so that mistakes in the others are found.
 */
export function renderArguments(task: Task, module: RegisteredModule, variables: Variables): unknown {
  const { value, locate } = task.args;
  // The whole mapping is a variable's: `health: "{{ health }}"`.
  if (typeof value !== 'object' || value === null)
    return revealed(withoutOmitted(render(task.args, variables)));
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
    const one = withoutOmitted(render({ value: argument, locate: within }, variables, language));
    if (one instanceof Omit) continue;
    if (module.visibleArguments.includes(name) && variables.hasSecretIn(one))
      throw secretInArgument(`${name} of ${task.module}`, locate([name]) ?? task.at);
    if (one instanceof UnknownValue && !module.setsFacts) unknown ??= one;
    // From here on a secret is known by what it is, and no longer by its wrapping.
    const staysWrapped = module.setsFacts || module.secretArguments.includes(name);
    rendered[name] = staysWrapped ? one : revealed(one);
  }
  return unknown ?? rendered;
}

/** The variables that a rescue knows its failure by. */
export const failureNames = ['failed_task', 'failed_result'] as const;

/** The variables that a task sets by its arguments, and those that it sets when it fails and is rescued. */
export function factsSetBy({ does, args: { value }, isRescued }: Task): readonly string[] {
  return [
    ...Object.keys(does.foresees?.(undefined) ?? {}),
    ...(does.setsFacts && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...(isRescued ? failureNames : []),
  ];
}

/** All variables that a task sets. */
export const namesSetBy = (task: Task | Include): readonly string[] => [
  ...(task.register === undefined ? [] : [task.register]),
  ...(task.kind === 'task' ? factsSetBy(task) : task.isRescued ? failureNames : []),
];

/** What a module's schema says against the arguments, at its place in the playbook. */
export function explainArguments(error: ZodError, task: Task): AdfError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? part.toString() : part));
  const at = task.args.locate(path) ?? task.at;
  const said = (issue?.code === 'invalid_key' ? issue.issues[0] : issue)?.message ?? error.message;
  return argumentsInvalid(task.module, path.join('.'), said, at);
}
