import { z } from 'zod';
import { PatternFault } from '../model/pattern/python-syntax.js';
import { fileModeSchema } from '../model/schema/file-mode.js';
import { parsed } from '../model/schema/parsed.js';
import { scalarText } from '../model/schema/text.js';
import { Secret } from '../model/secret.js';
import { isUrl } from './download.js';
import { insertedText } from './edit-keys.js';
import { attributeKeys, pathSchema } from './file-keys.js';
import { globPattern } from './fnmatch.js';
import { plainText } from './text-edit.js';
import { normal } from './unarchive-manifest.js';

/** The host has the archive, or downloads it. */
export const isRemote = ({
  remote_src: remote,
  copy,
}: {
  readonly remote_src: boolean;
  readonly copy?: boolean | undefined;
}): boolean => remote || copy === false;

const wordsSchema = parsed((value, refuse): readonly string[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item, index) => {
    const text = scalarText(item);
    if (text === undefined || text === '')
      refuse('must be text, and not empty', undefined, Array.isArray(value) ? [index] : []);
    return text === undefined ? [] : [text];
  });
}).meta({ type: 'text or list' });

/** Patterns of paths in the archive, compiled. */
const globsSchema = parsed((value, refuse) => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item, index) => {
    const text = normal(scalarText(item) ?? '');
    if (text === '') refuse('must be text, and not empty', undefined, Array.isArray(value) ? [index] : []);
    try {
      return [globPattern(text)];
    } catch (error) {
      if (!(error instanceof PatternFault)) throw error;
      refuse(error.message);
      return [];
    }
  });
}).meta({ type: 'text or list' });

/** Options that let tar or unzip write elsewhere, or do something else than unpack. */
const elsewhere =
  /^(?:-[A-Za-z]*[CPcdtru]|--(?:absolute-names|directory|cd|create|list|diff|compare)(?:=|$))/;

export const unarchiveSchema = z
  .strictObject({
    src: insertedText.describe(
      'The archive: a file of the project, looked up in `files/` first; with `remote_src` a path of the host, or a URL that the host downloads.',
    ),
    dest: pathSchema.describe('The folder of the host that it is unpacked into; it must be there.'),
    remote_src: z.boolean().default(false).describe('The archive is on the host already, or at a URL.'),
    copy: z.boolean().optional().describe('The opposite of `remote_src`, its older name.'),
    creates: pathSchema
      .optional()
      .describe('A path of the host: when it is there, nothing is done, and the task counts as skipped.'),
    include: globsSchema
      .optional()
      .describe('Only these paths of the archive, with all below them: `app/bin`, `*.conf`.'),
    exclude: globsSchema
      .optional()
      .describe(
        'Not these paths of the archive, nor anything below them, at whatever depth: `*.md`, `docs`.',
      ),
    keep_newer: z.boolean().default(false).describe('Files of the host that are newer stay as they are.'),
    extra_opts: wordsSchema
      .default([])
      .describe('Further options for tar or unzip, one word each: `--strip-components=1`.'),
    list_files: z.boolean().default(false).describe('Tells in `files` of the result what is in the archive.'),
    ...attributeKeys,
    mode: fileModeSchema
      .optional()
      .describe(
        "The mode of all that is in the archive: `'0644'`, with which folders may be entered by who may read them; or `u=rwX,g=rX,o=`.",
      ),
  })
  .refine(({ copy, remote_src: remote }) => copy !== true || !remote, {
    message: 'is the opposite of remote_src: write remote_src alone',
    path: ['copy'],
  })
  .refine(({ src, ...args }) => !isUrl(plainText(src)) || isRemote(args), {
    message: 'is a URL, which needs remote_src: true',
    path: ['src'],
  })
  .refine(({ src }) => !(src instanceof Secret) || isUrl(src.reveal()), {
    message: 'holds a secret, which only a URL may',
    path: ['src'],
  })
  .refine(({ extra_opts: words }) => !words.some((word) => elsewhere.test(word)), {
    message: 'would have it unpacked elsewhere, or not at all: use dest, include and list_files',
    path: ['extra_opts'],
  });
export type UnarchiveArgs = z.infer<typeof unarchiveSchema>;
