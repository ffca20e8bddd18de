import { parseYaml, writeYaml } from '../../config/yaml.js';
import { errorsOf } from '../../errors/adf-error.js';
import { contentHash, hashNames, isHashName } from '../../model/content-hash.js';
import {
  ArgumentProblem,
  isTruthy,
  mapping,
  NotFound,
  strict,
  text,
  whole,
  withOptions,
} from './function.js';
import { isMapping } from '../describe.js';

const encodeBase64 = (plain: string): string => Buffer.from(plain, 'utf8').toString('base64');

function decodeBase64(encoded: string): string {
  const compact = encoded.replace(/\s/g, '');
  try {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) throw new ArgumentProblem('');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(compact, 'base64'));
  } catch {
    throw new ArgumentProblem('needs base64 of a UTF-8 text');
  }
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortedKeys(inner)]),
  );
}

function toJson(value: unknown, indent = 0, inOrder = false): string {
  // Undefined is what JSON cannot say; a value that is nothing is null.
  return JSON.stringify(inOrder ? sortedKeys(value) : (value ?? null), undefined, indent);
}

function fromJson(written: string): unknown {
  try {
    return JSON.parse(written) as unknown;
  } catch (error) {
    throw new ArgumentProblem(`needs JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fromYaml(written: string): unknown {
  try {
    return parseYaml('the text', written).value;
  } catch (error) {
    const [{ message, at }] = errorsOf(error);
    throw new ArgumentProblem(`needs YAML: line ${at?.line ?? 1}: ${message}`);
  }
}

function hashed(value: string, name: string): string {
  if (!isHashName(name)) throw new ArgumentProblem(`there is no hash "${name}": ${hashNames.join(', ')}`);
  return contentHash(name, value);
}

/** `/` stays, as in Ansible. */
const urlEncoded = (value: unknown): string => {
  const encode = (part: string): string =>
    encodeURIComponent(part).replace(
      /[!'()*]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  if (!isMapping(value)) return encode(text(value)).replaceAll('%2F', '/');
  return Object.entries(mapping(value))
    .map(([key, one]) => `${encode(key)}=${encode(text(one))}`)
    .join('&');
};

function urlDecoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    throw new ArgumentProblem('needs percent-encoded UTF-8');
  }
}

/** The parts of a URL by Ansible's names. */
function urlParts(written: string): Readonly<Record<string, unknown>> {
  const found =
    /^(?:([A-Za-z][\w+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/su.exec(
      written,
    );
  if (found === null) throw new ArgumentProblem('needs a URL');
  const [, scheme = '', user = '', host = '', port, path = '', query = '', fragment = ''] = found;
  const [username = null, password = null] = user === '' ? [] : user.split(':');
  return {
    scheme,
    netloc: `${user === '' ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`,
    hostname: host.replace(/^\[|\]$/g, '').toLowerCase() || null,
    port: port === undefined ? null : Number(port),
    path,
    query,
    fragment,
    username,
    password,
  };
}

function urlPart(value: string, part: unknown): unknown {
  const parts = urlParts(value);
  if (part === undefined) return parts;
  const name = text(part);
  if (!Object.hasOwn(parts, name)) {
    throw new ArgumentProblem(`a URL has ${Object.keys(parts).join(', ')}, and no "${name}"`);
  }
  return parts[name] ?? new NotFound(`the URL has no ${name}`);
}

const json = withOptions(
  'to_json value',
  'JSON in one line; also `sort_keys=true`',
  [1, 1],
  ['sort_keys'],
  ([value], options) => toJson(value, 0, isTruthy(options['sort_keys'])),
);

const yaml = (usage: string, indent: number) =>
  withOptions(
    usage,
    'YAML, each key and element in a line of its own; also `indent=4`, `sort_keys=true`',
    [1, 1],
    ['indent', 'sort_keys'],
    ([value], options) =>
      writeYaml(
        isTruthy(options['sort_keys']) ? sortedKeys(value) : value,
        options['indent'] === undefined ? indent : whole(options['indent']),
      ),
  );

export const encodingFunctions = {
  json: { ...json, usage: 'json value', gives: 'the same as `to_json`' },
  to_json: json,
  to_nice_json: withOptions(
    'to_nice_json value',
    'JSON over several lines, with sorted keys; also `indent=2`',
    [1, 1],
    ['indent', 'sort_keys'],
    ([value], { indent = 4, sort_keys: inOrder = true }) => toJson(value, whole(indent), isTruthy(inOrder)),
  ),
  from_json: strict('from_json text', 'the value that JSON stands for', [1, 1], (value) =>
    fromJson(text(value)),
  ),
  to_yaml: yaml('to_yaml value', 2),
  to_nice_yaml: yaml('to_nice_yaml value', 4),
  from_yaml: strict('from_yaml text', 'the value that YAML stands for', [1, 1], (value) =>
    fromYaml(text(value)),
  ),
  b64encode: strict('b64encode text', 'base64 of the text', [1, 1], (value) => encodeBase64(text(value))),
  b64decode: strict('b64decode text', 'the text of base64', [1, 1], (value) => decodeBase64(text(value))),
  hash: strict(
    'hash text "sha256"',
    `the hash in hexadecimal digits: ${hashNames.join(', ')}; sha1 when none is named`,
    [1, 2],
    (value, name = 'sha1') => hashed(text(value), text(name)),
  ),
  md5: strict('md5 text', 'the MD5 of the text', [1, 1], (value) => hashed(text(value), 'md5')),
  sha1: strict('sha1 text', 'the SHA-1 of the text', [1, 1], (value) => hashed(text(value), 'sha1')),
  urlencode: strict('urlencode text', 'the text, or a mapping as a query, for a URL', [1, 1], urlEncoded),
  urldecode: strict('urldecode text', 'the text of what a URL holds', [1, 1], (value) =>
    urlDecoded(text(value)),
  ),
  urlsplit: strict('urlsplit url "hostname"', 'a part of a URL, or a mapping of all', [1, 2], (value, part) =>
    urlPart(text(value), part),
  ),
};
