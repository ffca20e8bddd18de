import { z } from 'zod';
import { fileProblems } from '../errors/files.js';
import { moduleFailed } from '../errors/module-scripts.js';
import { defined } from '../model/defined.js';
import { parsed } from '../model/schema/parsed.js';
import { scalarText } from '../model/schema/text.js';
import { sha256 } from '../model/sha256.js';
import { editCrontab, namesIn, type WantedEntry } from './crontab.js';
import { insertedText, isSecret } from './edit-keys.js';
import { fileDiff } from './file-diff.js';
import { pathSchema } from './file-keys.js';
import { hostScript, runScript, type ScriptFailure } from './host-script.js';
import type { Change, Module, ModuleHost } from './module.js';
import { plainText } from './text-edit.js';

/** `5`, `*`, `*` with a step, `1,15`, `mon-fri`. */
const field = parsed((value, refuse): string => {
  const text = scalarText(value) ?? '';
  if (!/^[0-9A-Za-z*,/~-]+$/.test(text)) refuse('must be a field of a crontab: 5, *, */2, 1-5 or 1,15');
  return text;
}).meta({ type: 'text' });

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^\r\n]+$/, 'must be one line')
      .describe('What the entry is found by again; with env, the name of the variable.'),
    job: insertedText
      .optional()
      .describe('The command, or with env the value of the variable; % in it has to be written \\%.'),
    value: insertedText.optional().describe('The same as job.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the entry is to be there.'),
    minute: field.default('*').describe('The minutes at which it runs.'),
    hour: field.default('*').describe('The hours at which it runs.'),
    day: field.default('*').describe('The days of the month on which it runs.'),
    month: field.default('*').describe('The months in which it runs.'),
    weekday: field.default('*').describe('The days of the week on which it runs, 0 for Sunday.'),
    special_time: z
      .enum(['reboot', 'yearly', 'annually', 'monthly', 'weekly', 'daily', 'hourly'])
      .optional()
      .describe('A time that has a name, instead of the five fields.'),
    disabled: z.boolean().default(false).describe('Keeps the entry as a comment, so that it does not run.'),
    env: z.boolean().default(false).describe('The entry is a variable of the crontab.'),
    insertafter: z.string().optional().describe('A new variable goes after this one.'),
    insertbefore: z.string().optional().describe('A new variable goes before this one.'),
    user: z
      .string()
      .regex(/^[^\s:/-][^\s:/]*$/, 'must be the name of a user')
      .optional()
      .describe('The user whose crontab it is; with cron_file, the user that the job runs as.'),
    cron_file: pathSchema
      .optional()
      .describe('A file of /etc/cron.d, or a path, instead of the crontab of a user.'),
    backup: z
      .boolean()
      .default(false)
      .describe('Keeps the old crontab in a file, which backup_file of the result names.'),
  })
  .refine(({ job, value }) => job === undefined || value === undefined, {
    message: 'write job or value, and not both',
    path: ['value'],
  })
  .refine(({ state, job, value }) => state === 'absent' || (job ?? value) !== undefined, {
    message: 'is missing',
    path: ['job'],
  })
  .refine(({ job = '', value = '' }) => !/[\r\n]/.test(trimmed(plainText(job)) + trimmed(plainText(value))), {
    message: 'must be one line',
    path: ['job'],
  })
  .refine(
    ({ special_time: special, minute, hour, day, month, weekday }) =>
      special === undefined || [minute, hour, day, month, weekday].every((one) => one === '*'),
    {
      message: 'stands instead of minute, hour, day, month and weekday',
      path: ['special_time'],
    },
  )
  .refine(({ env, name }) => !env || /^[A-Za-z_]\w*$/.test(name), {
    message: 'must be the name of a variable',
    path: ['name'],
  })
  .refine(({ env, insertafter, insertbefore }) => env || (insertafter ?? insertbefore) === undefined, {
    message: 'is for variables: env: true',
    path: ['insertafter'],
  })
  .refine(({ insertafter, insertbefore }) => insertafter === undefined || insertbefore === undefined, {
    message: 'write insertafter or insertbefore, and not both',
    path: ['insertbefore'],
  })
  .refine(
    ({ cron_file: file, user, env, state }) =>
      file === undefined || env || state === 'absent' || user !== undefined,
    {
      message: 'is missing: cron_file needs the user that the job runs as',
      path: ['user'],
    },
  )
  .refine(({ cron_file: file }) => file !== '/etc/crontab', {
    message: 'must be a file of its own, and not /etc/crontab',
    path: ['cron_file'],
  });
