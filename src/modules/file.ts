import { z } from 'zod';
import { fileProblems } from '../errors/files.js';
import type { FileLook, FileShape } from '../ports/host-files.js';
import { attributeChanges, fileValues } from './file-attributes.js';
import { attributeKeys, givenAttributes, pathSchema } from './file-keys.js';
import type { Change, Module, ModuleHost } from './module.js';

const schema = z
  .strictObject({
    path: pathSchema.describe('a path on the host'),
    state: z
      .enum(['file', 'directory', 'link', 'touch', 'absent'])
      .default('file')
      .describe(
        '`file`: what is there gets these attributes, and must be a file; `directory`: it is made, with the folders above it; `link`: to `src`; `touch`: a file whose times are now, made if need be; `absent`: nothing, and nothing below it',
      ),
    src: pathSchema.optional().describe('what a link leads to, as it stands in the link'),
    ...attributeKeys,
    recurse: z.boolean().default(false).describe('gives these attributes to all that is in the folder too'),
    force: z.boolean().default(false).describe('lets a link replace a file'),
  })
  .refine(({ state, src }) => (state === 'link') === (src !== undefined), {
    message: 'belongs to state: link, which needs it',
    path: ['src'],
  })
  .refine(({ state, recurse }) => !recurse || state === 'directory', {
    message: 'is for state: directory',
    path: ['recurse'],
  })
  .refine(({ state, mode }) => mode === undefined || (state !== 'link' && state !== 'absent'), {
    message: 'cannot be set: a link has none of its own',
    path: ['mode'],
  });
type Args = z.infer<typeof schema>;

/** The path, and the shape that makes it as wanted. */
interface Details {
  readonly path: string;
  /** Undefined when only what an interrupted task left beside it has to go. */
  readonly shape: FileShape | undefined;
}

/** Makes a path of the host a folder, a link, an empty file, or nothing, and sets its attributes. */
export const file: Module<Args, Details> = {
  name: 'file',
  docs: {
    summary:
      'Makes a path of the host a folder, a link, an empty file, or nothing, and sets its owner and mode.',
    examples: [
      `- name: a folder for uploads
  file: { path: /srv/app/uploads, state: directory, owner: app, mode: '0750' }
  become: true`,
      `- name: the current configuration
  file: { path: /etc/app/current, state: link, src: /etc/app/v2 }
  become: true`,
      `- file: { path: /tmp/app.lock, state: absent }`,
    ],
  },
  effect: 'idempotent',
  schema,

  async check(args, host) {
    const path = args.path.replace(/(?<=.)\/+$/, '');
    const { state, recurse } = args;
    const follow = state === 'file' || state === 'directory' || state === 'touch';
    const [look] = await host.files.look([{ path, follow, recurse }]);
    if (look === undefined) throw fileProblems.unseen(host.host, path, '');
    const change = changeOf(args, path, look, host);
    if (change === undefined) return asWanted(path, look);
    const { summary, diff, shape } = change;
    return { changes: true, summary, diff, takes: [], details: { path, shape } };
  },

  async apply(args, { path, shape }, { files }) {
    if (shape === undefined) await files.sweep(path);
    else await files.shape(path, shape, { ...givenAttributes(args), recurse: args.recurse });
    const [look] = await files.look([{ path }]);
    return { changed: true, values: fileValues(path, look?.stat) };
  },
};

const asWanted = (path: string, { stat }: FileLook): Change<Details> => ({
  changes: false,
  result: { changed: false, message: `${path} is as wanted`, values: fileValues(path, stat) },
});

interface ShapeChange {
  readonly summary: string;
  readonly diff: string;
  readonly shape: FileShape | undefined;
}

function changeOf(args: Args, path: string, look: FileLook, host: ModuleHost): ShapeChange | undefined {
  const { stat, litter } = look;
  const was =
    stat === undefined ? 'absent' : stat.kind === 'link' ? `link to ${stat.target ?? ''}` : stat.kind;
  const becomes = (now: string, summary: string, shape: FileShape): ShapeChange => ({
    summary,
    diff: `${path} state: ${was} → ${now}`,
    shape,
  });
  switch (args.state) {
    case 'absent':
      if (stat !== undefined) return becomes('absent', `remove ${path}`, { kind: 'absent' });
      return litter ? sweeping(path) : undefined;
    case 'link':
      return linkChange(args, path, look, host, becomes);
    case 'directory':
      if (stat === undefined) return becomes('directory', `make the folder ${path}`, { kind: 'directory' });
      if (stat.kind !== 'directory') throw fileProblems.other_kind(host.host, path, `a ${stat.kind}`);
      return attributeChange(args, path, look);
    case 'touch':
      return becomes('touched', `touch ${path}`, { kind: 'file', touch: true });
    case 'file':
      if (stat === undefined && host.checkMode)
        return becomes('file', `set the attributes of ${path}`, { kind: 'present' });
      if (stat === undefined) throw fileProblems.not_found(host.host, path);
      if (stat.kind !== 'file') throw fileProblems.not_a_file(host.host, path);
      return attributeChange(args, path, look);
  }
}

function linkChange(
  { src = '', force, owner, group }: Args,
  path: string,
  { stat, inFolder, litter }: FileLook,
  host: ModuleHost,
  becomes: (now: string, summary: string, shape: FileShape) => ShapeChange,
): ShapeChange | undefined {
  const shape: FileShape = { kind: 'link', target: src, force };
  if (stat === undefined && !inFolder && !host.checkMode) throw fileProblems.no_folder(host.host, path, '');
  if (stat?.kind === 'directory' || (stat !== undefined && stat.kind !== 'link' && !force)) {
    throw fileProblems.other_kind(host.host, path, `a ${stat.kind}`);
  }
  // U+FFFD stands for bytes that are no UTF-8: such a link is made anew rather than taken for right.
  const same = stat?.kind === 'link' && stat.target === src && !src.includes('\uFFFD');
  if (!same) return becomes(`link to ${src}`, `link ${path} to ${src}`, shape);
  const changed = attributeChanges(stat, givenAttributes({ owner, group }));
  if (changed.length > 0)
    return { summary: `change ${path}: ${changed.join(', ')}`, diff: changed.join('\n'), shape };
  return litter ? sweeping(path) : undefined;
}

/** Attributes that differ on what is there, and with `recurse` on all that is below. */
function attributeChange(
  args: Args,
  path: string,
  { stat, below = [], litter }: FileLook,
): ShapeChange | undefined {
  const attributes = givenAttributes(args);
  const own = stat === undefined ? [] : attributeChanges(stat, attributes);
  const others = below.filter(
    (one) => one.kind !== 'link' && attributeChanges(one, attributes).length > 0,
  ).length;
  if (own.length === 0 && others === 0) return litter ? sweeping(path) : undefined;
  const all = [...own, ...(others === 0 ? [] : [`${others} of ${below.length} below it`])];
  return {
    summary: `change ${path}: ${all.join(', ')}`,
    diff: all.map((line) => `${path} ${line}`).join('\n'),
    shape: { kind: 'present' },
  };
}

const sweeping = (path: string): ShapeChange => ({
  summary: `remove what an interrupted task left beside ${path}`,
  diff: '',
  shape: undefined,
});
