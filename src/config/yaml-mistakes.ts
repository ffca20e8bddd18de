/** What is wrong in a text that is no YAML, and where that begins: the parser stops where it can read no further, which may be lines later. */
export interface Mistake {
  readonly offset: number;
  readonly reason: string;
  readonly hint: string;
}

const encrypted = (offset: number): Mistake => ({
  offset,
  reason: 'ansible-vault encrypted this, and adfpush does not decrypt it',
  hint: 'Decrypt it with ansible-vault, or keep it as one of the `secrets` of adfpush.yml.',
});

/** A file that is encrypted as a whole, which is YAML too: one text. */
export const encryptedFile = (source: string): Mistake | undefined =>
  source.startsWith('$ANSIBLE_VAULT;') ? encrypted(0) : undefined;

/** `offset` and `reason` are the parser's. Undefined where these say all that can be said. */
export const mistakeIn = (source: string, offset: number, reason: string): Mistake | undefined =>
  characterIn(source, offset, reason) ??
  tagIn(offset, reason) ??
  tabIn(source, offset) ??
  unclosedIn(source, offset, reason);

function characterIn(source: string, offset: number, reason: string): Mistake | undefined {
  if (!/null byte|non-printable/.test(reason)) return undefined;
  const code = (source.codePointAt(offset) ?? 0).toString(16);
  return {
    offset,
    reason: `U+${code.toUpperCase().padStart(4, '0')} is no text`,
    hint: `Write it in double quotes, as "\\${code.length > 2 ? `u${code.padStart(4, '0')}` : `x${code.padStart(2, '0')}`}".`,
  };
}

function tagIn(offset: number, reason: string): Mistake | undefined {
  const tag = /^unknown \w+ tag !<(.+)>$/.exec(reason)?.[1]?.replace('tag:yaml.org,2002:', '!!');
  if (tag === undefined) return undefined;
  if (tag === '!vault') return encrypted(offset);
  return {
    offset,
    reason: `the tag ${tag} is not known`,
    hint: 'Write the value without it. A text that begins with ! needs quotes around it.',
  };
}

function tabIn(source: string, offset: number): Mistake | undefined {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const [indentation = ''] = /^[ \t]*/.exec(source.slice(start)) ?? [];
  const tab = indentation.indexOf('\t');
  return tab < 0
    ? undefined
    : { offset: start + tab, reason: 'a tab stands in the indentation', hint: 'Indent with spaces.' };
}

/** Comments; what begins a value in quotes, in a block or in brackets; and any bracket, of which only those between brackets count. */
const signs =
  /(?:^|(?<=[ \t]))#.*|(?<=^ *|[:?-][ \t]+|[[{,]\s*|(?:^|\s)[&!]\S*[ \t]+)(?:(?<quote>["'])|(?<block>[|>][-+\d]*[ \t]*(?:#.*)?$)|(?<open>[[{]))|(?<bracket>[[\]{}])/gm;

const quoted = { '"': /"(?:[^"\\]|\\[^])*"/y, "'": /'(?:[^']|'')*'/y } as const;

/**
 * The quote or bracket before `offset` that is not closed. A text in quotes over several lines which ends on the line where the parser stopped has
 * taken the beginning of another for its end.
 */
function unclosedIn(source: string, offset: number, reason: string): Mistake | undefined {
  const open: { readonly sign: string; readonly offset: number }[] = [];
  const sign = new RegExp(signs);
  for (let match = sign.exec(source); match !== null && match.index <= offset; match = sign.exec(source)) {
    const { quote, block, bracket = match.groups?.['open'] } = match.groups ?? {};
    if (quote === '"' || quote === "'") {
      const end = endOf(quoted[quote], source, match.index);
      const spansLines = source.slice(match.index, end).includes('\n');
      if (end === undefined || (spansLines && !source.slice(end, offset).includes('\n')))
        return unclosed('the quote that begins here', match.index, quote);
      sign.lastIndex = end;
    } else if (block !== undefined) sign.lastIndex = endOfBlock(source, match.index);
    else if (bracket === '[' || bracket === '{') {
      if (open.length > 0 || match.groups?.['open'] !== undefined)
        open.push({ sign: bracket, offset: match.index });
    } else if (bracket !== undefined) {
      const last = open.pop();
      if (last !== undefined && closing[last.sign] !== bracket) return unclosedBracket(last);
    }
  }
  const last = open.at(-1);
  const isTemplate = last !== undefined && source.startsWith('{{', last.offset - 1);
  return last === undefined || isTemplate || !/flow|deficient/.test(reason)
    ? undefined
    : unclosedBracket(last);
}

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

const unclosedBracket = ({ sign, offset }: { readonly sign: string; readonly offset: number }): Mistake =>
  unclosed(`what begins here with ${sign}`, offset, closing[sign] ?? '');

const unclosed = (what: string, offset: number, sign: string): Mistake => ({
  offset,
  reason: `${what} is not closed`,
  hint: `Close it with ${/["']/.test(sign) ? 'another ' : ''}${sign}.`,
});

function endOf(pattern: RegExp, source: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(source) ? pattern.lastIndex : undefined;
}

/** A block goes on while lines are empty, or further in than the line of its sign. */
function endOfBlock(source: string, offset: number): number {
  const [indentation = ''] = /^ */.exec(source.slice(source.lastIndexOf('\n', offset) + 1)) ?? [];
  const first = source.indexOf('\n', offset);
  const lines = new RegExp(String.raw`(?:\n(?: {${indentation.length + 1}}.*|[ \t]*$))*`, 'my');
  return first < 0 ? source.length : (endOf(lines, source, first) ?? first);
}
