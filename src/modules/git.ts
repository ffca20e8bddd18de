import { z } from 'zod';
import type { AdfError } from '../errors/adf-error.js';
import { moduleFailed } from '../errors/module-scripts.js';
import { wholeNumberSchema } from '../model/schema/number.js';
import { shownUrl } from './download.js';
import { insertedText } from './edit-keys.js';
import { pathSchema } from './file-keys.js';
import { bringScript, lookScript } from './git-script.js';
import { hostScript, runScript, runStepScript, type ScriptFailure } from './host-script.js';
import type { Change, Module, ModuleHost } from './module.js';
import { plainText } from './text-edit.js';

/** A name that git takes for no option, and that means one thing. */
const nameOf = (text: string) => z.string().regex(/^[^\s~^:?*[\\-][^\s~^:?*[\\]*$/, text);

const schema = z
  .strictObject({
    repo: insertedText.describe(
      'The repository: a URL, `git@host:path`, or a path of the host. A user and a password in an https URL are handed to git without being in its arguments or on the disk of the host.',
    ),
    dest: pathSchema.describe('The folder of the host for the working tree.'),
    version: nameOf('must be a branch, a tag or a commit')
      .default('HEAD')
      .describe("A branch, a tag or a commit; `HEAD` is the repository's default branch."),
    force: z
      .boolean()
      .default(false)
      .describe('Throws away changes of files that git knows; without it they are a failure.'),
    depth: wholeNumberSchema(1).optional().describe('Fetches so many commits of the history only.'),
    update: z.boolean().default(true).describe('`false` leaves a repository alone that is there already.'),
    clone: z.boolean().default(true).describe('`false` only tells what is there and what would come.'),
    remote: nameOf('must be a name').default('origin').describe('The name of the remote.'),
    recursive: z.boolean().default(true).describe('Brings the submodules too.'),
    accept_newhostkey: z
      .boolean()
      .default(false)
      .describe('Over ssh: believes the key of a server that the host does not know yet.'),
    key_file: pathSchema.optional().describe('Over ssh: the private key, a path of the host.'),
  })
  .refine(({ repo }) => plainText(repo) !== '' && !/^-|[\r\n]/.test(plainText(repo)), {
    message: 'must be a repository',
    path: ['repo'],
  });
type Args = z.infer<typeof schema>;

interface Look {
  readonly is: string;
  readonly before: string | undefined;
  readonly url: string | undefined;
  readonly changed: readonly string[];
  /** What the version is in the repository; empty for a commit. */
  readonly ref: string;
  /** The commit that it is; undefined for a short one. */
  readonly after: string | undefined;
}

interface Details extends Look {
  readonly summary: string;
  readonly diff: string;
}

/** Brings a git repository to a version. */
export const git: Module<Args, Details> = {
  name: 'git',
  docs: {
    summary: 'Keeps a working tree of a git repository on the host, at a version.',
    examples: [
      `- git: { repo: 'https://example.com/app.git', dest: /srv/app, version: v1.4.2, depth: 1 }
  become_user: app
  become: true`,
      `- git:
    repo: 'https://deploy:{{ secret "git" }}@example.com/app.git'
    dest: /srv/app
    version: main
  register: code
- command: make -C /srv/app
  when: code.before != code.after`,
    ],
  },
  effect: 'idempotent',
  secretArguments: ['repo'],
  visibleArguments: ['dest', 'version'],
  schema,

  async check(args, host) {
    const look = await lookAt(args, host);
    const { dest, force, update, clone } = args;
    const { is, before, after, changed } = look;
    const isThere = is === 'repository';
    if (is === 'other') {
      throw moduleFailed('git.not_empty', host.host, `"${dest}" is there, and is no git repository`, {
        hint: 'Choose an empty folder, or remove what is there first.',
      });
    }
    if ((isThere && !update) || !clone) return unchanged(args, look, isThere && !update ? before : after);
    if (changed.length > 0 && !force) {
      throw moduleFailed(
        'git.changed',
        host.host,
        `Files of "${dest}" were changed, and are left as they are: ${changed.join(', ')}`,
        { hint: 'Commit them elsewhere, or throw them away with force: true.' },
      );
    }
    const url = repoOf(args).repo;
    const isAt =
      before !== undefined && (after === undefined ? before.startsWith(args.version) : before === after);
    const lines = [
      ...(isAt ? [] : [`commit: ${before ?? 'none'} → ${after ?? args.version}`]),
      ...(isThere && look.url !== url
        ? [`remote ${args.remote}: ${shownUrl(look.url ?? 'none')} → ${url}`]
        : []),
      ...changed.map((file) => `thrown away: changes of ${file}`),
    ];
    if (isThere && lines.length === 0) return unchanged(args, look, before);
    const summary = isThere
      ? `bring ${dest} to ${args.version} of ${url}`
      : `clone ${url} to ${dest} at ${args.version}`;
    const diff = lines.map((line) => `${dest} ${line}`).join('\n');
    return { changes: true, summary, diff, takes: [], details: { ...look, summary, diff } };
  },

  async apply(args, { is, before, url, changed, ref, summary, diff }, host) {
    const command = scriptOf(bringScript, args, {
      ...{ ref, depth: args.depth, recursive: args.recursive },
      ...{ new: is !== 'repository', dirty: changed.length > 0 },
    });
    host.progress(summary);
    const said = await runStepScript(host, command, summary, explain(args, host));
    const isMoved = is === 'repository' && url !== repoOf(args).repo;
    return {
      changed: true,
      message: summary,
      diff,
      values: { before: before ?? null, after: said.trim(), remote_url_changed: isMoved },
    };
  },
};

function unchanged(args: Args, { before }: Look, after: string | undefined): Change<Details> {
  return {
    changes: false,
    result: {
      changed: false,
      message: `${args.dest} is at ${before ?? 'no commit'}`,
      values: { before: before ?? null, after: after ?? null, remote_url_changed: false },
    },
  };
}

/** The repository without user and password; these, and the server that they are for. */
function repoOf({ repo }: Pick<Args, 'repo'>) {
  const [, scheme, login, rest] = /^(https?:\/\/)([^/?#]*)@([^]*)$/i.exec(plainText(repo)) ?? [];
  if (scheme === undefined || login === undefined || rest === undefined)
    return { repo: plainText(repo), server: '', user: '', password: '' };
  const [user = '', ...password] = login.split(':');
  const server = `${scheme}${rest.split(/[/?#]/)[0] ?? ''}`;
  return { repo: scheme + rest, server, user: decoded(user), password: decoded(password.join(':')) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function scriptOf(
  script: string,
  args: Args,
  values: Readonly<Record<string, string | number | boolean | undefined>>,
) {
  const { repo, server, user, password } = repoOf(args);
  const accept = args.accept_newhostkey ? ' -o StrictHostKeyChecking=accept-new' : '';
  const { dest, version, remote, key_file: key } = args;
  return hostScript(script, {
    values: { ...values, repo, server, version, remote, accept },
    paths: { dest: dest.replace(/(?<=.)\/+$/, ''), key },
    secrets: { user, password },
  });
}

const isCommit = (version: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(version);

async function lookAt(args: Args, host: ModuleHost): Promise<Look> {
  const { version, update, dest } = args;
  // The repository is not asked about a whole commit id, nor about a tree that is left alone.
  const command = scriptOf(lookScript, args, { asks: !isCommit(version) });
  const said = await runScript(host, command, `look at ${dest}`, explain(args, host));
  const told = said
    .split('\n')
    .map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)] as const);
  const all = (word: string): readonly string[] =>
    told.flatMap(([one, rest]) => (one === word ? [rest] : []));
  const remote = new Map(
    all('remote').map((line) => [line.slice(line.indexOf(' ') + 1), line.split(' ')[0]]),
  );
  const [is = '', before, url] = [all('is')[0], all('before')[0], all('url')[0]];
  const look = { is, before, url, changed: all('changed').map((line) => line.slice(3)) };
  if (isCommit(version)) return { ...look, ref: '', after: version };
  const head = all('symref')[0];
  if (version === 'HEAD' && remote.has('HEAD'))
    return { ...look, ref: head ?? 'HEAD', after: remote.get('HEAD') };
  const names = [version, `refs/heads/${version}`, `refs/tags/${version}`];
  const ref = names.find((name) => name.startsWith('refs/') && remote.has(name));
  if (ref !== undefined) return { ...look, ref, after: remote.get(`${ref}^{}`) ?? remote.get(ref) };
  const isShort = /^[0-9a-f]{7,}$/.test(version);
  if (isShort || (is === 'repository' && !update)) return { ...look, ref: '', after: undefined };
  throw moduleFailed('git.no_version', host.host, `${shown(args)} has no branch and no tag "${version}"`, {
    hint: 'A commit is known by its 40 digits, or at least 7 of them.',
  });
}

const shown = (args: Args): string => shownUrl(repoOf(args).repo);

/** What the scripts say went wrong. */
const explain =
  (args: Args, { host }: ModuleHost) =>
  ({ code, reason }: ScriptFailure): AdfError | undefined => {
    switch (code) {
      case 'no_program':
        return moduleFailed('git.no_program', host, 'There is no git on the host', {
          hint: 'Install it first, with a task: package: { name: git }.',
        });
      case 'not_readable':
        return moduleFailed('git.not_readable', host, `The repository in "${args.dest}" cannot be used`, {
          reason,
          hint: 'With become_user the task is done as the user that it belongs to.',
        });
      case 'no_remote':
        return moduleFailed('git.no_remote', host, `${shown(args)} cannot be read by the host`, {
          reason,
          hint: 'The host itself asks: check its network, its known_hosts (accept_newhostkey), its key (key_file) or the password.',
        });
      case 'failed':
        return moduleFailed('git.failed', host, `"${args.dest}" could not be brought to ${args.version}`, {
          reason,
        });
      default:
        return undefined;
    }
  };
