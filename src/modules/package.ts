import { z } from 'zod';
import { noPackageManager, packageManagerFailed } from '../errors/packages.js';
import { parsed } from '../model/schema/parsed.js';
import { succeeded, type CommandResult } from '../ports/transport.js';
import { apt } from './apt.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';
import { linesOf, printedOutput, printedValues, rootPath, shWith } from './on-the-host.js';

const namesSchema = parsed((value, refuse): readonly string[] => {
  const items: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(',')
      : [value];
  return items.flatMap((item, index) => {
    const text = typeof item === 'string' ? item.trim() : '';
    if (/^[A-Za-z0-9@*][\w.+:~=<>*@/-]*$/.test(text)) return [text];
    refuse('must be the name of a package', undefined, Array.isArray(value) ? [index] : []);
    return [];
  });
}).meta({ type: 'list of packages' });

const schema = z
  .strictObject({
    name: namesSchema.describe('The packages. `*` with `state: latest` stands for all that are installed.'),
    state: z
      .enum(['present', 'installed', 'latest', 'absent', 'removed'])
      .default('present')
      .describe('`present` installs what is missing, `latest` also upgrades, `absent` removes.'),
    use: z
      .enum(['auto', 'apt', 'dnf', 'yum', 'apk'])
      .default('auto')
      .describe('The package manager; by default the one that the host has.'),
  })
  .refine(({ name, state }) => state === 'latest' || !name.includes('*'), {
    message: 'cannot be "*" but with state: latest',
    path: ['name'],
  });
type Args = z.infer<typeof schema>;

type OtherManager = 'dnf' | 'yum' | 'apk';

/** What apt would do, or the arguments of another manager. */
type Details =
  | { readonly manager: 'apt'; readonly apply: () => Promise<ModuleResult> }
  | { readonly manager: OtherManager; readonly args: readonly string[]; readonly summary: string };

/** Installs, upgrades and removes packages by whatever package manager the host has. */
export const packageModule: Module<Args, Details> = {
  name: 'package',
  effect: 'idempotent',
  freeform: 'name',
  schema,
  docs: {
    summary:
      'Installs, upgrades and removes packages by the package manager of the host: apt, dnf, yum or apk.',
    examples: [
      `- package: { name: [curl, jq] }
  become: true`,
      `- package: { name: telnet, state: absent }
  become: true`,
    ],
  },

  async check(args, host) {
    const look = await lookAtManager(args, host);
    return look.manager === 'apt' ? byApt(args, host) : byOther(args, look.manager, look);
  },

  async apply(_args, details, host) {
    if (details.manager === 'apt') return details.apply();
    const { manager, args, summary } = details;
    if (/\b(?:docker-ce|moby-engine|containerd(?:\.io)?)\b/.test(summary) && /upgrade|remove/.test(summary)) {
      await host.takeDown(`${summary}, which restarts the Docker Engine`);
    }
    host.progress(summary);
    const result = await host.runStep(shWith(changeScript, manager, ...args));
    return resultOf(result, summary, manager, host);
  },
};

async function byApt(args: Args, host: ModuleHost): Promise<Change<Details>> {
  const everything = args.name.includes('*');
  const names = args.name.filter((name) => name !== '*');
  const given = apt.schema.parse({
    ...(names.length === 0 ? {} : { name: names }),
    ...(everything ? { upgrade: 'yes' } : {}),
    state: stateOf(args),
  });
  const change = await apt.check(given, host);
  if (!change.changes) return change;
  const { details, ...visible } = change;
  return { ...visible, details: { manager: 'apt', apply: () => apt.apply(given, details, host) } };
}

const stateOf = ({ state }: Args): 'present' | 'latest' | 'absent' =>
  state === 'installed' ? 'present' : state === 'removed' ? 'absent' : state;

interface ManagerLook {
  readonly manager: 'apt' | OtherManager;
  /** Those of the wanted packages that are there. */
  readonly there: ReadonlySet<string>;
  /** Packages that have a newer version, as the manager says it. */
  readonly newer: readonly string[];
}

/**
 * Arguments: the manager or `auto`, the state, the names. dnf and yum say by exit code 100 that there are newer versions, each in a line of
 * name, version and repository; apk in lines of `name-version < newer`.
 */
