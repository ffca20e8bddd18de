import { z } from 'zod';
import { PatternFault } from '../model/pattern/python-syntax.js';
import { parseReplacement } from '../model/pattern/replacement.js';
import { patternSchema } from '../model/schema/pattern.js';
import {
  editBase,
  editKeys,
  editRefusals,
  insertedText,
  isSecret,
  placeOf,
  placeSchema,
} from './edit-keys.js';
import { putLine, removeLines, type WantedLine } from './line-edit.js';
import { editModule, plainText, type TextEdit } from './text-edit.js';

const schema = z
  .strictObject({
    ...editKeys,
    line: insertedText
      .optional()
      .describe('The line; with backrefs, \\1 and \\g<name> in it are what groups of regexp matched.'),
    regexp: patternSchema()
      .optional()
      .describe('The line to replace, or with state: absent all lines to remove.'),
    search_string: z.string().min(1).optional().describe('The same for lines that hold this text.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the line is to be there.'),
    backrefs: z
      .boolean()
      .default(false)
      .describe('Replaces the line that regexp matches; where none does, nothing is done.'),
    insertafter: placeSchema(['EOF', 'BOF'])
      .optional()
      .describe('A new line goes after the last line that matches; EOF is the end.'),
    insertbefore: placeSchema(['BOF', 'EOF'])
      .optional()
      .describe('A new line goes before the last line that matches; BOF is the beginning.'),
    firstmatch: z
      .boolean()
      .default(false)
      .describe('Takes the first line that matches, instead of the last.'),
    create: z.boolean().default(false).describe('Makes the file when it is not there.'),
  })
  .refine(...editRefusals.onePath)
  .refine(...editRefusals.validated)
  .refine(...editRefusals.onePlace)
  .refine(({ regexp, search_string: text }) => regexp === undefined || text === undefined, {
    message: 'write regexp or search_string, and not both',
    path: ['search_string'],
  })
  .refine(({ state, line }) => state === 'absent' || line !== undefined, {
    message: 'is missing: the line that is to be there',
    path: ['line'],
  })
  .refine(
    ({ state, line, regexp, search_string: text }) =>
      state === 'present' || (line ?? regexp ?? text) !== undefined,
    { message: 'needs regexp, search_string or line, for what to remove', path: ['state'] },
  )
  .refine(({ backrefs, regexp }) => !backrefs || regexp !== undefined, {
    message: 'needs a regexp',
    path: ['backrefs'],
  })
  .superRefine(({ backrefs, line = '', regexp }, context) => {
    if (!backrefs || regexp === undefined) return;
    try {
      parseReplacement(plainText(line), regexp);
    } catch (error) {
      if (!(error instanceof PatternFault)) throw error;
      const message = isSecret(line) ? 'holds a group that the pattern does not have' : error.message;
      context.addIssue({ code: 'custom', message, path: ['line'] });
    }
  });
type Args = z.infer<typeof schema>;

/** Makes sure that a line is in a text file, or is not. */
export const lineinfile = editModule<Args>({
  name: 'lineinfile',
  docs: {
    summary:
      'Makes sure that a line is in a text file, in place of the one that a pattern matches, or that it is not.',
    examples: [
      `- lineinfile: { path: /etc/ssh/sshd_config, regexp: '^#?PermitRootLogin', line: PermitRootLogin no, validate: sshd -t -f %s }
  become: true`,
      `- lineinfile:
    path: /etc/default/app
    regexp: '^(?P<name>PORT)='
    line: '\\g<name>=8080'
    backrefs: true
  become: true`,
    ],
  },
  schema,
  editOf,
});

function editOf(args: Args): TextEdit {
  const { state, create, line, regexp, search_string: text } = args;
  const removes = state === 'absent';
  return {
    ...editBase(args),
    create: create && !removes,
    onlyRemoves: removes,
    secret: isSecret(line),
    edit: (before, inFile) => {
      const literal = text === undefined ? undefined : { text: inFile(text) };
      const finder = regexp ?? literal;
      if (removes) return removeLines(before, finder ?? { line: inFile(plainText(line ?? '')) });
      return putLine(before, wantedLine(args, finder, inFile(plainText(line ?? ''))));
    },
  };
}

function wantedLine(args: Args, finder: WantedLine['finder'], line: string): WantedLine {
  const { backrefs, regexp, firstmatch } = args;
  return {
    finder,
    line,
    backrefs: backrefs && regexp !== undefined ? parseReplacement(line, regexp) : undefined,
    place: placeOf(args),
    firstmatch,
  };
}
