import { z } from 'zod';
import { defined } from '../model/defined.js';
import { fileModeSchema, type FileMode } from '../model/schema/file-mode.js';
import { parsed } from '../model/schema/parsed.js';
import { scalarText } from '../model/schema/text.js';
import type { FileAttributes } from '../ports/host-files.js';

/** A path on the host. */
export const pathSchema = parsed((value, refuse): string => {
  const text = scalarText(value);
  if (text === undefined || text.trim() === '') refuse('must be a path, and not empty');
  if (text?.includes('\0') === true) refuse('holds a NUL, which no path can');
  return text ?? '';
}).meta({ type: 'path' });

/** A user or group, by name or number. */
const ownerSchema = parsed((value, refuse): string => {
  const text = scalarText(value) ?? '';
  if (!/^[^\s:/-][^\s:/]*$/.test(text))
    refuse('must be a name or a number', 'Owner and group each have an argument of their own.');
  return text;
}).meta({ type: 'name or number' });

/** The arguments that all modules for files have in common. */
export const attributeKeys = {
  mode: fileModeSchema.optional().describe("the mode, in quotes: `'0644'`, or `u=rw,g=r`"),
  owner: ownerSchema.optional().describe('the user that it belongs to'),
  group: ownerSchema.optional().describe('the group that it belongs to'),
};

/** The arguments of a file that gets content. */
export const contentKeys = {
  dest: pathSchema.describe(
    'where on the host; when it ends in `/`, or is a folder, the file goes into it under its own name',
  ),
  ...attributeKeys,
  force: z.boolean().default(true).describe('`false` leaves a file alone that is there already'),
  backup: z.boolean().default(false).describe('keeps the old file beside the new one'),
  follow: z
    .boolean()
    .default(false)
    .describe('when `dest` is a link, writes to what it leads to, instead of replacing the link'),
};

export interface Attributes {
  readonly mode?: FileMode | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** Those that were given. */
export const givenAttributes = ({ mode, owner, group }: Attributes): FileAttributes => ({
  ...defined({ mode, owner, group }),
});
