import { isUtf8 } from 'node:buffer';
import { fileInUtf16, fileNotUtf8 } from '../errors/config.js';
import type { Place } from '../model/source.js';

/** The text of a user's file. Throws `config.not_utf8`, at the first byte that is none where the text is UTF-8 before it. */
export function utf8Text(file: string, bytes: Buffer): string {
  if (isUtf16(bytes)) throw fileInUtf16(file);
  if (!isUtf8(bytes)) throw fileNotUtf8(placeOfWrongByte(file, bytes));
  return bytes.toString();
}

/** By its byte order mark, or by the NUL in its first character. */
function isUtf16([first, second]: Buffer): boolean {
  const isMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMark || (second !== undefined && (first === 0) !== (second === 0));
}

/** Where the first byte stands that is no UTF-8. Node reads it as U+FFFD, which a file may also hold as itself. */
function placeOfWrongByte(file: string, bytes: Buffer): Place {
  const text = bytes.toString();
  const isWrong = (index: number): boolean =>
    bytes.indexOf('\uFFFD', Buffer.byteLength(text.slice(0, index))) !==
    Buffer.byteLength(text.slice(0, index));
  let index = text.indexOf('\uFFFD');
  while (index >= 0 && !isWrong(index)) index = text.indexOf('\uFFFD', index + 1);
  const before = text.slice(0, Math.max(0, index));
  return { file, line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}
