import { z } from 'zod';
import { wholeNumberSchema } from '../model/schema/number.js';
import { UnknownValue } from '../model/unknown.js';
import {
  accountNameSchema,
  expiresSchema,
  fieldPathSchema,
  fieldSchema,
  groupSchema,
  groupsSchema,
  passwordHashSchema,
} from './account-keys.js';
import { changeAccounts } from './account-tools.js';
import type { Module, ModuleHost, ModuleResult } from './module.js';
import { plainText } from './text-edit.js';
import { changesOf, type UserChanges } from './user-changes.js';
import { lookAtUser, requireShown, type UserLook } from './user-look.js';

const schema = z.strictObject({
  name: accountNameSchema.describe('The user.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether there is such a user.'),
  uid: wholeNumberSchema(0).optional().describe('Its number; the next free one when left out.'),
  non_unique: z.boolean().default(false).describe('`uid` may be the number of another user, too.'),
  group: groupSchema
    .optional()
    .describe('Its primary group. A new user gets one of its own name when this is left out.'),
  groups: groupsSchema
    .optional()
    .describe('The other groups that it is in: all of them, unless `append` is given. An empty list: none.'),
  append: z.boolean().default(false).describe('It stays in groups that `groups` does not name.'),
  comment: fieldSchema.optional().describe('Its full name, or what it is for.'),
  home: fieldPathSchema.optional().describe('Its home folder.'),
  create_home: z
    .boolean()
    .default(true)
    .describe('Makes the home folder when it is not there, from `skeleton`.'),
  move_home: z.boolean().default(false).describe('Moves what is in the old home folder when `home` changes.'),
  skeleton: fieldPathSchema
    .optional()
    .describe('What a new home folder is copied from; `/etc/skel` when left out.'),
  shell: fieldPathSchema.optional().describe('Its login shell.'),
  system: z.boolean().default(false).describe('A new user gets a number of the range for the system.'),
  password: passwordHashSchema
    .optional()
    .describe('The hash of its password. It is in no argv, and the hash that the host has stays there.'),
  update_password: z
    .enum(['always', 'on_create'])
    .default('always')
    .describe('`on_create` gives a password to new users only.'),
  expires: expiresSchema
    .optional()
    .describe('The day from which on it cannot log in, `2026-12-31` or seconds since 1970; -1 for never.'),
  remove: z.boolean().default(false).describe('With `state: absent`: its home folder and mail go, too.'),
  force: z.boolean().default(false).describe('With `state: absent`: removes it also while it is logged in.'),
});

export type UserArguments = z.infer<typeof schema>;

const ownKeys = 'Run ssh-keygen by the module command, with `creates` and become_user.';
const byChage = 'Run chage by the module command.';
const notHere = 'It means nothing on Linux: leave it out.';

/** A user of the host. */
export const user: Module<UserArguments, UserChanges> = {
  name: 'user',
  effect: 'idempotent',
  freeform: 'name',
  secretArguments: ['password'],
  schema,
  refusedArguments: {
    local: "Leave it out: the user is looked for by getent and changed in the host's own files.",
    password_lock: "Write password: '!', which lets no password in, or expires, which ends all logins.",
    umask: 'Set UMASK or HOME_MODE in /etc/login.defs of the host, or the mode by the module file.',
    generate_ssh_key: ownKeys,
    ssh_key_bits: ownKeys,
    ssh_key_comment: ownKeys,
    ssh_key_file: ownKeys,
    ssh_key_passphrase: ownKeys,
    ssh_key_type: ownKeys,
    password_expire_max: byChage,
    password_expire_min: byChage,
    password_expire_warn: byChage,
    password_expire_account_disable: byChage,
    seuser: 'Run semanage login by the module command.',
    login_class: notHere,
    hidden: notHere,
    authorization: notHere,
    profile: notHere,
    role: notHere,
    uid_min: 'Set UID_MIN in /etc/login.defs of the host, or give the number with uid.',
    uid_max: 'Set UID_MAX in /etc/login.defs of the host, or give the number with uid.',
  },
  docs: {
    summary: 'Makes, changes and removes users of the host, with their groups and home folders.',
    examples: [
      `- user:
    name: app
    comment: runs the shop
    groups: [docker]
    append: true
    shell: /usr/sbin/nologin
    system: true
  become: true`,
      `- user:
    name: ann
    password: '{{ secret "ann-password-hash" }}'
    expires: 2027-01-31
  become: true`,
      `- user: { name: bob, state: absent, remove: true }
  become: true`,
    ],
  },

  async check(args, host) {
    const look = await lookFor(args, host);
    const changes = changesOf(args, look, host.host);
    if (changes === undefined) return { changes: false, result: resultOf(args, look) };
    const [missing] = look.missingGroups;
    if (missing !== undefined && look.user !== undefined) {
      const unknown = new UnknownValue(`the host has no group "${missing}" yet`);
      return { changes: false, result: { changed: false, values: {} }, unknown };
    }
    const { summary, diff } = changes;
    return { changes: true, summary, diff: diff.join('\n'), takes: [], details: changes };
  },

  async apply(args, { changes, summary, diff }, host) {
    await changeAccounts(changes, { password: hashIn(args) }, summary, host);
    const after = await lookFor(args, host);
    return { ...resultOf(args, after), changed: true, message: summary, diff: diff.join('\n') };
  },
};

const hashIn = ({ password }: UserArguments): string | undefined =>
  password === undefined ? undefined : plainText(password);

async function lookFor(args: UserArguments, host: ModuleHost): Promise<UserLook> {
  const { name, state, group, groups = [], home, expires } = args;
  const isGone = state === 'absent';
  const look = await lookAtUser(
    {
      name,
      groups: isGone ? [] : [...(group === undefined ? [] : [group]), ...groups],
      home,
      password: hashIn(args),
    },
    host,
  );
  const sees = args.password !== undefined && args.update_password === 'always' ? 'the password' : undefined;
  requireShown(
    isGone ? undefined : look.user,
    sees ?? (expires === undefined ? undefined : 'the expiry'),
    host,
  );
  return look;
}

function resultOf({ name, state, append }: UserArguments, { user: found }: UserLook): ModuleResult {
  if (found === undefined)
    return { changed: false, message: `there is no user ${name}`, values: { name, state } };
  const { uid, gid, home, shell, comment, groups } = found;
  return {
    changed: false,
    message: `${name} has the number ${uid}`,
    values: { name, state, uid, group: gid, home, shell, comment, groups, append },
  };
}
