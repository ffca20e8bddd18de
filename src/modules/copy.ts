import { z } from 'zod';
import { sourceNotAFile } from '../errors/inventory.js';
import { defined } from '../model/defined.js';
import { argvSchema } from '../model/schema/argv.js';
import { fileModeSchema } from '../model/schema/file-mode.js';
import { parsed } from '../model/schema/parsed.js';
import { scalarText, textSchema } from '../model/schema/text.js';
import { holdsSecret, revealed, Secret } from '../model/secret.js';
import { applyTree, checkTree, readTree, type TreeChange } from './copy-folder.js';
import { applyFile, checkFile, type FileChange, type WantedFile } from './file-content.js';
import { contentKeys, givenAttributes } from './file-keys.js';
import type { Module, ModuleHost } from './module.js';
import { findSource, lastName } from './source-files.js';
import { fileFilling, textFilling, type Filling } from './text-content.js';

/** A mapping or list is written as JSON, as Ansible does. */
const textOrSecret = parsed((value, refuse): string | Secret => {
  const plain = revealed(value);
  const text =
    scalarText(plain) ?? (typeof plain === 'object' && plain !== null ? JSON.stringify(plain) : undefined);
  if (text === undefined) refuse('must be text');
  return holdsSecret(value) ? new Secret(text ?? '') : (text ?? '');
}).meta({ type: 'text' });

const schema = z
  .strictObject({
    src: textSchema
      .optional()
      .describe(
        'a file of the project, looked up in `files/` first, or a folder: the folder itself goes into `dest`, or, when `src` ends in `/`, what is in it. Nothing that is on the host only is removed',
      ),
    content: textOrSecret
      .optional()
      .describe('the text itself, instead of `src`; a mapping or list is written as JSON'),
    ...contentKeys,
    directory_mode: fileModeSchema.optional().describe('the mode of folders that have to be made'),
    validate: argvSchema
      .optional()
      .describe(
        'a command, never run by a shell, that has to succeed before the file is put in place; `%s` in it is the new file',
      ),
  })
  .refine(({ src, content }) => (src === undefined) !== (content === undefined), {
    message: 'write either src or content',
  })
  .refine(({ validate }) => validate === undefined || validate.some((word) => word.includes('%s')), {
    message: 'needs a %s, where the new file stands',
    path: ['validate'],
  });
type Args = z.infer<typeof schema>;

type Details =
  | { readonly kind: 'file'; readonly wanted: WantedFile; readonly change: FileChange }
  | { readonly kind: 'tree'; readonly change: TreeChange };

/** Puts a file of the control side, a folder of files, or a text on the host. */
export const copy: Module<Args, Details> = {
  name: 'copy',
  docs: {
    summary: 'Puts a file of the project, a folder of files, or a text on the host.',
    examples: [
      `- name: the message of the day
  copy: { content: "Managed by adfpush.", dest: /etc/motd, mode: '0644' }
  become: true`,
      `- name: sudoers, checked before it counts
  copy:
    src: sudoers
    dest: /etc/sudoers.d/app
    mode: '0440'
    validate: visudo -cf %s
  become: true`,
    ],
  },
  effect: 'idempotent',
  // Its string form is split into words as sh would: quoting keeps each value one word.
  shellArguments: ['validate'],
  visibleArguments: ['validate'],
  secretArguments: ['content'],
  source: ({ src }) => (src === undefined ? undefined : { argument: 'src', src, folder: 'files' }),
  schema,

  async check(args, host) {
    const { src, content, dest } = args;
    if (src === undefined)
      return checkOne(wantedFile(args, dest, undefined, textFilling(content ?? '')), host);
    const source = await findSource(host.project, host.playbook, 'files', src);
    if (source.kind === 'directory') {
      const root = src.endsWith('/') ? dest : `${dest.replace(/\/$/, '')}/${lastName(src)}`;
      const tree = await readTree(host.project, source);
      const wantedOf = (path: string, filling: Filling): WantedFile =>
        wantedFile(args, path, undefined, filling);
      const checked = await checkTree(root.replace(/(?<=.)\/+$/, ''), tree, wantedOf, host);
      return checked.changes ? { ...checked, details: { kind: 'tree', change: checked.details } } : checked;
    }
    if (source.kind !== 'file') throw sourceNotAFile(source.path, 'Name a file or a folder.');
    return checkOne(wantedFile(args, dest, lastName(src), await fileFilling(host.project, source)), host);
  },

  apply(args, details, host) {
    if (details.kind === 'file') return applyFile(details.wanted, details.change, host);
    const { directory_mode: directoryMode } = args;
    const attributes = givenAttributes(args);
    return applyTree(details.change, { attributes, ...defined({ directoryMode }) }, host);
  },
};

async function checkOne(wanted: WantedFile, host: ModuleHost): ReturnType<typeof copy.check> {
  const checked = await checkFile(wanted, host);
  return checked.changes
    ? { ...checked, details: { kind: 'file', wanted, change: checked.details } }
    : checked;
}

function wantedFile(args: Args, dest: string, name: string | undefined, filling: Filling): WantedFile {
  const { force, backup, follow, validate, directory_mode: directoryMode } = args;
  return {
    ...filling,
    dest,
    name,
    attributes: givenAttributes(args),
    force,
    backup,
    follow,
    validate,
    ...defined({ directoryMode }),
  };
}
