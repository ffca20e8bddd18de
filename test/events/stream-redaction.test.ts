import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { Redaction } from '../../src/events/redaction.js';
import { formsOf } from '../../src/events/secret-forms.js';
import { isLongEnough, Secret } from '../../src/model/secret.js';

const redactionOf = (...secrets: string[]): Redaction => {
  const redaction = new Redaction();
  for (const secret of secrets) redaction.add(new Secret(secret));
  return redaction;
};

/** What comes out of a stream that brings these pieces. */
function redacted(redaction: Redaction, pieces: readonly Uint8Array[]): Buffer {
  const stream = redaction.stream();
  // Each result is copied at once: the next write may use the memory again.
  const shown = pieces.map((piece) => Buffer.from(stream.write(piece)));
  return Buffer.concat([...shown, stream.end()]);
}

/** The same by brute force: every place of every form in the whole, overlapping ones together as one mask. */
function expected(secrets: readonly string[], whole: Buffer): Buffer {
  const spans = secrets
    .filter(isLongEnough)
    .flatMap(formsOf)
    .flatMap((form) => {
      const bytes = Buffer.from(form);
      const found: { start: number; end: number }[] = [];
      for (let at = whole.indexOf(bytes); at >= 0; at = whole.indexOf(bytes, at + 1)) {
        found.push({ start: at, end: at + bytes.length });
      }
      return found;
    })
    .sort((a, b) => a.start - b.start);
  const parts: Buffer[] = [];
  let done = 0;
  for (const { start, end } of spans) {
    if (start >= done) parts.push(whole.subarray(done, start), Buffer.from('***'));
    done = Math.max(done, end);
  }
  return Buffer.concat([...parts, whole.subarray(Math.min(done, whole.length))]);
}

function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let piece = 0; at < bytes.length; piece++) {
    const length = lengths[piece % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const secret = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 6, maxLength: 40 }),
  fc.string({ minLength: 8, maxLength: 40 }),
  // Secrets that overlap themselves, one another and their encodings.
  fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), minLength: 6, maxLength: 9 }),
  fc
    .array(fc.base64String({ minLength: 12, maxLength: 64 }), { minLength: 2, maxLength: 6 })
    .map((lines) => ['-----BEGIN KEY-----', ...lines, '-----END KEY-----', ''].join('\n')),
);

/** Secrets, and bytes that hold some of them, in any form, whole, in part, and one run into another. */
const streams = fc.array(secret, { minLength: 1, maxLength: 4 }).chain((secrets) => {
  const form = fc.constantFrom(...secrets.flatMap(formsOf).map((text) => Buffer.from(text)));
  const part = fc.tuple(form, fc.nat({ max: 40 })).map(([bytes, length]) => bytes.subarray(0, length));
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.string({ unit: fc.constantFrom('a', 'b', 'ä', '*', '\n'), maxLength: 10 }).map((t) => Buffer.from(t)),
  );
  return fc.record({
    secrets: fc.constant(secrets),
    whole: fc.array(fc.oneof(form, part, noise), { maxLength: 30 }).map((all) => Buffer.concat(all)),
    lengths: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
  });
});

describe('redaction of a stream of bytes', () => {
  it('masks exactly the forms of secrets, and hands on every other byte, however the stream was cut', () => {
    fc.assert(
      fc.property(streams, ({ secrets, whole, lengths }) => {
        expect(redacted(redactionOf(...secrets), cut(whole, lengths))).toEqual(expected(secrets, whole));
      }),
      { numRuns: breadth(375, 3_000) },
    );
  });

  it('leaves no form of a secret behind', () => {
    fc.assert(
      fc.property(streams, ({ secrets, whole, lengths }) => {
        // With an asterisk, a mask and its neighbours may spell a form by chance.
        fc.pre(!secrets.some((text) => text.includes('*')));
        const shown = redacted(redactionOf(...secrets), cut(whole, lengths));

        for (const form of secrets.filter(isLongEnough).flatMap(formsOf))
          expect(shown.includes(Buffer.from(form))).toBe(false);
      }),
      { numRuns: breadth(125, 1_000) },
    );
  });

  it('hands on the very same bytes while no secret is known', () => {
    const bytes = randomBytes(1_000);
    expect(new Redaction().stream().write(bytes)).toBe(bytes);
  });

  it('shows at once what cannot be the beginning of a secret', () => {
    const stream = redactionOf('a-very-long-secret'.repeat(200)).stream();
    expect(Buffer.from(stream.write(Buffer.from('Pulling layers\n'))).toString()).toBe('Pulling layers\n');
  });

  it('hides a secret that becomes known while the stream flows', () => {
    const redaction = redactionOf('hunter2-hunter2');
    const stream = redaction.stream();
    const before = Buffer.from(stream.write(Buffer.from('one hunter2-'))).toString();
    redaction.add(new Secret('correct horse'));
    const after = Buffer.from(stream.write(Buffer.from('hunter2 correct horse two'))).toString();
    expect(before + after + Buffer.from(stream.end()).toString()).toBe('one *** *** two');
  });

  it('takes single bytes of a stream that almost spells a long secret in time that grows with the stream only', () => {
    const stream = redactionOf(`${'a'.repeat(2_000)}b`).stream();
    const almost = Buffer.from('a');
    let shown = 0;
    for (let byte = 0; byte < 20_000; byte++) shown += stream.write(almost).length;
    expect(shown + stream.end().length).toBe(20_000);
  });
});
