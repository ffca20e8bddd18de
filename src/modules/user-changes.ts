import { busyboxCannot, noAccountTools } from '../errors/accounts.js';
import type { Host } from '../model/host.js';
import { quote } from '../model/sh-quote.js';
import { dateOf } from './account-keys.js';
import { runs, type AccountChange } from './account-tools.js';
import type { UserArguments } from './user.js';
import type { KnownUser, UserLook } from './user-look.js';

/** What has to be done for a user to be as asked for. */
export interface UserChanges {
  /** `add the user "app"`. */
  readonly summary: string;
  /** One line for each thing that changes. */
  readonly diff: readonly string[];
  readonly changes: readonly AccountChange[];
}

/** Undefined when the user is as asked for. Throws `account.no_tools` and `account.busybox` where the host cannot do it. */
export function changesOf(args: UserArguments, look: UserLook, host: Host): UserChanges | undefined {
  const changes = changesBy(args, look, host);
  if (changes !== undefined && look.tools === 'none') throw noAccountTools(host);
  return changes;
}

function changesBy(args: UserArguments, look: UserLook, host: Host): UserChanges | undefined {
  const { name, state } = args;
  const { user, tools } = look;
  if (state === 'absent') {
    if (user === undefined) return undefined;
    const argv =
      tools === 'busybox'
        ? ['deluser', ...(args.remove ? ['--remove-home'] : [])]
        : ['userdel', ...(args.remove ? ['--remove'] : []), ...(args.force ? ['--force'] : [])];
    const diff = [`- user ${name} (${user.uid})`, ...(args.remove ? [`- ${user.home}`] : [])];
    return { summary: `remove the user "${name}"`, diff, changes: [runs(...argv, name)] };
  }
  return user === undefined ? additionOf(args, look, host) : alterationOf(args, look, user, host);
}

/** The names of the groups that it is to be a member of, beside its primary one. */
const memberOf = ({ groups }: UserArguments, look: UserLook, gid: number | undefined): readonly string[] => [
  ...new Set(
    (groups ?? [])
      .map((group) => look.groups.get(group) ?? { name: group, gid: undefined })
      .filter((group) => group.gid === undefined || group.gid !== gid)
      .map((group) => group.name),
  ),
];

function additionOf(args: UserArguments, look: UserLook, host: Host): UserChanges {
  const { name, uid, comment, home, shell, expires, password } = args;
  const isBusybox = look.tools === 'busybox';
  // busybox puts users of the system into a group for all of them.
  const needsGroup = isBusybox && args.system && args.group === undefined && !look.groupOfName;
  // With a group of its name useradd would put it into the group for all users.
  const primary = args.group ?? (look.groupOfName || needsGroup ? name : undefined);
  const gid = primary === undefined ? undefined : look.groups.get(primary)?.gid;
  const members = memberOf(args, look, gid);
  const group = primary === undefined ? undefined : (look.groups.get(primary)?.name ?? primary);
  const argv = isBusybox ? byAdduser(args, group, host) : byUseradd(args, group, members);
  const joining = isBusybox ? members.map((one) => runs('addgroup', name, one)) : [];
  const told = Object.entries({ uid, group, comment, home, shell }).flatMap(([word, value]) =>
    value === undefined ? [] : [`+ ${word} ${value}`],
  );
  return {
    summary: `add the user "${name}"`,
    diff: [
      `+ user ${name}`,
      ...told,
      ...(members.length === 0 ? [] : [`+ groups ${members.join(', ')}`]),
      ...(password === undefined ? [] : ['+ password']),
      ...(expires?.day === undefined ? [] : [`+ expires ${dateOf(expires.day)}`]),
    ],
    changes: [
      ...(needsGroup ? [runs('addgroup', '-S', name)] : []),
      runs(...argv, name),
      ...joining,
      ...(password === undefined ? [] : [setPassword(name)]),
    ],
  };
}

function byUseradd(
  args: UserArguments,
  group: string | undefined,
  members: readonly string[],
): readonly string[] {
  const { uid, comment, home, shell, skeleton, expires } = args;
  return [
    'useradd',
    ...(args.system ? ['--system'] : []),
    ...(uid === undefined ? [] : ['--uid', String(uid), ...(args.non_unique ? ['--non-unique'] : [])]),
    ...(group === undefined ? [] : ['--gid', group]),
    ...(members.length === 0 ? [] : ['--groups', members.join(',')]),
    ...(comment === undefined ? [] : ['--comment', comment]),
    ...(home === undefined ? [] : ['--home-dir', home]),
    ...(shell === undefined ? [] : ['--shell', shell]),
    ...(expires?.day === undefined ? [] : ['--expiredate', dateOf(expires.day)]),
    args.create_home ? '--create-home' : '--no-create-home',
    ...(args.create_home && skeleton !== undefined ? ['--skel', skeleton] : []),
  ];
}

function byAdduser(args: UserArguments, group: string | undefined, host: Host): readonly string[] {
  const { uid, comment, home, shell, skeleton, expires } = args;
  if (expires?.day !== undefined) throw busyboxCannot(host, 'let a user expire');
  if (args.non_unique) throw busyboxCannot(host, 'give two users one number');
  return [
    'adduser',
    '-D',
    ...(args.system ? ['-S'] : []),
    ...(uid === undefined ? [] : ['-u', String(uid)]),
    ...(group === undefined ? [] : ['-G', group]),
    ...(comment === undefined ? [] : ['-g', comment]),
    ...(home === undefined ? [] : ['-h', home]),
    ...(shell === undefined ? [] : ['-s', shell]),
    ...(args.create_home ? [] : ['-H']),
    ...(args.create_home && skeleton !== undefined ? ['-k', skeleton] : []),
  ];
}

