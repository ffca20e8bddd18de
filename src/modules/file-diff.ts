import { createTwoFilesPatch } from 'diff';

/** Bytes of a file that is shown; Ansible's `max_file_size_for_diff` is the same. */
export const diffLimit = 104_448;

/** Lines that may come and go before a diff is no longer looked for: beyond that it takes long and says little. */
const maxEditLength = 4_000;

/** One side of a diff. */
export interface DiffSide {
  readonly size: number;
  /** Undefined when it is too large, or cannot be read. */
  readonly bytes: Uint8Array | undefined;
}

/** A unified diff of two texts; in a few words what cannot be shown so. `before` is undefined for a new file. */
export function fileDiff(path: string, before: DiffSide | undefined, after: DiffSide): string {
  const old = before === undefined ? '' : textOf(before);
  const next = textOf(after);
  if (old === undefined || next === undefined) {
    return `--- before: ${path} (${before === undefined ? 'nothing' : describe(before)})\n+++ after: ${path} (${describe(after)})`;
  }
  const [from, to] = [before === undefined ? '/dev/null' : `before: ${path}`, `after: ${path}`];
  const patch = createTwoFilesPatch(from, to, old, next, undefined, undefined, { context: 3, maxEditLength });
  return patch === undefined
    ? `--- ${from} (${lines(old)})\n+++ ${to} (${lines(next)})`
    : patch.replace(/^=+\n/, '').trimEnd();
}

const lines = (text: string): string => `${text.split('\n').length} lines`;

const describe = (side: DiffSide): string =>
  side.bytes === undefined
    ? `${side.size} bytes${side.size > diffLimit ? ', too large to be shown' : ''}`
    : `${textOf(side) === undefined ? 'binary, ' : ''}${side.size} bytes`;

/** Undefined for what is no text. */
function textOf({ bytes }: DiffSide): string | undefined {
  if (bytes === undefined || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
