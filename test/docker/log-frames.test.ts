import { expect, test } from 'vitest';
import { logText } from '../../src/docker/raw-stream.js';

function frame(stream: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

test('stdout and stderr come together in their order, without the frames around them', () => {
  expect(logText(Buffer.concat([frame(1, 'started\n'), frame(2, 'fälure\n'), frame(1, '')]))).toBe(
    'started\nfälure\n',
  );
});

test('the log of a container with a terminal has no frames', () => {
  expect(logText(Buffer.from('$ echo hello\r\nhello\r\n'))).toBe('$ echo hello\r\nhello\r\n');
  expect(logText(Buffer.from('short'))).toBe('short');
  expect(logText(Buffer.alloc(0))).toBe('');
});

test('a last frame that is cut off keeps what is there', () => {
  expect(logText(frame(1, 'cut off here').subarray(0, 15))).toBe('cut off');
});
