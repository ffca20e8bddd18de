import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { AdfError, AdfErrors } from '../../src/errors/adf-error.js';
import type { Event } from '../../src/events/event.js';
import { Redaction } from '../../src/events/redaction.js';
import { hostId } from '../../src/model/ids.js';
import { Secret } from '../../src/model/secret.js';

const redactionOf = (...secrets: string[]): Redaction => {
  const redaction = new Redaction();
  for (const secret of secrets) redaction.add(new Secret(secret));
  return redaction;
};

const host = { id: hostId('i-1'), name: 'api-1' };
const task = { play: 'Roll', index: 0, name: 'Start', module: 'docker_container' };

/** A task event that carries a text in every place where one can stand. */
const eventWith = (text: string): Event => ({
  at: 1,
  type: 'task.ended',
  host: { ...host, name: text },
  task: { ...task, name: `before${text}after` },
  status: 'failed',
  duration: 1,
  message: `${text}${text}`,
  diff: `- env: ${text}\n+ env: x`,
  output: JSON.stringify({ [text]: [text] }),
  error: new AdfError({
    code: 'docker.failed',
    class: 'failed',
    message: `cannot start with ${text}`,
    hint: `take ${text} out`,
    host: text,
    sourceLine: `password: ${text}`,
    at: { file: text, line: 1, column: 1 },
    cause: new Error(`cause ${text}`),
  }),
});

/** Everything an error would show by any reader, its stack and cause included. */
const seen = (event: Event): string => {
  const error = 'error' in event ? event.error : undefined;
  const { code, message, hint, host: at, sourceLine, stack } = error ?? {};
  const cause = error?.cause instanceof Error ? [error.cause.message, error.cause.stack] : [];
  return JSON.stringify([event, code, message, hint, at, sourceLine, stack, cause, error?.at]);
};

const secretText = fc
  .string({ unit: 'grapheme', minLength: 8, maxLength: 60 })
  // What the frame of the event holds anyway, or a mask, is not a secret that could be told apart.
  .filter(
    (text) =>
      text.trim().length >= 8 && new Set(text.trim()).size >= 5 && !seen(eventWith('')).includes(text),
  );

