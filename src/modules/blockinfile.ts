import { z } from 'zod';
import { putBlock } from './block-edit.js';
import {
  editBase,
  editKeys,
  editRefusals,
  insertedText,
  isSecret,
  placeOf,
  placeSchema,
} from './edit-keys.js';
import { editModule, plainText, type TextEdit } from './text-edit.js';

const schema = z
  .strictObject({
    ...editKeys,
    block: insertedText
      .default('')
      .describe('The lines between the markers; empty removes them and the markers.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the block is to be there.'),
    marker: z
      .string()
      .default('# {mark} ANSIBLE MANAGED BLOCK')
      .describe('The lines around the block, with {mark} for marker_begin and marker_end.'),
    marker_begin: z.string().default('BEGIN').describe('What stands for {mark} above the block.'),
    marker_end: z.string().default('END').describe('What stands for {mark} below the block.'),
    insertafter: placeSchema(['EOF', 'BOF'])
      .optional()
      .describe('A new block goes after the last line that matches; EOF is the end.'),
    insertbefore: placeSchema(['BOF', 'EOF'])
      .optional()
      .describe('A new block goes before the last line that matches; BOF is the beginning.'),
    prepend_newline: z
      .boolean()
      .default(false)
      .describe('Puts an empty line above the block, unless one is there.'),
    append_newline: z
      .boolean()
      .default(false)
      .describe('Puts an empty line below the block, unless one is there.'),
    create: z.boolean().default(false).describe('Makes the file when it is not there.'),
  })
  .refine(...editRefusals.onePath)
  .refine(...editRefusals.validated)
  .refine(...editRefusals.onePlace)
  .refine(({ marker }) => marker.includes('{mark}') && !/[\r\n]/.test(marker), {
    message: 'must be one line with {mark} in it, or the block is not found again',
    path: ['marker'],
  })
  .refine(({ marker_begin: begin, marker_end: end }) => begin !== end && !/[\r\n]/.test(begin + end), {
    message: 'must be one line, and another than marker_begin',
    path: ['marker_end'],
  });
type Args = z.infer<typeof schema>;

/** Makes sure that a block of lines is between two marker lines of a text file, or that neither is there. */
export const blockinfile = editModule<Args>({
  name: 'blockinfile',
  docs: {
    summary: 'Keeps a block of lines between two marker lines of a text file, or removes it.',
    examples: [
      `- blockinfile:
    path: /etc/hosts
    marker: '# {mark} our own hosts'
    block: |
      10.0.0.5 db
      10.0.0.6 queue
  become: true`,
    ],
  },
  schema,
  editOf,
});

function editOf(args: Args): TextEdit {
  const { state, create, block: given } = args;
  const block = state === 'absent' ? '' : plainText(given);
  const marker = (mark: string): string => args.marker.replaceAll('{mark}', mark);
  return {
    ...editBase(args),
    create: create && block !== '',
    onlyRemoves: block === '',
    secret: isSecret(given),
    edit: (text, inFile) =>
      putBlock(text, {
        begin: inFile(marker(args.marker_begin)),
        end: inFile(marker(args.marker_end)),
        block: inFile(block),
        place: placeOf(args),
        prependNewline: args.prepend_newline,
        appendNewline: args.append_newline,
      }),
  };
}