type Args = z.infer<typeof schema>;

interface Details {
  /** What was read; undefined when there was no crontab. */
  readonly before: string | undefined;
  readonly after: string;
  readonly diff: string;
  readonly summary: string;
}

/** Keeps a job or a variable in a crontab. */
export const cron: Module<Args, Details> = {
  name: 'cron',
  docs: {
    summary: 'Keeps a job, or a variable, in the crontab of a user or in a file of /etc/cron.d.',
    examples: [
      `- cron: { name: nightly backup, hour: '1', minute: '5', job: /usr/local/bin/backup }`,
      `- cron: { name: cleanup, cron_file: app, user: app, special_time: daily, job: /srv/app/cleanup }
  become: true`,
    ],
  },
  effect: 'idempotent',
  visibleArguments: ['user', 'cron_file'],
  schema,

  async check(args, host) {
    const before = await read(args, host);
    const after = editCrontab(before ?? '', entryOf(args));
    if (after === undefined) {
      throw moduleFailed(
        'cron.no_variable',
        host.host,
        `${placeOf(args)} has no variable "${args.insertafter ?? args.insertbefore ?? ''}"`,
        {
          hint: 'Leave insertafter and insertbefore out to put the new one at the beginning.',
        },
      );
    }
    if (after === (before ?? '')) return asWanted(args, after);
    const summary = `${args.state === 'absent' ? 'remove' : before !== undefined && namesIn(before)[args.env ? 'envs' : 'jobs'].includes(args.name) ? 'change' : 'add'} "${args.name}" in ${placeOf(args)}`;
    const bytes = (text: string) => ({ size: text.length, bytes: new TextEncoder().encode(text) });
    const diff = isSecret(args.job, args.value)
      ? `${placeOf(args)}: holds a secret, so its lines are not shown`
      : fileDiff(placeOf(args), before === undefined ? undefined : bytes(before), bytes(after));
    return { changes: true, summary, diff, takes: [], details: { before, after, diff, summary } };
  },

  async apply(args, details, host) {
    const { after, diff, summary } = details;
    const backup =
      args.cron_file === undefined
        ? await install(args, details, host)
        : await writeFile(args, details, host);
    return {
      changed: true,
      message: summary,
      diff,
      values: { ...valuesOf(args, after), ...defined({ backup_file: backup }) },
    };
  },
};

const trimmed = (text: string): string => text.replace(/^[\r\n]+|[\r\n]+$/g, '');

function entryOf(args: Args): WantedEntry {
  const { name, env, state, disabled, special_time: special, insertafter, insertbefore } = args;
  const job = trimmed(plainText(args.job ?? args.value ?? ''));
  if (env) {
    const other = insertafter ?? insertbefore;
    return {
      kind: 'variable',
      name,
      line: state === 'absent' ? undefined : `${name}="${job}"`,
      ...(other === undefined
        ? {}
        : { beside: { side: insertafter === undefined ? 'before' : 'after', name: other } }),
    };
  }
  const { minute, hour, day, month, weekday } = args;
  const time = special === undefined ? [minute, hour, day, month, weekday].join(' ') : `@${special}`;
  const user = args.cron_file === undefined ? '' : `${args.user ?? ''} `;
  return {
    kind: 'job',
    name,
    line: state === 'absent' ? undefined : `${disabled ? '#' : ''}${time} ${user}${job}`,
  };
}

const fileOf = ({ cron_file: file = '' }: Args): string =>
  /^[/~]/.test(file) ? file : `/etc/cron.d/${file}`;

const placeOf = (args: Args): string =>
  args.cron_file !== undefined
    ? fileOf(args)
    : args.user === undefined
      ? 'the crontab'
      : `the crontab of ${args.user}`;

