/** Where a template is broken, and how to write what was probably meant. */
export interface SyntaxExplanation {
  readonly offset: number;
  readonly reason: string;
  readonly hint: string;
}

/** What people write who know Ansible, Jinja or Go templates, as it stands at the broken place. */
const traps: readonly { readonly pattern: RegExp; readonly reason: string; readonly hint: string }[] = [
  {
    pattern: /^\{\{[^}]*\|\s*(default|d)\b/,
    reason: 'filters (x | default(…)) are Jinja, not Handlebars',
    hint: 'Write {{ default x "fallback" }}.',
  },
  {
    pattern: /^\{\{[^}]*\|/,
    reason: 'filters (x | filter) are Jinja, not Handlebars',
    hint: 'A function comes first: {{ lower x }}, {{ join list "," }}, {{ json x }}.',
  },
  {
    pattern: /^\{\{-?\s*\.[A-Za-z]/,
    reason: 'this looks like a Go template (as in docker --format), and {{ }} is read by adfpush first',
    hint: 'Write \\{{ to leave it as it is: \\{{.Names}}.',
  },
  {
    pattern: /^\{\{\{?~?\s*\}\}/,
    reason: 'there is nothing between the braces',
    hint: 'Write a variable, or \\{{ for the braces themselves.',
  },
  {
    pattern: /^\{\{(?![^]*?\}\})/,
    reason: 'this {{ is never closed',
    hint: 'Write }} behind the value, or \\{{ for the braces themselves.',
  },
  {
    pattern: /^\{\{[^{][^}]*\}\}\}/,
    reason: 'three braces close what two opened',
    hint: 'Write {{{ value }}} for a raw value, or a space before a brace that is not meant: {{ value }} }.',
  },
  {
    pattern: /^\{\{[^}]*(==|!=|<=|>=|&&|\|\||<|>)/,
    reason: 'operators are not part of Handlebars',
    hint: 'Write {{#if (eq x 1)}}; there are eq, ne, lt, gt, and, or, not.',
  },
  {
    pattern: /^\{\{[^}]*[\w\])]\s*\[/,
    reason: 'a list is indexed with a dot',
    hint: 'Write {{ list.[0] }}.',
  },
  {
    pattern: /^\{\{[^}]*\.\d/,
    reason: 'an index needs brackets',
    hint: 'Write {{ list.[0] }}.',
  },
  {
    pattern: /^\{\{[^}]*\w\(/,
    reason: 'functions are called without parentheses and commas',
    hint: 'Write {{ lower x }}, and {{ upper (trim x) }} for a function in a function.',
  },
  {
    pattern: /^\{\{[^}]*\s[-+*/%]\s/,
    reason: 'arithmetic is not part of Handlebars',
    hint: 'Compute it in the command, or give it a variable of its own.',
  },
  {
    pattern: /^\{\{\/\s*(if|unless|each|with)\b/,
    reason: 'this block was never opened',
    hint: 'Remove it, or open the block before it: {{#if x}}.',
  },
];

const fallback = 'Templates are Handlebars: {{ name }}, {{#if x}}…{{/if}}. Write \\{{ for literal braces.';

/** Makes sense of what Handlebars threw. The offset is that of the broken place in the template. */
export function explainSyntaxError(text: string, error: unknown): SyntaxExplanation {
  const message = error instanceof Error ? error.message : String(error);
  const mismatch = /^(\S+) doesn't match (\S+) - (\d+):(\d+)$/.exec(message);
  if (mismatch !== null) {
    const [, opened = '', closed = '', line = '1', column = '0'] = mismatch;
    return {
      offset: offsetOfLine(text, Number(line)) + Number(column),
      reason: `the block {{#${opened}}} is closed by {{/${closed}}}`,
      hint: `Close it with {{/${opened}}}.`,
    };
  }
  const offset = brokenAt(text, message);
  if (message.endsWith("got 'EOF'")) {
    return {
      offset,
      reason: 'a block is not closed at the end of the template',
      hint: 'Each {{#if}}, {{#each}} needs its {{/if}}, {{/each}}.',
    };
  }
  const opening = openingBefore(text, offset);
  const tag = text.slice(opening);
  const trap = traps.find(({ pattern }) => pattern.test(tag));
  if (trap !== undefined) return { offset: opening, reason: trap.reason, hint: trap.hint };
  const line = tag.split('\n')[0] ?? '';
  const shown = line.length > 40 ? `${line.slice(0, 40)}…` : line;
  return { offset, reason: `not a Handlebars template: "${shown}"`, hint: fallback };
}

/** The `{{` of the tag that is broken at `offset`. */
function openingBefore(text: string, offset: number): number {
  const at = text.lastIndexOf('{{', offset + 1);
  if (at < 0) return offset;
  return text[at - 1] === '{' ? at - 1 : at;
}

const offsetOfLine = (text: string, line: number): number =>
  text
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, { length }) => sum + length + 1, 0);

/**
 * Handlebars' parser tells the place only as a picture: up to 20 characters before it and some after, without line
 * breaks, over a line of dashes that ends below it. The place is where that picture fits the template.
 */
function brokenAt(text: string, message: string): number {
  const [, picture = '', pointer = ''] = message.split('\n');
  const width = pointer.indexOf('^');
  // Longer text is cut, and marked with dots; they may as well be its own.
  const before = picture.slice(0, width);
  const after = picture.slice(width);
  const flat = text.replaceAll('\n', '');
  const visible = [...text.matchAll(/[^\n]/g)].map(({ index }) => index);
  for (const past of [before, before.replace(/^\.\.\./, '')]) {
    for (const next of [after, after.replace(/\.\.\.$/, '')]) {
      const found = flat.indexOf(past + next);
      if (found >= 0) return visible[found + past.length] ?? text.length;
    }
  }
  return 0;
}