const forms: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 within a longer text': (text) => Buffer.from(`user:${text}:tail`).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  URL: (text) => encodeURIComponent(text.toWellFormed()),
  'a form field': (text) => new URLSearchParams({ a: text }).toString(),
  JSON: (text) => JSON.stringify({ a: text }),
  'JSON in JSON': (text) => JSON.stringify({ log: JSON.stringify({ a: text }) }),
  'base64 of JSON': (text) => Buffer.from(JSON.stringify({ password: text })).toString('base64'),
  'the base64 that Docker writes into base64': (text) => {
    const auth = Buffer.from(`user:${text}`).toString('base64');
    return Buffer.from(JSON.stringify({ auth })).toString('base64');
  },
  hex: (text) => Buffer.from(text).toString('hex'),
  'a quoted shell word': (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`,
};

describe('redaction', () => {
  it.each(Object.entries(forms))(
    'leaves no secret in any redacted event when it travels as %s',
    (_, write) => {
      fc.assert(
        fc.property(secretText, (text) => {
          const redacted = seen(redactionOf(text).redact(eventWith(write(text))));

          expect(redacted).not.toContain(text);
          expect(redacted).not.toContain(JSON.stringify(text).slice(1, -1));
          if (!write(text).includes('user:'))
            expect(redacted).not.toContain(Buffer.from(text).toString('base64'));
        }),
        { numRuns: breadth(25, 150) },
      );
    },
  );

  it('hides a secret that basic authentication carries, wherever it begins in the encoded text', () => {
    for (const user of ['', 'A', 'AB', 'ABC', 'ABCD']) {
      const header = Buffer.from(`${user}:correct horse battery`).toString('base64');

      const shown = redactionOf('correct horse battery').redactText(`Basic ${header}`);

      expect(shown).toContain('***');
      expect(Buffer.from(shown.replaceAll('*', ''), 'base64').toString()).not.toContain('horse');
    }
  });

  it.each(Object.entries(forms))('shows a mask where it took one out that travels as %s', (_, write) => {
    const secret = `correct "horse" \\ battery's staple`;
    const shown = redactionOf(secret).redactText(write(secret));

    expect(shown).toContain('***');
    expect(shown.replaceAll('*', '').length).toBeLessThan(write(secret).length - secret.length / 2);
  });

  it('takes out the longer of two secrets that share their beginning', () => {
    expect(redactionOf('hunter2', 'hunter2-and-more').redactText('pw=hunter2-and-more')).toBe('pw=***');
  });

  it('hides each line of a key that is printed line by line', () => {
    const key = '-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA1\nshort\n-----END KEY-----\n';
    expect(redactionOf(key).redactText('out: MIIEpAIBAAKCAQEA1 end')).toBe('out: *** end');
  });

  it('hides each line of a secret that is long enough to be one, and what is left when it is trimmed', () => {
    const shown = redactionOf('  pin123  \nsecond\nab\n').redactText('pin123 and second and ab');
    expect(shown).toBe('*** and *** and ab');
  });

  it('takes out all of two secrets of which one ends with what the other begins with', () => {
    expect(redactionOf('correct-horse', 'horse-battery').redactText('pw=correct-horse-battery.')).toBe(
      'pw=***.',
    );
  });

  it('hides a secret of six characters in base64, wherever it begins there, in either alphabet', () => {
    for (const before of ['', 'x', 'xy', 'xyz'])
      for (const encoding of ['base64', 'base64url'] as const) {
        const written = Buffer.from(`${before}>>?~?1after`).toString(encoding);
        const shown = redactionOf('>>?~?1').redactText(written);
        expect(shown).toContain('***');
        expect(Buffer.from(shown.replace('***', ''), encoding).toString()).not.toContain('>?~?');
      }
  });

  /** How other programs write a text, none of which is JavaScript. */
  it.each([
    ['JSON of Python', 'pässwörd/€𝟙', String.raw`p\u00e4ssw\u00f6rd/\u20ac\ud835\udfd9`],
    ['JSON of Go', 'a<b>&c-d\u2028', String.raw`a\u003cb\u003e\u0026c-d\u2028`],
    ['JSON of PHP', 'ab/cd/ef', String.raw`ab\/cd\/ef`],
    ['percent of RFC 3986', "it's(here)!*", 'it%27s%28here%29%21%2A'],
    ['percent of Python', 'ab/cd ef', 'ab/cd%20ef'],
    ['percent in a URL', 'p@ss:w+rd&x', 'p@ss:w+rd&x'],
    ['percent in lower case', 'p@ss:w/rd', 'p%40ss%3aw%2frd'],
    ['words of our own commands', String.raw`it's a \back`, String.raw`it'\''s a '\\'back`],
    ['words in double quotes', 'a$b"c`d\\e', String.raw`a\$b\"c\`d\\e`],
    ['words of printf %q', "it's $HOME & co", String.raw`it\'s\ \$HOME\ \&\ co`],
    ["words in $'…'", "it's\nhere\ttoo", String.raw`it\'s\nhere\ttoo`],
  ])('hides a secret in %s', (_, secret, written) => {
    expect(redactionOf(secret).redactText(`before ${written} after`)).toBe('before *** after');
  });

  it.each([
    ['where a value was cut', 'must be a port, not "hunter2-and-…".', 'must be a port, not "***…".'],
    [
      'on both sides of what was left out',
      'x hunter2-an\n[… 500 bytes left out; all of it is in /state/out …]\nsecret-too y',
      'x ***\n[… 500 bytes left out; all of it is in /state/out …]\n*** y',
    ],
    ['unless so little is left that it says nothing', '"hunte…" and -too', '"hunte…" and -too'],
  ])('takes out the part of a secret that is left %s', (_, text, shown) => {
    expect(redactionOf('hunter2-and-more-secret-too').redactText(text)).toBe(shown);
  });

  describe('of a secret that is too short to be told from other text', () => {
    const told = (...secrets: (readonly [string, string])[]): { redaction: Redaction; names: string[] } => {
      const redaction = new Redaction();
      const names: string[] = [];
      for (const [value, name] of secrets) redaction.add(new Secret(value), name);
      redaction.onUnmasked((name) => names.push(name));
      return { redaction, names };
    };

    it('masks nothing, and says so once for its name', () => {
      const { redaction, names } = told(
        ['12345', 'pin'],
        ['54321', 'pin'],
        ['123456', 'longer'],
        ['', 'empty'],
      );
      redaction.add(new Secret('abc'), 'later');
      redaction.add(new Secret('abc'), 'later');

      expect(redaction.redactText('12345 123456 abc')).toBe('12345 *** abc');
      expect(names).toEqual(['pin', 'later']);
    });

    it('still finds it as a word of an argument, where all users could read it', () => {
      const { redaction } = told(['4711', 'pin'], ['abc', 'very_short']);
      expect(redaction.isIn(['login', '--pin=4711'])).toBe(true);
      expect(redaction.isIn(['login', '--id=147112', 'abc'])).toBe(false);
    });
  });

  it('keeps our errors what they are, so that readers still know code, class and place', () => {
    const error = new AdfError({
      code: 'x.y',
      class: 'refused',
      message: 'no s3cret-word here',
      at: { file: 'a.yml', line: 3, column: 4 },
    });

    const redacted = redactionOf('s3cret-word').redact(new AdfErrors([error, error]));

    expect(redacted).toBeInstanceOf(AdfErrors);
    expect(redacted.errors[0]).toBeInstanceOf(AdfError);
    expect(redacted.errors[0]).toMatchObject({
      code: 'x.y',
      class: 'refused',
      message: 'no *** here',
      at: { file: 'a.yml', line: 3, column: 4 },
    });
  });

  it('redacts keys, maps, sets, bytes, URLs, and values wrapped as secrets', () => {
    const redaction = redactionOf('s3cret-word');

    expect(redaction.redact({ 's3cret-word': 1 })).toEqual({ '***': 1 });
    expect(redaction.redact(new Map([['k', 's3cret-word']]))).toEqual(new Map([['k', '***']]));
    expect(redaction.redact(new Set(['s3cret-word']))).toEqual(new Set(['***']));
    expect(redaction.redact({ a: Buffer.from('my s3cret-word') })).toEqual({ a: '***' });
    expect(redaction.redact({ a: new URL('http://u:s3cret-word@x/') })).toEqual({ a: 'http://u:***@x/' });
    expect(redaction.redact({ a: new Secret('another one') })).toEqual({ a: '***' });
  });

  it('survives a cycle', () => {
    const loop: { name: string; self?: unknown } = { name: 's3cret-word' };
    loop.self = loop;
    expect(redactionOf('s3cret-word').redact(loop).name).toBe('***');
  });

  it('hands through the very same object when there is nothing to hide', () => {
    const event = eventWith('harmless');
    expect(new Redaction().redact(event)).toBe(event);

    const plain = { at: 1, hosts: [host, host], nested: { a: [1, 'two', null] } };
    expect(redactionOf('s3cret-word').redact(plain)).toBe(plain);
  });
});
