import { expect, test } from 'vitest';
import type { Spill } from '../../src/ports/project-files.js';
import { Output } from '../../src/transport/output.js';
import { breadth } from '../deep.js';

const mebibyte = 1024 * 1024;

/** A file that is kept in memory. */
class MemorySpill implements Spill {
  readonly chunks: Uint8Array[] = [];

  write(chunk: Uint8Array): Promise<void> {
    this.chunks.push(Buffer.from(chunk));
    return Promise.resolve();
  }

  end(): ReturnType<Spill['end']> {
    return Promise.resolve(this.chunks.length === 0 ? undefined : { path: '/state/output' });
  }
}

test('output that fits is kept as it was, whatever the pieces', async () => {
  for (const [size, spill] of [
    [2 * mebibyte, undefined],
    [mebibyte / 4, new MemorySpill()],
  ] as const) {
    const output = new Output(spill);

    for (const piece of ['one ', 'two ', 'x'.repeat(size - 8)]) await output.add(Buffer.from(piece));
    await output.end();

    expect(output.toString()).toBe(`one two ${'x'.repeat(size - 8)}`);
    expect(output.truncated).toBe(false);
    expect(output.file).toBeUndefined();
  }
});

test('of too much output the beginning and the end are kept, and it says how much is left out', () => {
  const output = new Output();
  void output.add(Buffer.from('the beginning '));
  for (let piece = 0; piece < 100; piece += 1) void output.add(Buffer.alloc(100_000, 'x'));
  void output.add(Buffer.from(' the end'));

  const text = output.toString();

  const leftOut = 14 + 100 * 100_000 + 8 - 2 * mebibyte;
  expect(text.startsWith('the beginning x')).toBe(true);
  expect(text.endsWith('x the end')).toBe(true);
  expect(text).toContain(`x\n[… ${leftOut} bytes left out …]\nx`);
  expect(output.truncated).toBe(true);
});

test('of too much output the file has all, and the text says where it is', async () => {
  for (const size of [breadth(501, 7), 4_096, 100_003, 3 * mebibyte]) {
    const spill = new MemorySpill();
    const output = new Output(spill);
    const bytes = Buffer.from(Array.from({ length: 3 * mebibyte }, (_, index) => ((index * 31) % 251) | 128));
    for (let at = 0; at < bytes.length; at += size) void output.add(bytes.subarray(at, at + size));
    await output.end();

    expect(Buffer.concat(spill.chunks).equals(bytes), `pieces of ${size}`).toBe(true);
    expect(output.toString()).toContain(
      `${3 * mebibyte - 2 * 65_536} bytes left out; all of it is in /state/output`,
    );
  }
});

test('a cut through a character leaves no broken one', async () => {
  for (const before of ['', 'x', 'xx', 'xxx']) {
    const output = new Output(new MemorySpill());
    await output.add(Buffer.from(before + '😀ä'.repeat(mebibyte / 2)));

    expect(output.toString()).not.toContain('\uFFFD');
    expect(output.toString()).toMatch(/(😀|ä)\n\[… \d+ bytes left out.*…\]\n(😀|ä)/);
  }
});

test('a character that comes in two pieces stays one, and what is none shows as such', () => {
  const output = new Output();
  void output.add(Buffer.from('ä').subarray(0, 1));
  void output.add(Buffer.from('ä').subarray(1));
  void output.add(Buffer.from([0xff]));

  expect(output.toString()).toBe('ä\uFFFD');
});

test('of too much output no half of a line is kept, since it may be the half of a secret', () => {
  const secret = 'correct-horse-battery';
  for (let shift = 0; shift < secret.length; shift += 1) {
    const output = new Output(new MemorySpill());
    const line = `password=${secret}\n`;
    void output.add(Buffer.from('x'.repeat(shift) + line.repeat(10_000) + 'x'.repeat(shift)));

    const lines = output.toString().split('\n');

    const told = lines.filter((one) => one !== '' && !one.startsWith('[…'));
    expect(told.filter((one) => !one.endsWith(secret) && !/^x+$/.test(one))).toEqual([]);
    const left = Number(/(\d+) bytes left out/.exec(output.toString())?.[1]);
    const kept = Buffer.byteLength(output.toString().replace(/\n\[….*…\]\n/, ''));
    expect(left + kept).toBe(2 * shift + line.length * 10_000);
  }
});
