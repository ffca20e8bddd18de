import { commandOfModule, ignoredTraffic, shellNotNeeded } from '../../errors/lint.js';
import type { AdfError, ErrorPlace } from '../../errors/adf-error.js';
import { placeInScalar, placeOf } from '../../expression/place.js';
import { modules } from '../../modules/catalogue.js';
import { tasksOf, type Playbook, type Task } from '../../playbook/playbook.js';

/** What of a playbook works, and has a better way. */
export const betterWays = ({ plays }: Playbook): readonly AdfError[] =>
  plays.flatMap(tasksOf).flatMap((task) => {
    const commands = commandsOfModules(task);
    return [...(commands.length > 0 ? commands : uselessShell(task)), ...ignored(task)];
  });

/** Where a program is named in a script: at its beginning, and behind what begins a command. */
const atCommand = String.raw`(?:^|[;&|({\n]|\b(?:then|else|do)\b)\s*(?:sudo\s+(?:-\S+\s+)*)?(?:[A-Za-z_]\w*=\S*\s+)*`;

/** What comes before the verb of docker: `--host x`, `-H x`. */
const options = String.raw`(?:--?[\w-]+(?:=\S+)?\s+)*`;

/** Commands, by what follows the beginning of a command, and the module that does the same. */
const known: readonly (readonly [RegExp, string])[] = (
  [
    [String.raw`docker\s+${options}compose(?:\s+${options}[a-z]+)?`, 'docker_container'],
    [String.raw`docker-compose(?:\s+${options}[a-z]+)?`, 'docker_container'],
    [
      String.raw`docker\s+${options}(?:container\s+)?(?:run|create|start|stop|restart|kill|rm|rename|update)`,
      'docker_container',
    ],
    [String.raw`docker\s+${options}(?:image\s+)?pull`, 'docker_image'],
    [String.raw`docker\s+${options}(?:rmi|(?:image|container|system)\s+(?:prune|rm))`, 'docker_prune'],
    [String.raw`docker\s+${options}login`, 'docker_login'],
    [String.raw`docker\s+${options}(?:container\s+)?exec`, 'docker_exec'],
    [String.raw`docker\s+${options}(?:container\s+)?logs`, 'docker_logs'],
    [String.raw`docker\s+${options}network\s+(?:create|rm)`, 'docker_network'],
    [String.raw`docker\s+${options}volume\s+(?:create|rm)`, 'docker_volume'],
    [String.raw`apt(?:-get)?\s+${options}(?:install|remove|purge|update|upgrade)`, 'apt'],
    [String.raw`(?:yum|dnf)\s+${options}(?:install|remove|update)`, 'package'],
    [String.raw`systemctl\s+${options}(?:start|stop|restart|reload|enable|disable|daemon-reload)`, 'systemd'],
    [String.raw`service\s+\S+\s+(?:start|stop|restart|reload)`, 'service'],
    [String.raw`git\s+clone`, 'git'],
    [String.raw`useradd|adduser|usermod|userdel`, 'user'],
    [String.raw`groupadd|groupdel`, 'group'],
  ] as const
).map(([command, module]) => [new RegExp(`${atCommand}(${command})(?=\\s|$)`), module]);

function commandsOfModules(task: Task): readonly AdfError[] {
  const script = scriptOf(task);
  if (script === undefined) return [];
  const met = known.flatMap(([pattern, module]) => {
    const match = pattern.exec(script.text);
    return match?.[1] === undefined || !modules.has(module)
      ? []
      : [
          {
            command: match[1].replace(/\s+/g, ' '),
            module,
            offset: match.index + match[0].lastIndexOf(match[1]),
          },
        ];
  });
  const [first] = met.toSorted((a, b) => a.offset - b.offset);
  return first === undefined
    ? []
    : [commandOfModule(first.command, first.module, script.placeOf(first.offset))];
}

/** Signs that mean something to a shell. A template may stand for anything. */
const forShell = /[|&;<>()$`\\"'*?[\]#~=%{}!\n]/;

/** Words that only a shell knows. */
const builtIn =
  /^(?:\.|:|alias|cd|command|eval|exec|export|set|source|test|trap|type|ulimit|umask|unset|wait)\b/;

function uselessShell(task: Task): readonly AdfError[] {
  if (task.module !== 'shell') return [];
  const script = scriptOf(task);
  if (script === undefined || forShell.test(script.text) || builtIn.test(script.text)) return [];
  return [shellNotNeeded(script.placeOf(0))];
}

interface Script {
  readonly text: string;
  readonly placeOf: (offset: number) => ErrorPlace;
}

/** What a task gives to a shell or runs, as it is written. */
function scriptOf({ module, args }: Task): Script | undefined {
  const argument = module === 'shell' ? 'cmd' : module === 'command' ? 'argv' : undefined;
  const { value, locate } = args;
  if (argument === undefined || typeof value !== 'object' || value === null) return undefined;
  const given: unknown = Reflect.get(value, argument);
  if (typeof given === 'string') {
    const text = given.trim();
    return { text, placeOf: placeInScalar(locate, [argument], text) };
  }
  if (!Array.isArray(given) || !given.every((word) => typeof word === 'string')) return undefined;
  return { text: given.join(' '), placeOf: () => placeOf(locate, [argument]) };
}

/** Modules whose failure means that traffic would go where it should not. */
const ofTraffic = ['elb_target', 'health'];

const ignored = ({ module, ignoreErrors, at }: Task): readonly AdfError[] =>
  ignoreErrors && ofTraffic.includes(module) ? [ignoredTraffic(module, { at })] : [];
