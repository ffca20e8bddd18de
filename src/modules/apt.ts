import { z } from 'zod';
import { packageManagerFailed } from '../errors/packages.js';
import { durationSchema } from '../model/schema/duration.js';
import { wholeNumberSchema } from '../model/schema/number.js';
import { UnknownValue } from '../model/unknown.js';
import { succeeded, type CommandResult } from '../ports/transport.js';
import { lookAtPackages, packageInFile, runApt, simulate, type AptLook } from './apt-host.js';
import {
  aptNamesSchema,
  diffOf,
  isInstalled,
  isLeft,
  specificationOf,
  summarizeChanges,
  type PackageChange,
  type WantedPackage,
} from './apt-packages.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';
import { printedOutput, printedValues } from './on-the-host.js';

const debSchema = z.string().regex(/^\/./, { message: 'must be an absolute path on the host' });

const schema = z
  .strictObject({
    name: aptNamesSchema
      .optional()
      .describe('The packages, each with a version if need be: `nginx`, `nginx=1.22*`.'),
    deb: debSchema.optional().describe('A package file of the host, instead of names.'),
    state: z
      .enum(['present', 'latest', 'absent', 'fixed'])
      .default('present')
      .describe(
        '`present` installs what is missing, `latest` also upgrades, `absent` removes; `fixed` first ends an installation that broke off.',
      ),
    update_cache: z.boolean().default(false).describe('Brings the package lists up to date first.'),
    cache_valid_time: durationSchema
      .optional()
      .describe('Lists that are younger than this are not updated; implies `update_cache`.'),
    update_cache_retries: wholeNumberSchema(0, 100)
      .default(5)
      .describe('How often the lists are fetched again when that fails.'),
    upgrade: z
      .union([z.boolean(), z.enum(['yes', 'no', 'safe', 'full', 'dist'])])
      .default(false)
      .describe(
        'Upgrades all packages: `yes` and `safe` remove none, `full` and `dist` also remove and add what that takes.',
      ),
    only_upgrade: z.boolean().default(false).describe('Installs no package that is not there.'),
    purge: z.boolean().default(false).describe('Removes configuration files as well.'),
    autoremove: z.boolean().default(false).describe('Also removes packages that no other needs any more.'),
    autoclean: z.boolean().default(false).describe('Removes downloaded files of old versions.'),
    clean: z.boolean().default(false).describe('Removes all downloaded package files.'),
    install_recommends: z
      .boolean()
      .optional()
      .describe('Whether recommended packages are installed too; as the host is configured when left out.'),
    default_release: z
      .string()
      .min(1)
      .optional()
      .describe('The release that packages are taken from: `bookworm-backports`.'),
    allow_downgrade: z.boolean().default(false).describe('A version may be older than the installed one.'),
    allow_change_held_packages: z.boolean().default(false).describe('Packages on hold may be changed.'),
    dpkg_options: z
      .string()
      .default('force-confdef,force-confold')
      .describe('Options of dpkg, with commas between them. By default changed configuration files stay.'),
    lock_timeout: durationSchema
      .default(60_000)
      .describe('How long it waits for another program that installs packages.'),
    policy_rc_d: wholeNumberSchema(0, 255)
      .optional()
      .describe(
        'Exit code of `policy-rc.d` meanwhile: 101 keeps packages from starting or restarting their services.',
      ),
  })
  .refine(({ name, deb }) => name === undefined || deb === undefined, {
    message: 'cannot be given beside name',
    path: ['deb'],
  })
  .refine(({ deb, state }) => deb === undefined || state !== 'absent', {
    message: 'cannot be absent: name the package instead',
    path: ['deb'],
  });
type Args = z.infer<typeof schema>;

/** Arguments of `apt-get`, and what they would change. */
interface Operation {
  readonly args: readonly string[];
  readonly changes: readonly PackageChange[];
}

interface Details {
  readonly updatesLists: boolean;
  /** As the lists are now; they are planned anew when these are updated first. */
  readonly operations: readonly Operation[];
}