const valuesOf = (args: Args, text: string): Readonly<Record<string, unknown>> => ({
  ...namesIn(text),
  ...defined({ cron_file: args.cron_file }),
});

const asWanted = (args: Args, text: string): Change<Details> => ({
  changes: false,
  result: {
    changed: false,
    message: `"${args.name}" is as wanted in ${placeOf(args)}`,
    values: valuesOf(args, text),
  },
});

const crontabLimit = 1024 * 1024;

/** Undefined when there is none. */
async function read(args: Args, host: ModuleHost): Promise<string | undefined> {
  if (args.cron_file !== undefined) {
    const path = fileOf(args);
    const [look] = await host.files.look([{ path, follow: true }]);
    if (look?.stat === undefined) return undefined;
    const bytes = await host.files.read(path, crontabLimit);
    return new TextDecoder().decode(bytes);
  }
  const command = hostScript(`${listing}list || { [ -z "$said" ] || exit 1; exit 0; }\n`, {
    values: { user: args.user },
  });
  const text = await runScript(host, command, `read ${placeOf(args)}`, explain(args, host));
  return text === '' ? undefined : text;
}

/** `list` prints the crontab. It fails, with nothing in `said`, when there is none. */
const listing = `command -v crontab >/dev/null || { echo 'there is no crontab on the host' >&2; fail no_program; }
[ "$user" != "$(id -un)" ] || user=
tab() { crontab \${user:+-u "$user"} "$@"; }
list() {
  said=
  if text=$(tab -l 2>&1 && echo .); then printf %s "\${text%.}"; return; fi
  case $text in
    *'no crontab for'* | *"can't open"*) return 1 ;;
    *) said=$text; printf '%s\\n' "$text" >&2; fail refused ;;
  esac
}
`;

/** Replaces the crontab, unless it is another by now. Prints the name of the backup. */
const installing = `${listing}now=$(list && echo .)
if [ "$now" != "$before." ] && [ "$now$had" != '' ]; then fail overtaken; fi
if [ -n "$backup" ] && [ -n "$had" ]; then
  kept=$(mktemp "\${TMPDIR:-/tmp}/crontab.XXXXXX") || fail refused
  printf %s "$before" >"$kept" && printf %s "$kept"
fi
if [ -z "$after" ]; then tab -r || fail refused; else printf %s "$after" | tab - || fail refused; fi
`;

async function install(
  args: Args,
  { before, after }: Details,
  host: ModuleHost,
): Promise<string | undefined> {
  const command = hostScript(installing, {
    values: { user: args.user, backup: args.backup, had: before !== undefined },
    secrets: { before, after },
  });
  const kept = await runScript(host, command, `write ${placeOf(args)}`, explain(args, host));
  return kept === '' ? undefined : kept;
}

/** A file without an entry is removed, with what is left of it. */
async function writeFile(
  args: Args,
  { before, after }: Details,
  { files }: ModuleHost,
): Promise<string | undefined> {
  const path = fileOf(args);
  if (after.trim() === '') {
    await files.shape(path, { kind: 'absent' });
    return undefined;
  }
  const bytes = new TextEncoder().encode(after);
  const content = { open: () => bytes, size: bytes.length, sha256: sha256(bytes) };
  // cron does not read a file that others than root may write to.
  const mode = before === undefined ? { mode: 0o644 } : {};
  const expected = before === undefined ? 'absent' : sha256(before);
  const { backup } = await files.write(path, content, {
    ...mode,
    backup: args.backup,
    follow: true,
    expected,
  });
  return backup;
}

const explain =
  (args: Args, { host }: ModuleHost) =>
  ({ code, reason }: ScriptFailure): Error | undefined => {
    switch (code) {
      case 'no_program':
        return moduleFailed('cron.no_program', host, 'There is no crontab on the host', {
          hint: 'Install cron (Debian, Ubuntu) or cronie (Amazon Linux).',
        });
      case 'overtaken':
        return fileProblems.overtaken(host, placeOf(args));
      case 'refused':
        return moduleFailed('cron.refused', host, `The host's cron does not take ${placeOf(args)}`, {
          reason,
          ...(args.user === undefined ? {} : { hint: 'The crontab of another user needs become: true.' }),
        });
      default:
        return undefined;
    }
  };
