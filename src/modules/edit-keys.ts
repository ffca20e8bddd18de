import { z } from 'zod';
import { argvSchema } from '../model/schema/argv.js';
import { parsed } from '../model/schema/parsed.js';
import { patternSchema } from '../model/schema/pattern.js';
import { scalarText } from '../model/schema/text.js';
import { Secret } from '../model/secret.js';
import type { Pattern } from '../model/pattern/pattern.js';
import { attributeKeys, givenAttributes, pathSchema, type Attributes } from './file-keys.js';
import type { PlaceInText, TextEdit } from './text-edit.js';

/** The arguments that the modules for edits of a text file have in common. */
export const editKeys = {
  path: pathSchema.optional().describe('The file to edit; a link is followed.'),
  dest: pathSchema.optional().describe('The same as path.'),
  ...attributeKeys,
  backup: z
    .boolean()
    .default(false)
    .describe('Keeps the old file beside the new, under a name with the time.'),
  validate: argvSchema
    .optional()
    .describe('A command that has to succeed before the file is put in place; %s in it is the new file.'),
};

type Refusal<Args> = [holds: (args: Args) => boolean, issue: { message: string; path: string[] }];

/** What lint and run refuse of them, for a schema's `refine`. */
export const editRefusals: {
  readonly onePath: Refusal<{ path?: string | undefined; dest?: string | undefined }>;
  readonly validated: Refusal<{ validate?: readonly string[] | undefined }>;
  readonly onePlace: Refusal<{ insertafter?: unknown; insertbefore?: unknown }>;
} = {
  onePath: [
    ({ path, dest }) => (path === undefined) !== (dest === undefined),
    { message: 'write the path of the file, once', path: ['path'] },
  ],
  validated: [
    ({ validate }) => validate === undefined || validate.some((word) => word.includes('%s')),
    { message: 'needs a %s, where the new file stands', path: ['validate'] },
  ],
  onePlace: [
    ({ insertafter, insertbefore }) => insertafter === undefined || insertbefore === undefined,
    { message: 'write insertafter or insertbefore, and not both', path: ['insertbefore'] },
  ],
};

interface EditArguments extends Attributes {
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
  readonly backup: boolean;
  readonly validate?: readonly string[] | undefined;
}

/** What they say of an edit. */
export const editBase = (
  args: EditArguments,
): Pick<TextEdit, 'path' | 'attributes' | 'backup' | 'validate'> => ({
  path: args.path ?? args.dest ?? '',
  attributes: givenAttributes(args),
  backup: args.backup,
  validate: args.validate,
});

/** Text that goes into a file. */
export const insertedText = parsed((value, refuse): string | Secret => {
  if (value instanceof Secret) return value;
  const text = scalarText(value);
  if (text === undefined) refuse('must be text');
  return text ?? '';
}).meta({ type: 'text' });

/** A place in a file: its `word`, BOF or EOF, or lines that a pattern matches. */
export const placeSchema = (words: readonly string[]) =>
  parsed((value, refuse): string | Pattern => {
    const text = scalarText(value);
    if (text !== undefined && words.includes(text)) return text;
    const read = patternSchema().safeParse(value);
    if (read.success) return read.data;
    for (const { message } of read.error.issues) refuse(message);
    return '';
  }).meta({ type: `${words.join(', ')} or a regular expression` });

/** Where a new text goes: at the end, where no argument says otherwise. */
export function placeOf({ insertafter, insertbefore }: PlaceArguments): PlaceInText {
  const place = insertbefore ?? insertafter ?? 'EOF';
  if (typeof place === 'string') return place === 'BOF' ? 'BOF' : 'EOF';
  return { side: insertbefore === undefined ? 'after' : 'before', pattern: place };
}

interface PlaceArguments {
  readonly insertafter?: string | Pattern | undefined;
  readonly insertbefore?: string | Pattern | undefined;
}

export const isSecret = (...texts: readonly (string | Secret | undefined)[]): boolean =>
  texts.some((text) => text instanceof Secret);