/** Installs, upgrades and removes packages of Debian and Ubuntu. */
export const apt: Module<Args, Details> = {
  name: 'apt',
  effect: 'idempotent',
  freeform: 'name',
  schema,
  docs: {
    summary: 'Installs, upgrades and removes packages on Debian and Ubuntu.',
    examples: [
      `- apt: { name: [nginx, curl], update_cache: true, cache_valid_time: 1h }
  become: true`,
      `- apt: { name: "nginx=1.22*", allow_downgrade: true }
  become: true`,
      `- apt: { upgrade: full, autoremove: true }
  become: true`,
    ],
  },

  async check(args, host) {
    const look = await lookAtPackages(namesOf(args), host);
    const updatesLists = needsUpdate(args, look);
    const planned = await planOf(args, look, host, updatesLists || host.comesFirst !== undefined);
    if (!updatesLists && planned?.length === 0) return asWanted(args, look);
    if (host.checkMode && planned?.length === 0) return afterUpdate(args, look);
    const changes =
      planned === undefined ? unknownChanges(args, look, updatesLists) : summaryOf(planned, args);
    return {
      changes: true,
      summary: [
        ...(updatesLists ? ['update the package lists'] : []),
        ...(changes === '' ? [] : [changes]),
      ].join('; '),
      diff: diffOf((planned ?? []).flatMap((one) => one.changes)),
      takes: [],
      details: { updatesLists, operations: planned ?? [] },
    };
  },

  async apply(args, { updatesLists, operations }, host) {
    const done: Done = { results: [], operations: [] };
    if (!updatesLists) return carriedOut(args, operations, done, host);
    const before = await lookAtPackages(namesOf(args), host);
    const updated = await updateLists(args, host);
    done.results.push(updated);
    if (!succeeded(updated)) return resultOf(args, done, host, before);
    const look = await lookAtPackages(namesOf(args), host);
    const planned = (await planOf(args, look, host, false)) ?? [];
    return carriedOut(args, planned, done, host, {
      look,
      listsChanged: look.listsDigest !== before.listsDigest,
    });
  },
};

/** What only new lists can tell. */
function unknownChanges(args: Args, look: AptLook, updatesLists: boolean): string {
  const wanted = notAsWanted(args, look).map(specificationOf);
  const when = updatesLists ? 'then' : 'by what comes before';
  const version = `${wanted.length === 1 ? 'its version is' : 'their versions are'} known only ${when}`;
  return `${args.state === 'absent' ? 'remove' : 'install'} ${wanted.join(', ')} (${version})`;
}

interface Done {
  readonly results: CommandResult[];
  readonly operations: Operation[];
}

const namesOf = ({ name = [] }: Args): readonly string[] => name.map((one) => one.name);

/** Without one of these, a task is about the package lists or downloaded files alone. */
const asksForPackages = ({ name, deb, upgrade, state, autoremove }: Args): boolean =>
  name !== undefined ||
  deb !== undefined ||
  upgradeOf(upgrade) !== undefined ||
  state === 'fixed' ||
  autoremove;

function needsUpdate({ update_cache, cache_valid_time }: Args, { listsAge }: AptLook): boolean {
  if (!update_cache && cache_valid_time === undefined) return false;
  return listsAge === undefined || listsAge * 1_000 >= (cache_valid_time ?? 0);
}

function upgradeOf(upgrade: Args['upgrade']): readonly string[] | undefined {
  switch (upgrade) {
    case false:
    case 'no':
      return undefined;
    case true:
    case 'yes':
      return ['upgrade'];
    case 'safe':
      return ['upgrade', '--with-new-pkgs'];
    case 'full':
    case 'dist':
      return ['dist-upgrade'];
  }
}

