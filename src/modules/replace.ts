import { z } from 'zod';
import { compilePattern, type Pattern } from '../model/pattern/pattern.js';
import { PatternFault } from '../model/pattern/python-syntax.js';
import { expand, parseReplacement } from '../model/pattern/replacement.js';
import { patternSchema } from '../model/schema/pattern.js';
import { editBase, editKeys, editRefusals, insertedText, isSecret } from './edit-keys.js';
import { editModule, plainText, type Edited, type TextEdit } from './text-edit.js';

const schema = z
  .strictObject({
    ...editKeys,
    regexp: patternSchema({ multiline: true }).describe(
      'What is replaced, everywhere in the file; ^ and $ are those of each line.',
    ),
    replace: insertedText
      .default('')
      .describe('What takes its place; \\1 and \\g<name> in it are what groups matched.'),
    after: patternSchema({ dotAll: true })
      .optional()
      .describe('Only what comes after the first match of this is looked at.'),
    before: patternSchema({ dotAll: true })
      .optional()
      .describe(
        'Only what comes before a match of this is looked at: the last one, or the first one behind after.',
      ),
  })
  .refine(...editRefusals.onePath)
  .refine(...editRefusals.validated)
  .superRefine((args, context) => {
    const tell = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', message, path: [path] });
    tryOut(
      () => parseReplacement(plainText(args.replace), args.regexp),
      (message) =>
        tell('replace', isSecret(args.replace) ? 'holds a group that the pattern does not have' : message),
    );
    tryOut(
      () => sectionOf(args),
      (message) => tell('after', `${message}, together with before`),
    );
  });
type Args = z.infer<typeof schema>;

function tryOut(work: () => unknown, tell: (message: string) => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    tell(error.message);
  }
}

/** Replaces every match of a pattern in a text file. */
export const replace = editModule<Args>({
  name: 'replace',
  docs: {
    summary: 'Replaces every match of a pattern in a text file.',
    examples: [
      `- replace: { path: /etc/app.conf, regexp: '^(listen\\s+).*', replace: '\\g<1>0.0.0.0:8080', backup: true }
  become: true`,
    ],
  },
  schema,
  editOf,
});

function editOf(args: Args): TextEdit {
  return {
    ...editBase(args),
    create: false,
    onlyRemoves: false,
    secret: isSecret(args.replace),
    edit: (text, inFile) => replaceAll(text, args, inFile(plainText(args.replace))),
  };
}

function replaceAll(text: string, args: Args, by: string): Edited {
  const replacement = parseReplacement(by, args.regexp);
  const [from, to] = spanOf(text, sectionOf(args));
  const section = text.slice(from, to);
  const matches = args.regexp.allIn(section);
  let at = 0;
  const parts = matches.flatMap((match) => {
    const kept = section.slice(at, match.start);
    at = match.end;
    return [kept, expand(replacement, match)];
  });
  return {
    text: text.slice(0, from) + parts.join('') + section.slice(at) + text.slice(to),
    message: matches.length === 0 ? '' : `${matches.length} replacements made`,
  };
}

/** As Ansible has it, both at once are one pattern, with what is between them as short as can be. */
function sectionOf({ after, before }: Pick<Args, 'after' | 'before'>): Pattern | undefined {
  if (after === undefined && before === undefined) return undefined;
  const between = after !== undefined && before !== undefined ? '(?P<subsection>.*?)' : '(?P<subsection>.*)';
  return compilePattern(`${after?.source ?? ''}${between}${before?.source ?? ''}`, { dotAll: true });
}

/** The part of the text that is looked at; an empty one where there is no such part. */
function spanOf(text: string, section: Pattern | undefined): readonly [from: number, to: number] {
  if (section === undefined) return [0, text.length];
  const [match] = section.firstIn([text]);
  const group = section.names['subsection'] ?? 0;
  const from = match?.starts[group] ?? text.length;
  return [from, from + (match?.groups[group]?.length ?? 0)];
}
