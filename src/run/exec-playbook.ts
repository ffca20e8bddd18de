import { defined } from '../model/defined.js';
import type { Layer } from '../expression/scope.js';
import { command as commandModule } from '../modules/command.js';
import { register } from '../modules/module.js';
import { script as scriptModule } from '../modules/script.js';
import { inheritedNothing, type Playbook, type Raw } from '../playbook/playbook.js';

export interface ExecCommand {
  /** The program and its arguments; of a script, its arguments. */
  readonly argv: readonly string[];
  /** A script of this machine, by its path, that is run instead of a program of the hosts. */
  readonly script?: string;
  /** Through `sudo -n`. */
  readonly become: boolean;
  /** Whom sudo makes of it; root when absent. */
  readonly becomeUser?: string;
}

/** What the result of the command is registered as. */
export const registeredAs = 'exec';

/** The words are data, and braces in them are no template. So the task names variables, which are over all others. */
export function wordsLayer({ argv, script }: ExecCommand): Layer {
  const words = script === undefined ? argv : [script, ...argv];
  const values = { exec_words: words, exec_title: words.join(' ') };
  return { name: 'the words of exec', values, literal: true };
}

/** A playbook of one task: what an operator could have written, so that everything that holds for tasks holds here. */
export function execPlaybook({ script, become, becomeUser }: ExecCommand): Playbook {
  const at = { file: 'exec', line: 1, column: 1 };
  const raw = <T>(value: T): Raw<T> => ({ value, locate: () => at });
  const words = '{{ exec_words }}';
  return {
    file: 'exec',
    plays: [
      {
        name: 'exec',
        at,
        hosts: raw('all'),
        vars: raw({}),
        varsFiles: raw([]),
        order: 'inventory',
        strategy: 'free',
        anyErrorsFatal: false,
        handlers: [],
        sections: [
          {
            kind: 'section',
            name: 'tasks',
            nodes: [
              {
                kind: 'task',
                index: 0,
                position: [0, 0],
                name: raw('{{ exec_title }}'),
                at,
                module: script === undefined ? commandModule.name : scriptModule.name,
                does: script === undefined ? register(commandModule) : register(scriptModule),
                args: raw(script === undefined ? { argv: words } : { cmd: words }),
                register: registeredAs,
                retries: 0,
                delay: 0,
                failedWhen: [],
                changedWhen: [],
                oneWay: false,
                asJob: false,
                ...inheritedNothing,
                become,
                ...defined({ becomeUser: becomeUser === undefined ? undefined : raw(becomeUser) }),
              },
            ],
          },
        ],
      },
    ],
  };
}
