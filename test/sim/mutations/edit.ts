/** One whole line of a source file replaced: the first one of several alike. */
interface LineEdit {
  readonly file: string;
  /** The line as it is, without the blanks around it. */
  readonly line: string;
  readonly replacement: string;
}

/** A text of a source file replaced, at its offset or, without one, where it stands alone. */
export interface TextEdit {
  readonly file: string;
  readonly text: string;
  readonly at?: number;
  readonly replacement: string;
}

export type Edit = LineEdit | TextEdit;

/** The source with one text replaced. Throws when the text is not there any more: a table of edits has to follow the code. */
export function edited(source: string, edit: Edit): string {
  return 'line' in edit ? withLine(source, edit) : withText(source, edit);
}

function withLine(source: string, { file, line, replacement }: LineEdit): string {
  const lines = source.split('\n');
  const index = lines.findIndex((one) => one.trim() === line);
  if (index === -1) throw new Error(`${file} has no line "${line}" any more`);
  return lines.with(index, replacement).join('\n');
}

function withText(source: string, { file, text, at, replacement }: TextEdit): string {
  const start = at ?? source.indexOf(text);
  if (start === -1 || !source.startsWith(text, start)) throw new Error(`${file} has no text "${text}" there`);
  if (at === undefined && source.includes(text, start + 1)) {
    throw new Error(`${file} has the text "${text}" more than once`);
  }
  return source.slice(0, start) + replacement + source.slice(start + text.length);
}
