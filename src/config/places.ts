import {
  EVENT_ID,
  SCALAR_STYLE,
  constructFromEvents,
  getScalarValue,
  type Event,
  type ScalarEvent,
} from 'js-yaml';
import { lossyNumber, yamlSchema } from './yaml-schema.js';

/** Where one value of a document begins, and where what is in it does. Offsets count UTF-16 units from 0. */
export interface YamlNode {
  readonly offset: number;
  /** For a mapping. */
  readonly entries?: ReadonlyMap<string, Entry>;
  /** For a list. */
  readonly items?: readonly YamlNode[];
  /** For a scalar, as it would be as a key. */
  readonly text?: string;
}

interface Entry {
  readonly keyOffset: number;
  readonly value: YamlNode;
}

/** What is wrong in a document though a YAML parser takes it. */
export type Flaw =
  | { readonly kind: 'duplicate'; readonly key: string; readonly first: number; readonly offset: number }
  | { readonly kind: 'ambiguous'; readonly word: string; readonly read: string; readonly offset: number }
  | { readonly kind: 'compound_key'; readonly offset: number }
  | { readonly kind: 'cycle'; readonly anchor: string; readonly offset: number }
  | { readonly kind: 'second_document'; readonly offset: number };

export interface Places {
  /** Undefined for an empty document. */
  readonly root: YamlNode | undefined;
  readonly flaws: readonly Flaw[];
}

/** Reads a parser's events for the places of all keys and values. An alias stands where it is written; what is in it, at its anchor. */
export function readPlaces(source: string, events: readonly Event[]): Places {
  const reader = new PlaceReader(source, events);
  const root = reader.document();
  return { root, flaws: reader.flaws };
}

class PlaceReader {
  readonly flaws: Flaw[] = [];
  readonly #anchors = new Map<string, YamlNode>();
  /** Anchors of the collections being read at this moment. */
  readonly #open = new Set<string>();
  #next = 0;
  /** The place of a value that is left out: its key, or the end of the item before it. */
  #end = 0;

  constructor(
    private readonly source: string,
    private readonly events: readonly Event[],
  ) {}

  document(): YamlNode | undefined {
    if (this.events[this.#next++]?.type !== EVENT_ID.DOCUMENT) return undefined;
    const root = this.#value();
    this.#next++;
    if (this.events[this.#next] !== undefined) {
      this.#next++;
      this.flaws.push({ kind: 'second_document', offset: this.#value()?.offset ?? this.source.length });
    }
    return root;
  }

  /** The next value, or undefined at the end of the collection that is being read. */
  #value(isKey = false): YamlNode | undefined {
    const event = this.events[this.#next];
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT)
      return undefined;
    this.#next++;
    if (event.type === EVENT_ID.ALIAS) return this.#alias(event.anchorStart, event.anchorEnd);
    if (event.type === EVENT_ID.SCALAR) return this.#named(event, () => this.#scalar(event, isKey));
    this.#end = event.start + 1;
    if (isKey) this.flaws.push({ kind: 'compound_key', offset: event.start });
    return this.#named(event, () =>
      event.type === EVENT_ID.SEQUENCE ? this.#list(event.start) : this.#mapping(event.start),
    );
  }

  #named(event: { anchorStart: number; anchorEnd: number }, read: () => YamlNode): YamlNode {
    if (event.anchorStart < 0) return read();
    const anchor = this.source.slice(event.anchorStart, event.anchorEnd);
    this.#open.add(anchor);
    const place = read();
    this.#open.delete(anchor);
    this.#anchors.set(anchor, place);
    return place;
  }

  #alias(start: number, end: number): YamlNode {
    const anchor = this.source.slice(start, end);
    const offset = start - 1;
    this.#end = end;
    if (this.#open.has(anchor)) this.flaws.push({ kind: 'cycle', anchor, offset });
    return { ...this.#anchors.get(anchor), offset };
  }

  #scalar(event: ScalarEvent, isKey: boolean): YamlNode {
    const offset = event.valueStart < 0 ? this.#end : notationStart(this.source, event);
    if (event.valueEnd >= 0) this.#end = event.valueEnd;
    if (event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0) {
      const word = getScalarValue(this.source, event);
      const read = lossyNumber(word);
      if (read !== undefined) this.flaws.push({ kind: 'ambiguous', word, read, offset });
    }
    return isKey ? { offset, text: this.#keyText(event) } : { offset };
  }

  /** A key as the constructed value will have it: `0x1f` is the key `31`. */
  #keyText(event: ScalarEvent): string {
    const word = getScalarValue(this.source, event);
    if (event.style !== SCALAR_STYLE.PLAIN || event.tagStart >= 0) return word;
    if (/^[a-z_][a-z0-9_.-]*$/.test(word)) return word;
    const document: Event = {
      type: EVENT_ID.DOCUMENT,
      explicitStart: false,
      explicitEnd: false,
      directives: [],
    };
    const bare = { ...event, anchorStart: -1, anchorEnd: -1 };
    const [value] = constructFromEvents([document, bare, { type: EVENT_ID.POP }], {
      source: this.source,
      schema: yamlSchema,
    });
    return String(value);
  }

  #list(offset: number): YamlNode {
    const items: YamlNode[] = [];
    for (let item = this.#value(); item !== undefined; item = this.#value()) items.push(item);
    this.#next++;
    return { offset, items };
  }

  #mapping(offset: number): YamlNode {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (let key = this.#value(true); key !== undefined; key = this.#value(true)) {
      const plainMerge = this.source.startsWith('<<', key.offset);
      this.#end = key.offset;
      const value = this.#value() ?? { offset: key.offset };
      if (plainMerge && key.text === '<<') {
        for (const source of value.items ?? [value]) {
          for (const [name, entry] of source.entries ?? []) if (!merged.has(name)) merged.set(name, entry);
        }
        continue;
      }
      const name = key.text ?? '';
      const first = own.get(name);
      if (first === undefined) own.set(name, { keyOffset: key.offset, value });
      else this.flaws.push({ kind: 'duplicate', key: name, first: first.keyOffset, offset: key.offset });
    }
    this.#next++;
    return { offset, entries: new Map([...merged, ...own]) };
  }
}

/** Where a scalar's notation begins: at its opening quote, or at the `|` or `>` of a block. */
function notationStart(source: string, { style, valueStart }: ScalarEvent): number {
  if (style === SCALAR_STYLE.PLAIN) return valueStart;
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return valueStart - 1;
  const header = source.slice(source.lastIndexOf('\n', valueStart - 2) + 1, valueStart).trimEnd();
  const indicator = header.search(/[|>][-+0-9]*[ \t]*(?:#.*)?$/);
  return indicator < 0 ? valueStart : source.lastIndexOf('\n', valueStart - 2) + 1 + indicator;
}