const lookScript = `${rootPath}
use=$1 state=$2; shift 2
found=; for one in apt dnf yum apk; do
  program=$one; [ $one != apt ] || program=apt-get
  if command -v $program > /dev/null; then found="$found $one"; fi
done
[ "$use" != auto ] || { for one in $found; do use=$one; break; done; }
echo "found$found"
case " $found " in *" $use "*) echo "manager $use" ;; *) exit 3 ;; esac
case $use in
  dnf | yum)
    for one; do { rpm -q "$one" || rpm -q --whatprovides "$one"; } > /dev/null 2>&1 && echo "there $one"; done
    if [ "$state" = latest ]; then
      case " $* " in *" * "*) set -- ;; esac
      newer=$($use -q check-update "$@" < /dev/null); code=$?
      case $code in 0) ;; 100) printf '%s\\n' "$newer" | awk 'NF == 3 { print "newer " $1 " " $2 }' ;; *) exit $code ;; esac
    fi ;;
  apk)
    for one; do apk info -e "$one" > /dev/null 2>&1 && echo "there $one"; done
    if [ "$state" = latest ]; then
      case " $* " in *" * "*) set -- ;; esac
      apk version -l '<' "$@" | awk '$2 == "<" { print "newer " $1 " " $3 }' || exit 1
    fi ;;
esac
exit 0`;

async function lookAtManager(args: Args, host: ModuleHost): Promise<ManagerLook> {
  const result = await host.run(shWith(lookScript, args.use, stateOf(args), ...args.name));
  const lines = linesOf(result.stdout.trimEnd());
  const all = (word: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const [manager] = all('manager');
  if (manager !== 'apt' && manager !== 'dnf' && manager !== 'yum' && manager !== 'apk') {
    const { outcome, stderr } = result;
    if (outcome.kind !== 'exited' || outcome.code !== 3) {
      throw packageManagerFailed(host.host, 'A look at the packages', outcome, stderr);
    }
    throw noPackageManager(
      host.host,
      args.use === 'auto' ? 'package manager that is known here' : args.use,
      '',
    );
  }
  if (!succeeded(result)) throw packageManagerFailed(host.host, manager, result.outcome, result.stderr);
  return { manager, there: new Set(all('there')), newer: all('newer') };
}

function byOther(
  args: Args,
  manager: OtherManager,
  { there, newer }: Pick<ManagerLook, 'there' | 'newer'>,
): Change<Details> {
  const state = stateOf(args);
  const names = args.name.filter((name) => name !== '*');
  const missing = names.filter((name) => !there.has(name));
  const left = names.filter((name) => there.has(name));
  const change = (verb: string, what: readonly string[], given: readonly string[]): Change<Details> => {
    const summary = `${verb} ${what.join(', ')}`;
    return { changes: true, summary, diff: summary, takes: [], details: { manager, args: given, summary } };
  };
  const [install, remove, upgrade] =
    manager === 'apk'
      ? [
          ['add', '--wait', '60'],
          ['del', '--wait', '60'],
          ['upgrade', '--wait', '60'],
        ]
      : [
          ['-y', 'install'],
          ['-y', 'remove'],
          ['-y', 'upgrade'],
        ];
  if (state === 'absent' && left.length > 0) return change('remove', left, [...remove, ...left]);
  if (state === 'present' && missing.length > 0) return change('install', missing, [...install, ...missing]);
  if (state === 'latest' && args.name.includes('*') && newer.length > 0)
    return change('upgrade', newer, upgrade);
  if (state === 'latest' && (missing.length > 0 || newer.length > 0)) {
    const options = manager === 'apk' ? ['--upgrade'] : [];
    const parts = [...(missing.length === 0 ? [] : [`install ${missing.join(', ')}`])];
    return change([...parts, ...(newer.length === 0 ? [] : ['upgrade'])].join('; '), newer, [
      ...install,
      ...options,
      ...names,
    ]);
  }
  const values = { ...printedValues([]), rc: 0, installed: [], removed: [] };
  return { changes: false, result: { changed: false, message: 'the packages are as wanted', values } };
}

/** Arguments: the manager and its own. Its stderr goes into a file, since a service that a package starts may keep it open. */
const changeScript = `${rootPath}
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
"$@" 2> "$said" < /dev/null; code=$?
cat "$said" >&2
exit $code`;

function resultOf(result: CommandResult, summary: string, manager: string, host: ModuleHost): ModuleResult {
  const { outcome, stdout, stderr } = result;
  const values = printedValues([result]);
  if (succeeded(result)) return { changed: true, message: summary, diff: summary, values };
  return {
    changed: false,
    output: printedOutput([result]),
    values,
    failure: packageManagerFailed(host.host, manager, outcome, stderr, stdout),
    ...(outcome.kind === 'exited' ? {} : { unfinished: true }),
  };
}