function optionsOf(args: Args): readonly string[] {
  const dpkg = args.dpkg_options.split(',').flatMap((option) => {
    const name = option.trim().replace(/^-*/, '');
    return name === '' ? [] : ['-o', `Dpkg::Options::=--${name}`];
  });
  const recommends = args.install_recommends;
  return [
    ...['-y', '-q', '-o', 'Dpkg::Use-Pty=0', ...dpkg],
    ...(recommends === undefined ? [] : [recommends ? '--install-recommends' : '--no-install-recommends']),
    ...(args.default_release === undefined ? [] : ['-t', args.default_release]),
    ...(args.allow_downgrade ? ['--allow-downgrades'] : []),
    ...(args.allow_change_held_packages ? ['--allow-change-held-packages'] : []),
    ...(args.only_upgrade ? ['--only-upgrade'] : []),
    ...(args.purge ? ['--purge'] : []),
    ...(args.autoremove ? ['--auto-remove'] : []),
  ];
}

/** Undefined when only lists that are brought up to date first can tell. Throws `package.failed` and `package.deb`. */
async function planOf(
  args: Args,
  look: AptLook,
  host: ModuleHost,
  listsAreOld: boolean,
): Promise<readonly Operation[] | undefined> {
  const options = optionsOf(args);
  const upgrade = upgradeOf(args.upgrade);
  const asked = [
    ...(args.state === 'fixed' && look.broken ? [['--fix-broken', 'install']] : []),
    ...(upgrade === undefined ? [] : [upgrade]),
    ...(await changeOfNamed(args, look, host)),
  ];
  const operations: Operation[] = [];
  try {
    for (const words of asked) {
      const all = [...words, ...options];
      const { changes } = await simulate(all, host);
      if (changes.length > 0 || words.includes('--fix-broken')) operations.push({ args: all, changes });
    }
    if (args.autoremove && operations.length === 0) {
      const all = ['autoremove', ...options];
      const { changes } = await simulate(all, host);
      if (changes.length > 0) operations.push({ args: all, changes });
    }
  } catch (error) {
    if (listsAreOld && args.name !== undefined) return undefined;
    throw error;
  }
  if (args.autoclean && !args.clean && (await simulate(['autoclean'], host)).deletesFiles) {
    operations.push({ args: ['autoclean', '-q'], changes: [] });
  }
  if (args.clean && look.archives) operations.push({ args: ['clean'], changes: [] });
  return operations;
}

/** What is asked of `apt-get` for the packages that the task names. */
async function changeOfNamed(args: Args, look: AptLook, host: ModuleHost): Promise<readonly string[][]> {
  const { deb, state, purge } = args;
  if (deb !== undefined) {
    const inFile = await packageInFile(deb, host);
    const { known } = await lookAtPackages([inFile.name], host);
    return isInstalled(inFile, known) ? [] : [['install', deb]];
  }
  const left = notAsWanted(args, look);
  if (left.length === 0) return [];
  // A version says which one is wanted; whichever is there goes.
  if (state === 'absent') return [[purge ? 'purge' : 'remove', ...left.map((one) => one.name)]];
  return [['install', ...left.map(specificationOf)]];
}

/** Those of the named packages that may have to change. */
function notAsWanted({ name = [], state, purge }: Args, { known }: AptLook): readonly WantedPackage[] {
  if (state === 'absent') return name.filter((one) => isLeft(one, known, purge));
  return state === 'latest' ? name : name.filter((one) => !isInstalled(one, known));
}

function summaryOf(operations: readonly Operation[], { name = [] }: Args): string {
  const changes = operations.flatMap((one) => one.changes);
  const others = operations.filter((one) => one.changes.length === 0);
  const words = others.map(({ args: [word = ''] }) =>
    word === '--fix-broken' ? 'end an installation that broke off' : 'remove downloaded package files',
  );
  return [summarizeChanges(changes, name), ...words].filter((part) => part !== '').join('; ');
}

const cacheValues = (look: AptLook | undefined, updated: boolean): Readonly<Record<string, unknown>> => ({
  cache_updated: updated,
  ...(look === undefined ? {} : { cache_update_time: look.listsTime }),
});