/** By stdin: neither argv nor a file shows the hash. */
const setPassword = (name: string): AccountChange => ({
  script: `printf '%s:%s\\n' ${quote(name)} "$password" | chpasswd -e || fail refused`,
  exposes: [],
});

function alterationOf(
  args: UserArguments,
  look: UserLook,
  user: KnownUser,
  host: Host,
): UserChanges | undefined {
  const { name } = args;
  const options: string[] = [];
  const diff: string[] = [];
  const change = (word: string, from: string | number, to: string | number, ...argv: string[]): void => {
    if (from === to) return;
    diff.push(`${word} ${from === '' ? 'none' : from} → ${to === '' ? 'none' : to}`);
    options.push(...argv);
  };
  const { uid, comment, home, shell, expires } = args;
  const shared = args.non_unique ? ['--non-unique'] : [];
  if (uid !== undefined) change('uid', user.uid, uid, '--uid', String(uid), ...shared);
  const primary = args.group === undefined ? undefined : look.groups.get(args.group);
  const gid = primary?.gid ?? user.gid;
  if (primary !== undefined) change('gid', user.gid, primary.gid, '--gid', primary.name);
  else if (args.group !== undefined) diff.push(`gid ${user.gid} → that of ${args.group}`);
  if (comment !== undefined) change('comment', user.comment, comment, '--comment', comment);
  if (home !== undefined)
    change('home', user.home, home, '--home', home, ...(args.move_home ? ['--move-home'] : []));
  if (shell !== undefined) change('shell', user.shell, shell, '--shell', shell);
  if (expires !== undefined) {
    const [from, to] = [user.expires, expires.day].map((day) => (day === undefined ? '' : dateOf(day)));
    change('expires', from ?? '', to ?? '', '--expiredate', to ?? '');
  }
  const isBusybox = look.tools === 'busybox';
  if (isBusybox && diff.length > 0) throw busyboxCannot(host, `change a user: ${diff.join(', ')}`);

  const changes: AccountChange[] = [];
  const membership = membershipOf(args, look, user, gid);
  if (isBusybox) changes.push(...membership.changes.map((argv) => runs(...argv)));
  else if (membership.option !== undefined) options.push(...membership.option);
  diff.push(...membership.diff);
  if (options.length > 0) changes.unshift(runs('usermod', ...options, name));

  if (args.password !== undefined && args.update_password === 'always' && user.password === 'differs') {
    diff.push('password → as given');
    changes.push(setPassword(name));
  }
  const folder = home ?? user.home;
  const isMoved = home !== undefined && home !== user.home && args.move_home;
  if (args.create_home && !look.homeIsThere && !isMoved && folder !== '') {
    diff.push(`+ ${folder}`);
    changes.push(makeHome(name, folder, args.skeleton ?? '/etc/skel'));
  }
  return diff.length === 0 ? undefined : { summary: `change the user "${name}"`, diff, changes };
}

/** Of groups that it is in, and is to be in. */
function membershipOf(
  args: UserArguments,
  look: UserLook,
  user: KnownUser,
  gid: number,
): {
  readonly diff: readonly string[];
  readonly option: readonly string[] | undefined;
  /** The same one by one, as busybox has it. */
  readonly changes: readonly (readonly string[])[];
} {
  if (args.groups === undefined) return { diff: [], option: undefined, changes: [] };
  const wanted = memberOf(args, look, gid);
  const joins = wanted.filter((group) => !user.groups.includes(group));
  const leaves = args.append ? [] : user.groups.filter((group) => !wanted.includes(group));
  const isSame = joins.length === 0 && leaves.length === 0;
  return {
    diff: [...joins.map((group) => `+ group ${group}`), ...leaves.map((group) => `- group ${group}`)],
    option: isSame
      ? undefined
      : args.append
        ? ['--append', '--groups', joins.join(',')]
        : ['--groups', wanted.join(',')],
    changes: [
      ...joins.map((group) => ['addgroup', args.name, group]),
      ...leaves.map((group) => ['delgroup', args.name, group]),
    ],
  };
}

/** Under another name first, so that a home that is there is whole. Its mode is the one of login.defs, as useradd has it. */
const makeHome = (name: string, home: string, skeleton: string): AccountChange => ({
  script: `
home=${quote(home)} skel=${quote(skeleton)}
mode=$(awk '$1 == "HOME_MODE" { print $2 }' /etc/login.defs 2>/dev/null)
mask=$(awk '$1 == "UMASK" { print $2 }' /etc/login.defs 2>/dev/null)
rm -rf "$home.adfpush-new" && mkdir -p "\${home%/*}/" && ( umask "\${mask:-022}" && mkdir "$home.adfpush-new" ) || fail refused
if [ -d "$skel" ]; then cp -R "$skel/." "$home.adfpush-new/" || fail refused; fi
[ -z "$mode" ] || chmod "$mode" "$home.adfpush-new" || fail refused
chown -R "$(id -u ${quote(name)}):$(id -g ${quote(name)})" "$home.adfpush-new" && mv "$home.adfpush-new" "$home" || fail refused`,
  exposes: [name, home, skeleton],
});
