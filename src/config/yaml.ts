import { YAMLException, constructFromEvents, dump, parseEvents, type Event } from 'js-yaml';
import type { AdfError } from '../errors/adf-error.js';
import { ambiguousNumber, duplicateKey, yamlSyntax } from '../errors/config.js';
import { throwAll } from '../errors/diagnostics.js';
import type { Locate, ValuePath } from '../model/source.js';
import { Lines } from './lines.js';
import { readPlaces, type Flaw, type YamlNode } from './places.js';
import { encryptedFile, mistakeIn, type Mistake } from './yaml-mistakes.js';
import { yamlSchema } from './yaml-schema.js';

/** A file of YAML: its value, and where everything in it stands. */
export interface YamlDocument {
  /** Null for a file that is empty or holds nothing but comments. */
  readonly value: unknown;
  /** Where a value begins; where its key does when asked for the `key` part. An item of a list has its own place. */
  readonly locate: Locate;
}

/**
 * Reads YAML 1.2 with anchors, aliases and merge keys. A key that stands twice is an error, and so is a number whose
 * text would change when it is turned into text again (`1.10`, `0123`).
 * Throws `config.yaml_syntax`, `config.duplicate_key`, `config.ambiguous_number`, each with its place.
 */
export function parseYaml(file: string, text: string): YamlDocument {
  const source = text.replace(/^\uFEFF/, '');
  const lines = new Lines(file, source);
  const encrypted = encryptedFile(source);
  if (encrypted !== undefined) throw mistaken(encrypted, lines);
  return explained(lines, () => {
    const events = parseEvents(source, { filename: file });
    const { root, flaws } = readPlaces(source, events);
    throwAll(flaws.map((flaw) => errorOf(flaw, lines)));
    return { value: valueOf(source, events), locate: locator(root, lines) };
  });
}

/** A value as YAML in block style, which `parseYaml` and Ansible read as the same value. `indent` is the number of spaces of one level. */
export const writeYaml = (value: unknown, indent = 2): string =>
  dump(value, { indent, lineWidth: -1, noRefs: true });

function valueOf(source: string, events: Event[]): unknown {
  const [value] = constructFromEvents(events, { source, schema: yamlSchema });
  return value ?? null;
}

function locator(root: YamlNode | undefined, lines: Lines): Locate {
  const at: Locate = (path, part) => lines.placeAt(offsetOf(root, path, part));
  return Object.assign(at, { text: lines.text });
}

/** Goes down the path as far as the file does. */
function offsetOf(root: YamlNode | undefined, path: ValuePath, part: 'value' | 'key' | undefined): number {
  let at = root;
  let offset = root?.offset ?? 0;
  for (const [index, step] of path.entries()) {
    const entry = at?.entries?.get(String(step));
    const next = entry?.value ?? (typeof step === 'number' ? at?.items?.[step] : undefined);
    if (next === undefined) return offset;
    const last = index === path.length - 1;
    offset = last && part === 'key' ? (entry?.keyOffset ?? next.offset) : next.offset;
    at = next;
  }
  return offset;
}

/** Runs the parser; what it throws becomes an error with its place. */
function explained<T>(lines: Lines, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown;
    const offset = thrown.mark?.position ?? 0;
    const mistake = mistakeIn(lines.text, offset, thrown.reason);
    if (mistake !== undefined) throw mistaken(mistake, lines);
    const where = lines.withLine(offset);
    throw yamlSyntax(thrown.reason, where, hintFor(thrown.reason, where.sourceLine));
  }
}

const mistaken = ({ offset, reason, hint }: Mistake, lines: Lines): AdfError =>
  yamlSyntax(reason, lines.withLine(offset), hint);

const quoteTemplate = 'A value that begins with {{ needs quotes around it: "{{ name }}".';

function hintFor(reason: string, line: string): string | undefined {
  if (/(^|[:,[-])\s*\{\{/.test(line)) return quoteTemplate;
  if (/[:-]\s+[@`%*&!|>]/.test(line))
    return 'A value that begins with a sign such as @, %, * or & needs quotes around it.';
  if (reason.includes('mapping entry')) return 'Check the indentation, and quote text that holds ": ".';
  return undefined;
}

function errorOf(flaw: Flaw, lines: Lines): AdfError {
  const where = lines.withLine(flaw.offset);
  switch (flaw.kind) {
    case 'duplicate':
      return duplicateKey(flaw.key, lines.placeAt(flaw.first), where);
    case 'ambiguous':
      return ambiguousNumber(flaw.word, flaw.read, where);
    case 'compound_key':
      return yamlSyntax(
        'a list or mapping cannot be a key',
        where,
        where.sourceLine.includes('{{') ? quoteTemplate : undefined,
      );
    case 'cycle':
      return yamlSyntax(`*${flaw.anchor} is inside &${flaw.anchor}, and would never end`, where);
    case 'second_document':
      return yamlSyntax('a second document begins here', where, 'Keep one document a file.');
  }
}