const asWanted = (args: Args, look: AptLook, message?: string): Change<Details> => ({
  changes: false,
  result: {
    changed: false,
    message:
      message ??
      (asksForPackages(args) ? 'the packages are as wanted' : 'the package lists are young enough'),
    values: { ...printedValues([]), rc: 0, ...cacheValues(look, false) },
  },
});

/** In a dry run, when nothing but the lists is known to change. */
function afterUpdate(args: Args, look: AptLook): Change<Details> {
  const { name, state } = args;
  const isSettled = name !== undefined && state !== 'latest' && upgradeOf(args.upgrade) === undefined;
  const settled = asWanted(args, look, 'the packages are as wanted; the package lists would be updated');
  if (isSettled || settled.changes) return settled;
  return { ...settled, unknown: new UnknownValue('the package lists would be updated first') };
}

/** Fetched again when that fails, after pauses of 1, 2, 4, 8 and then 12 seconds. */
async function updateLists(args: Args, host: ModuleHost): Promise<CommandResult> {
  for (let attempt = 0; ; attempt += 1) {
    host.progress('updating the package lists');
    const result = await runApt(
      ['update', '-q', '-o', 'APT::Update::Error-Mode=any'],
      settingsOf(args),
      host,
    );
    const mayEndBetter =
      result.outcome.kind === 'exited' && /fetch|resolv|connect|timed out/i.test(result.stderr);
    if (succeeded(result) || !mayEndBetter || attempt >= args.update_cache_retries) return result;
    await host.clock.sleep(Math.min(1_000 * 2 ** attempt, 12_000), host.signal);
  }
}

const settingsOf = ({ lock_timeout, policy_rc_d }: Args) => ({
  lockTimeout: Math.ceil(lock_timeout / 1_000),
  policy: policy_rc_d,
});

/** Packages whose replacement restarts the Docker Engine, and with it most hosts' containers. */
const ofEngine = /^(?:docker\.io|docker-ce|moby-engine|containerd|containerd\.io)(?::|$)/;

async function carriedOut(
  args: Args,
  planned: readonly Operation[],
  done: Done,
  host: ModuleHost,
  lists?: { readonly look: AptLook; readonly listsChanged: boolean },
): Promise<ModuleResult> {
  for (const operation of planned) {
    const engine = operation.changes.find(({ name, from }) => from !== undefined && ofEngine.test(name));
    if (engine !== undefined) await host.takeDown(`replace ${engine.name}, which restarts the Docker Engine`);
    host.progress(summaryOf([operation], args));
    const result = await runApt(operation.args, settingsOf(args), host);
    done.results.push(result);
    if (!succeeded(result)) break;
    done.operations.push(operation);
  }
  const result = resultOf(args, done, host, lists?.look);
  return !asksForPackages(args) && lists?.listsChanged === true ? { ...result, changed: true } : result;
}

function resultOf(args: Args, { results, operations }: Done, host: ModuleHost, look?: AptLook): ModuleResult {
  const changes = operations.flatMap((one) => one.changes);
  const last = results.at(-1);
  const hasFailed = last !== undefined && !succeeded(last);
  const summary = summaryOf(operations, args);
  return {
    changed: operations.length > 0,
    message: summary === '' ? 'the packages are as wanted' : summary,
    diff: diffOf(changes),
    ...(hasFailed ? { output: printedOutput(results) } : {}),
    values: {
      ...printedValues(results),
      ...cacheValues(look, look !== undefined && !hasFailed),
      installed: namesWhere(changes, ({ from, to }) => from === undefined && to !== undefined),
      upgraded: namesWhere(changes, ({ from, to }) => from !== undefined && to !== undefined),
      removed: namesWhere(changes, ({ to }) => to === undefined),
    },
    ...(hasFailed
      ? { failure: packageManagerFailed(host.host, 'apt-get', last.outcome, last.stderr, last.stdout) }
      : {}),
    ...(hasFailed && last.outcome.kind !== 'exited' ? { unfinished: true } : {}),
  };
}

const namesWhere = (
  changes: readonly PackageChange[],
  holds: (change: PackageChange) => boolean,
): readonly string[] => changes.filter(holds).map(({ name }) => name);
