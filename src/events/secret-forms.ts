/** Shorter than this, the inner part of an encoding would match innocent text. In characters. */
const shortestInnerPart = 8;

/**
 * The forms in which a secret is likely to be seen: as it is, trimmed, each long line of it; escaped for JSON (and once more, for JSON
 * in JSON), for sh and for URLs; in hex; in base64 and base64url, whole, as the inner part of a longer encoded text
 * (`user:secret`), of its JSON form (`{"password":"secret"}`), and of its own base64 (`{"auth":"dXNlcj…"}`).
 * None is shorter than 4 characters.
 */
export function formsOf(secret: string): readonly string[] {
  const texts = [secret, secret.trim(), ...linesOf(secret)];
  const forms = texts.flatMap((text) => [text, ...escapedFormsOf(text), ...base64FormsOf(text)]);
  return [...new Set([...forms, ...nestedFormsOf(secret)])].filter((form) => form.length >= 4);
}

/** A private key is often printed line by line. */
const linesOf = (secret: string): readonly string[] =>
  secret
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestInnerPart);

function escapedFormsOf(text: string): readonly string[] {
  const url = encodeUrl(text);
  return [
    escapeJson(text),
    text.replaceAll("'", String.raw`'\''`),
    url,
    url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    new URLSearchParams({ text }).toString().slice('text='.length),
  ];
}

const escapeJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** A lone surrogate has no URL form of its own; it is encoded as its replacement character. */
const encodeUrl = (text: string): string => encodeURIComponent(text.toWellFormed());

/** What one encoding makes of another, where programs really write it: HTTP authorization, Docker's credentials, logs of logs. */
function nestedFormsOf(secret: string): readonly string[] {
  const json = escapeJson(secret);
  const hex = Buffer.from(secret, 'utf8').toString('hex');
  return [
    escapeJson(json),
    ...(json === secret ? [] : base64FormsOf(json)),
    ...innerBase64FormsOf(secret).flatMap(innerBase64FormsOf),
    ...[hex, hex.toUpperCase()].filter((form) => form.length >= shortestInnerPart),
  ];
}

function base64FormsOf(text: string): readonly string[] {
  const whole = Buffer.from(text, 'utf8').toString('base64');
  const forms = [whole, whole.replace(/=+$/, '')];
  return [...forms, ...forms.map(urlSafe), ...innerBase64FormsOf(text)];
}

/** As the inner part of a longer encoded text, in both alphabets. */
function innerBase64FormsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8');
  const inner = [0, 1, 2]
    .map((offset) => innerBase64(bytes, offset))
    .filter((part) => part.length >= shortestInnerPart);
  return [...new Set([...inner, ...inner.map(urlSafe)])];
}

const urlSafe = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

/**
 * Base64 writes 3 bytes as 4 characters, so a text inside a longer one is written in one of three ways, by its place.
 * These are the characters that depend on it alone.
 */
function innerBase64(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const firstOwn = Math.ceil((offset * 8) / 6);
  const lastOwn = Math.floor(((offset + bytes.length) * 8) / 6);
  return encoded.slice(firstOwn, lastOwn);
}
