import { debNotReadable, noPackageManager, packageManagerFailed } from '../errors/packages.js';
import { succeeded, type CommandResult } from '../ports/transport.js';
import { readKnownPackages, readSimulation, type PackageChange, type WantedPackage } from './apt-packages.js';
import type { ModuleHost } from './module.js';
import { linesOf, rootPath, shWith } from './on-the-host.js';

/** What a host with apt tells of its packages. */
export interface AptLook {
  readonly known: ReturnType<typeof readKnownPackages>;
  /** Seconds since the package lists were brought up to date; undefined when there are none. */
  readonly listsAge: number | undefined;
  /** The time of that, in seconds of the epoch; 0 when there are none. */
  readonly listsTime: number;
  /** Changes whenever the lists do. */
  readonly listsDigest: string;
  /** There are downloaded package files. */
  readonly archives: boolean;
  /** An installation broke off: packages are unpacked and not configured. */
  readonly broken: boolean;
}

/** Arguments: the names of packages. Prints what it finds, a word first on each line. */
const lookScript = `${rootPath}
command -v apt-get > /dev/null || { for other in dnf yum apk; do command -v $other > /dev/null && echo "other $other" && break; done; exit 3; }
eval "$(apt-config shell lists Dir::State::lists/d archives Dir::Cache::archives/d state Dir::State/d status Dir::State::status/f)"
lists=\${lists%/} stamp=\${state}periodic/update-success-stamp
echo "now $(date +%s)"
found=$(ls $lists/*_* 2> /dev/null | head -n 1)
if [ -n "$found" ]; then
  echo "updated $(stat -L -c %Y $lists)"
  if [ -e $stamp ]; then echo "updated $(stat -L -c %Y $stamp)"; fi
  echo "lists $(stat -L -c '%n %s %Y' $lists/*_* | sha256sum)"
fi
ls "\${status%/*}"/updates/[0-9]* > /dev/null 2>&1 && echo broken
ls "$archives"*.deb > /dev/null 2>&1 && echo archives
dpkg-query -W -f '\${db:Status-Abbrev}\\t\${binary:Package}\\t\${Version}\\t\${Provides}\\n' 2> /dev/null | awk -F '\\t' '
  BEGIN { for (i = 1; i < ARGC; i++) { wanted[ARGV[i]] = 1; ARGV[i] = "" } }
  substr($1, 2, 1) ~ /[UFH]/ { print "broken" }
  { name = $2; bare = name; sub(/:[^:]*$/, "", bare); hit = (name in wanted) || (bare in wanted)
    n = split($4, provided, /, */); for (i = 1; i <= n && !hit; i++) { p = provided[i]; sub(/ .*/, "", p); hit = p in wanted }
    if (hit) print "package " $0 }' "$@"
exit 0`;

/** Throws `package.no_manager`. */
export async function lookAtPackages(names: readonly string[], host: ModuleHost): Promise<AptLook> {
  const result = await host.run(shWith(lookScript, ...names));
  const lines = linesOf(result.stdout.trimEnd());
  const all = (word: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  if (result.outcome.kind === 'exited' && result.outcome.code === 3) {
    throw noPackageManager(host.host, 'apt', all('other')[0] ?? '');
  }
  if (!succeeded(result))
    throw packageManagerFailed(host.host, 'A look at the packages', result.outcome, result.stderr);
  const updated = all('updated').map(Number);
  const listsTime = Math.max(0, ...updated);
  return {
    known: readKnownPackages(all('package')),
    listsAge: updated.length === 0 ? undefined : Math.max(0, Number(all('now')[0]) - listsTime),
    listsTime,
    listsDigest: all('lists')[0] ?? '',
    archives: lines.includes('archives'),
    broken: lines.includes('broken'),
  };
}

/** The package in a file of the host. Throws `package.deb`. */
export async function packageInFile(path: string, host: ModuleHost): Promise<Required<WantedPackage>> {
  const script = `${rootPath}exec dpkg-deb -f "$1" Package Version Architecture`;
  const result = await host.run(shWith(script, path));
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}: *(.+)$`, 'm').exec(result.stdout)?.[1];
  const [name, version] = [field('Package'), field('Version')];
  if (!succeeded(result) || name === undefined || version === undefined) {
    throw debNotReadable(host.host, path, result.stderr.trim().split('\n').at(-1) ?? '');
  }
  return { name, version };
}

/** What `apt-get` would do. */
interface Simulation {
  readonly changes: readonly PackageChange[];
  /** It would remove downloaded files. */
  readonly deletesFiles: boolean;
}

/** What these arguments of `apt-get` would do. Throws `package.failed` when apt refuses them. */
export async function simulate(args: readonly string[], host: ModuleHost): Promise<Simulation> {
  const result = await host.run(shWith(`${rootPath}exec apt-get --simulate -y "$@"`, ...args));
  if (!succeeded(result)) {
    throw packageManagerFailed(host.host, 'apt-get', result.outcome, result.stderr, result.stdout);
  }
  return { changes: readSimulation(result.stdout), deletesFiles: /^Del /m.test(result.stdout) };
}

/**
 * Arguments: seconds to wait for another program's lock, the exit code of policy-rc.d or nothing, and those of apt-get. Its stderr goes into
 * a file, since a service that a package starts may keep it open.
 *
 * Services: what a package's own scripts start and restart is that package's. needrestart, which restarts all others that use a library
 * that changed, is suspended.
 */
const changeScript = `${rootPath}
export DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1
wait=$1 policy=$2; shift 2
rcd=/usr/sbin/policy-rc.d kept=/usr/sbin/policy-rc.d.adfpush-kept
said=$(mktemp) || exit 1
unset_policy() { [ -z "$policy" ] || { rm -f $rcd; [ ! -e $kept ] || mv -f $kept $rcd; }; }
trap 'rm -f "$said"; unset_policy' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
if [ -n "$policy" ]; then
  [ -e $kept ] || [ ! -e $rcd ] || mv $rcd $kept
  printf '#!/bin/sh\\nexit %s\\n' "$policy" > $rcd && chmod 755 $rcd || exit 1
fi
until=$(($(date +%s) + wait))
while :; do
  [ "$1" != --fix-broken ] || dpkg --configure -a < /dev/null || :
  apt-get "$@" 2> "$said" < /dev/null; code=$?
  [ $code -ne 0 ] && grep -Eq 'Could not get lock|Unable to acquire the dpkg|Unable to lock' "$said" &&
    ! grep -q 'Permission denied' "$said" && [ "$(date +%s)" -lt $until ] || break
  sleep 1
done
# apt-get update calls it a success when it kept old lists because new ones could not be fetched.
[ $code -eq 0 ] && [ "$1" = update ] && grep -Eq '^W: (Failed to fetch|Some index files failed)' "$said" && code=100
cat "$said" >&2
exit $code`;

/** How changes are made. */
export interface AptSettings {
  /** Seconds. */
  readonly lockTimeout: number;
  /** What services do when their packages ask to start them; absent: as the host says. */
  readonly policy?: number | undefined;
}

/** Runs `apt-get` as a step. */
export const runApt = (
  args: readonly string[],
  { lockTimeout, policy }: AptSettings,
  host: ModuleHost,
): Promise<CommandResult> =>
  host.runStep(
    shWith(changeScript, String(lockTimeout), policy === undefined ? '' : String(policy), ...args),
  );
