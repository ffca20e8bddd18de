import { parsed } from '../model/schema/parsed.js';

/** A package as a task asks for it: `nginx`, `nginx=1.22*`, `libc6:i386`. */
export interface WantedPackage {
  readonly name: string;
  /** Exactly this version, or a pattern with `*` and `?`. */
  readonly version?: string;
}

/** A package that dpkg knows. */
interface KnownPackage {
  readonly name: string;
  readonly version: string;
  readonly state: 'installed' | 'half_installed' | 'config_files';
  /** Virtual packages that it stands for. */
  readonly provides: readonly string[];
}

/** What apt would do to one package. */
export interface PackageChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

const specification = /^([a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?)(?:=([A-Za-z0-9.+:~*?-]+))?$/;

/** Names of Debian packages, each with a version if need be: a list, or one text with commas between them. */
export const aptNamesSchema = parsed((value, refuse): readonly WantedPackage[] => {
  const items: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(',')
      : [value];
  return items.flatMap((item, index): readonly WantedPackage[] => {
    const path = Array.isArray(value) ? [index] : [];
    const text = typeof item === 'string' ? item.trim() : '';
    const [, name, version] = specification.exec(text) ?? [];
    if (name === undefined) refuse('must be the name of a package', hintFor(text), path);
    // apt-get takes a last "-" for "remove it instead".
    else if (name.endsWith('-'))
      refuse('must not end in "-"', 'To remove a package, write state: absent.', path);
    else return [version === undefined ? { name } : { name, version }];
    return [];
  });
}).meta({ type: 'list of packages' });

function hintFor(text: string): string {
  if (/[<>]/.test(text)) return 'Write an exact version, or a pattern: nginx=1.22*.';
  if (/[*?[]/.test(text)) return 'Name each package; only its version may be a pattern: nginx=1.22*.';
  if (/\.deb$|:\/\//.test(text)) return 'For a file of the host, write deb: /path/to/it.deb.';
  return 'Write it like nginx, or nginx=1.22*.';
}

/** Lines of `dpkg-query -W` as `lookScript` asks for them. */
export const readKnownPackages = (lines: readonly string[]): readonly KnownPackage[] =>
  lines.flatMap((line): readonly KnownPackage[] => {
    const [status = '', name = '', version = '', provides = ''] = line.split('\t');
    const state = states[status.charAt(1)];
    if (state === undefined) return [];
    const provided = provides.split(',').flatMap((one) => /^\s*([^\s(]+)/.exec(one)?.[1] ?? []);
    return [{ name, version, state, provides: provided }];
  });

/** The second letter of dpkg's status. Source: dpkg-query(1), "db:Status-Abbrev". */
const states: Readonly<Record<string, KnownPackage['state']>> = {
  i: 'installed',
  W: 'installed',
  t: 'installed',
  U: 'half_installed',
  F: 'half_installed',
  H: 'half_installed',
  c: 'config_files',
};

/** Whether the package is there in the wanted version. A virtual package is there when one that provides it is. */
export function isInstalled({ name, version }: WantedPackage, known: readonly KnownPackage[]): boolean {
  const own = ofName(name, known).find(({ state }) => state === 'installed');
  if (own !== undefined) return version === undefined || matches(own.version, version);
  return (
    version === undefined &&
    known.some(({ state, provides }) => state === 'installed' && provides.includes(name))
  );
}

/** Whether anything of it is left that a removal would take away; with `purge` its configuration, too. */
export const isLeft = ({ name }: WantedPackage, known: readonly KnownPackage[], purge: boolean): boolean =>
  ofName(name, known).some(({ state }) => state !== 'config_files' || purge);

/** dpkg adds the architecture to the names of packages that can be there for several. */
const ofName = (name: string, known: readonly KnownPackage[]): readonly KnownPackage[] =>
  known.filter((one) => one.name === name || one.name.replace(/:[^:]+$/, '') === name);

/** As apt-get compares a pattern with versions: by fnmatch. */
function matches(version: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+~:-]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(version);
}

export const specificationOf = ({ name, version }: WantedPackage): string =>
  version === undefined ? name : `${name}=${version}`;

/** The changes in what `apt-get --simulate` prints: `Inst a [1] (2 Debian:12 [amd64])`, `Remv a [1]`, `Purg a [1]`. */
export const readSimulation = (stdout: string): readonly PackageChange[] =>
  stdout.split('\n').flatMap((line): readonly PackageChange[] => {
    const [, verb, name = '', from, to] =
      /^(Inst|Remv|Purg) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/.exec(line) ?? [];
    if (verb === undefined) return [];
    const had = from === undefined || from === '' ? {} : { from };
    return [verb === 'Inst' ? { name, ...had, ...(to === undefined ? {} : { to }) } : { name, ...had }];
  });

/** One line a package. */
export const diffOf = (changes: readonly PackageChange[]): string =>
  changes
    .map(({ name, from, to }) =>
      to === undefined
        ? `- ${name} ${from ?? ''}`.trimEnd()
        : from === undefined
          ? `+ ${name} ${to}`
          : `  ${name} ${from} → ${to}`,
    )
    .join('\n');

/** For one line: `install nginx and 3 more, remove apache2`. */
export function summarizeChanges(
  changes: readonly PackageChange[],
  wanted: readonly WantedPackage[],
): string {
  const named = new Set(wanted.map(({ name }) => name));
  const groups = [
    ['install', changes.filter(({ from, to }) => from === undefined && to !== undefined)],
    ['upgrade', changes.filter(({ from, to }) => from !== undefined && to !== undefined)],
    ['remove', changes.filter(({ to }) => to === undefined)],
  ] as const;
  return groups
    .flatMap(([verb, all]) => {
      if (all.length === 0) return [];
      const first = [...all].sort((a, b) => Number(named.has(b.name)) - Number(named.has(a.name)));
      const shown = first
        .slice(0, mostShown)
        .map(({ name, to }) => (to === undefined ? name : `${name} ${to}`));
      const more = all.length - shown.length;
      return [`${verb} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
    })
    .join('; ');
}

const mostShown = 5;
