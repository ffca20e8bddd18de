import { isLongEnough, shortestSecret } from '../model/secret.js';

/**
 * The forms in which a secret is likely to be seen: as it is, trimmed, each long line of it; escaped for JSON (and once more, for JSON
 * in JSON), for sh and for URLs; in hex; in base64 and base64url, whole, as the inner part of a longer encoded text
 * (`user:secret`), of its JSON form (`{"password":"secret"}`), and of its own base64 (`{"auth":"dXNlcj…"}`).
 * None is shorter than `shortestSecret`.
 */
export function formsOf(secret: string): readonly string[] {
  const texts = [secret, secret.trim(), ...linesOf(secret)].filter(isLongEnough);
  const forms = texts.flatMap((text) => [text, ...escapedFormsOf(text), ...base64FormsOf(text)]);
  return [...new Set([...forms, ...nestedFormsOf(secret)])].filter((form) => form.length >= shortestSecret);
}

/** A private key is often printed line by line. */
const linesOf = (secret: string): readonly string[] => secret.split(/\r?\n/).map((line) => line.trim());

const escapedFormsOf = (text: string): readonly string[] => [
  ...jsonForms(text),
  ...shellForms(text),
  ...urlForms(text),
];

const escapeJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const codeUnit = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** As JavaScript writes it, Python (`ensure_ascii`), Go (safe for HTML), and PHP (slashes). */
function jsonForms(text: string): readonly string[] {
  const json = escapeJson(text);
  return [
    json,
    json.replace(/[^ -~]/g, codeUnit),
    json.replace(/[<>&\u2028\u2029]/g, codeUnit),
    json.replaceAll('/', String.raw`\/`),
  ];
}

/**
 * The inside of a word in single quotes (`'\''` for a quote, and as our own commands write it, with backslashes outside too), in double
 * quotes, in no quotes (`printf %q`), and in `$'…'`.
 */
function shellForms(text: string): readonly string[] {
  const controls: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't' };
  return [
    text.replaceAll("'", String.raw`'\''`),
    text.replaceAll(/['\\]/g, String.raw`'\$&'`),
    text.replaceAll(/[$`"\\]/g, String.raw`\$&`),
    text.replaceAll(/[^A-Za-z0-9_@%+=:,./\n\u0080-\uffff-]/g, String.raw`\$&`),
    text.replaceAll(/['\\\n\r\t]/g, (character) => `\\${controls[character] ?? character}`),
  ];
}

/** Beside letters, digits and `-._~`, what is left as it is: by RFC 3986, JavaScript, Python's quote, in a path or a user name, in a whole URL. */
const leftInUrls = ['', "!'()*", '/', "!$&'()*+,;=:@", "!#$&'()*+,/:;=?@"];

/** A lone surrogate has no URL form of its own; it is encoded as its replacement character. */
function urlForms(text: string): readonly string[] {
  const all = encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, percent);
  const upper = leftInUrls.map((left) =>
    all.replace(/%[0-7][0-9A-F]/g, (escape) => {
      const character = decodeURIComponent(escape);
      return left.includes(character) ? character : escape;
    }),
  );
  const lower = upper.map((url) => url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()));
  return [...upper, ...lower, new URLSearchParams({ text }).toString().slice('text='.length)];
}

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** What one encoding makes of another, where programs really write it: HTTP authorization, Docker's credentials, logs of logs. */
function nestedFormsOf(secret: string): readonly string[] {
  const json = escapeJson(secret);
  const hex = Buffer.from(secret, 'utf8').toString('hex');
  return [
    escapeJson(json),
    ...(json === secret ? [] : base64FormsOf(json)),
    ...innerBase64FormsOf(secret).flatMap(innerBase64FormsOf),
    hex,
    hex.toUpperCase(),
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
  const inner = [0, 1, 2].map((offset) => innerBase64(bytes, offset));
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
