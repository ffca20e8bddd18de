/**
 * Preloaded into the built program (`node --import`): kills it, as `kill -9` does, at one record of its journal. The program itself knows
 * nothing of this. CRASH_AT=before:17 ends it when 17 records would be on disk next and 16 are, half of the 17th perhaps; after:17 ends
 * it when the 17th is synced and nobody was told yet. Instead of a number, a text: the first record that has it.
 */
import { fsyncSync, readlinkSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

const point = process.env['CRASH_AT'] ?? '';
const side = point.slice(0, point.indexOf(':'));
const wanted = point.slice(point.indexOf(':') + 1);
let at = /^\d+$/.test(wanted) ? Number(wanted) : undefined;
let records = 0;

function isJournal({ fd }: FileHandle): boolean {
  return readlinkSync(`/proc/self/fd/${fd}`).endsWith('.journal');
}

/** What is still written: the records before the point, and every other time the beginning of the next, as a torn line. */
function untilPoint(lines: readonly string[], before: number, at: number): string {
  const whole = lines.slice(0, at - before - (side === 'before' ? 1 : 0));
  const next = lines[whole.length] ?? '';
  return whole.join('') + (side === 'before' && at % 2 === 0 ? next.slice(0, next.length / 2) : '');
}

const anyFile = await open('/dev/null');
const prototype = Reflect.getPrototypeOf(anyFile) ?? {};
await anyFile.close();
const append = (file: FileHandle, data: string | Uint8Array): Promise<void> =>
  Reflect.apply(original, file, [data]);
// eslint-disable-next-line @typescript-eslint/unbound-method -- called on its file again
const original = anyFile.appendFile;

Object.defineProperty(prototype, 'appendFile', {
  value(this: FileHandle, data: string | Uint8Array): Promise<void> {
    if (typeof data !== 'string' || !isJournal(this)) return append(this, data);
    const lines = data.match(/[^\n]*\n/g) ?? [];
    const before = records;
    records += lines.length;
    const found = at === undefined ? lines.findIndex((line) => line.includes(wanted)) : -1;
    if (found >= 0) at = before + found + 1;
    if (at === undefined || at <= before || at > records) return append(this, data);
    writeSync(this.fd, untilPoint(lines, before, at));
    fsyncSync(this.fd);
    process.kill(process.pid, 'SIGKILL');
    // The signal is on its way to another thread: nothing of this one may go on.
    return new Promise(() => undefined);
  },
});
