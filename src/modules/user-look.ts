import { groupNotThere, needsRoot } from '../errors/accounts.js';
import { moduleScriptFailed } from '../errors/module-scripts.js';
import { succeeded } from '../ports/transport.js';
import { accountFunctions, type AccountTools } from './account-tools.js';
import { hostScript } from './host-script.js';
import type { ModuleHost } from './module.js';
import { linesOf } from './on-the-host.js';

/** A line of /etc/group. */
interface KnownGroup {
  readonly name: string;
  readonly gid: number;
}

/** A user as the host has it. */
export interface KnownUser {
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** The groups that list it as a member. */
  readonly groups: readonly string[];
  /** Whether its password is the one asked for; only root can see that. */
  readonly password: 'same' | 'differs' | 'hidden';
  /** Days since 1970-01-01; undefined for never, and where it is hidden. */
  readonly expires: number | undefined;
}

export interface UserLook {
  readonly tools: AccountTools;
  readonly user: KnownUser | undefined;
  /** The folder that is or will be its home is there. */
  readonly homeIsThere: boolean;
  /** A group has the user's name. */
  readonly groupOfName: boolean;
  /** The groups that were asked for, by the word that they were asked for with. */
  readonly groups: ReadonlyMap<string, KnownGroup>;
  readonly missingGroups: readonly string[];
}

export interface LookedFor {
  readonly name: string;
  readonly groups: readonly string[];
  readonly home: string | undefined;
  /** The hash that its password is compared with, on the host: what the host has never leaves it. */
  readonly password: string | undefined;
}

const lookScript = `${accountFunctions}
# Sets the positional parameters to the fields of a line.
fields='set -f; IFS=:; set -- $line; unset IFS; set +f'
echo "tools $(tools)"
if line=$(entry passwd "$name"); then
  echo "passwd $line"
  eval "$fields"; [ -n "$home" ] || home=$6
  everyone group | awk -F: -v n="$name" '{ k = split($4, m, ","); for (i = 1; i <= k; i++) if (m[i] == n) { print "member " $1; break } }'
  if line=$(entry shadow "$name" 2>/dev/null) && [ -n "$line" ]; then
    eval "$fields"
    if [ "$2" = "$password" ]; then echo "password same"; else echo "password differs"; fi
    echo "expires $8"
  fi
fi
[ -z "$home" ] || [ ! -d "$home" ] || echo "home there"
entry group "$name" >/dev/null && echo "own group"
each() {
  for wanted do
    if line=$(entry group "$wanted"); then echo "group $wanted $line"
    else echo "missing $wanted"; everyone group | awk -F: '{ print "known " $1 }'; fi
  done
}
words_groups each
exit 0
`;

/** Throws `account.no_group` for a group that is not there, unless this is a dry run: then it may be made by an earlier task. */
export async function lookAtUser(
  { name, groups, home, password }: LookedFor,
  host: ModuleHost,
): Promise<UserLook> {
  const command = hostScript(lookScript, {
    values: { name, home },
    words: { groups },
    secrets: { password },
  });
  const result = await host.run(command);
  if (!succeeded(result))
    throw moduleScriptFailed(host.host, `look at the user "${name}"`, result.outcome, result.stderr);
  const lines = linesOf(result.stdout);
  const all = (word: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const missingGroups = all('missing');
  const [missing] = missingGroups;
  if (missing !== undefined && !host.checkMode) throw groupNotThere(host.host, missing, all('known'));
  const [tools] = all('tools');
  return {
    tools: tools === 'shadow' || tools === 'busybox' ? tools : 'none',
    user: userOf(all),
    homeIsThere: all('home').length > 0,
    groupOfName: all('own').length > 0,
    groups: new Map(all('group').map(groupOf)),
    missingGroups,
  };
}

function userOf(all: (word: string) => readonly string[]): KnownUser | undefined {
  const [line] = all('passwd');
  if (line === undefined) return undefined;
  const [, , uid, gid, comment = '', home = '', shell = ''] = line.split(':');
  const [password] = all('password');
  const [expires = ''] = all('expires');
  return {
    uid: Number(uid),
    gid: Number(gid),
    comment,
    home,
    shell,
    groups: all('member'),
    password: password === 'same' || password === 'differs' ? password : 'hidden',
    expires: expires === '' ? undefined : Number(expires),
  };
}

function groupOf(line: string): readonly [string, KnownGroup] {
  const [wanted = '', found = ''] = line.split(' ');
  const [name = '', , gid] = found.split(':');
  return [wanted, { name, gid: Number(gid) }];
}

/** Throws `account.needs_root` where the host did not show a user's password and expiry, and one of them was asked for. */
export function requireShown(
  user: KnownUser | undefined,
  what: string | undefined,
  { host }: ModuleHost,
): void {
  if (user?.password === 'hidden' && what !== undefined) throw needsRoot(host, what);
}
