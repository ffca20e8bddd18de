import type { Cloud } from './cloud.js';
import { AwsFault, invalidParameter, missingParameter } from './fault.js';

export interface Page<T> {
  readonly entries: readonly T[];
  /** Absent on the last page. */
  readonly next?: string;
}

/** One page of a list; a token is opaque to clients and stands for where the next page starts. Throws `InvalidToken`. */
export function pageOf<T>(all: readonly T[], token: string | undefined, size: number): Page<T> {
  const start = token === undefined ? 0 : positionOf(token);
  const end = start + size;
  const entries = all.slice(start, end);
  return end < all.length ? { entries, next: tokenOf(end) } : { entries };
}

const tokenOf = (position: number): string => Buffer.from(`lab:${position}`).toString('base64url');

function positionOf(token: string): number {
  const match = /^lab:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw new AwsFault('InvalidNextToken', `The token '${token}' is invalid`);
  return Number(match[1]);
}

/** The largest page that ELBv2 gives. */
const largestPage = 400;

/** How many entries a page of ELBv2 has that the caller asks for. Throws `InvalidParameterValue`. */
export function pageSize(query: Query, cloud: Cloud): number {
  const wanted = query.number('PageSize') ?? largestPage;
  if (wanted < 1 || wanted > largestPage) throw invalidParameter(`Page size ${wanted} is invalid`);
  return Math.min(wanted, cloud.pageSize);
}

/** What an answer is made of. An array becomes one element holding `member` or `item` elements; undefined becomes nothing. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

/** The name of a list's entries: `member` in the Query protocol, `item` in EC2's. */
export type ListItem = 'member' | 'item';

const isList = (value: Xml): value is readonly Xml[] => Array.isArray(value);

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** One element of that name with its content. */
function toXml(name: string, value: Xml, item: ListItem): string {
  if (value === undefined) return '';
  return `<${name}>${content(value, item)}</${name}>`;
}

/** What stands inside an element. */
export function content(value: Xml, item: ListItem): string {
  if (value === undefined) return '';
  if (isList(value)) return value.map((entry) => toXml(item, entry, item)).join('');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, inner]) => toXml(name, inner, item))
      .join('');
  }
  return escape(String(value));
}

/** Who asks, and where. */
export interface Caller {
  readonly cloud: Cloud;
  /** The account that the caller's credentials belong to. */
  readonly account: string;
  /** The region that the request was signed for. */
  readonly region: string;
  readonly accessKey: string;
}

/** One API action: its result, without the envelope. Throws `AwsFault`. */
export type Action = (query: Query, caller: Caller) => Xml;

/** A request of the Query protocol: a flat form whose names spell a tree, `Filter.1.Value.2` or `Names.member.1`. */
export class Query {
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
  }

  static parse(body: string): Query {
    return new Query(new Map(new URLSearchParams(body)));
  }

  /** An object of the JSON protocols, whose values are texts, numbers, and lists of them. */
  static ofJson(body: string): Query {
    const fields = Object.entries(JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>);
    return new Query(
      new Map(
        fields.flatMap(([name, value]) =>
          Array.isArray(value)
            ? value.map((item, index) => [`${name}.${index + 1}`, String(item)] as const)
            : [[name, String(value)] as const],
        ),
      ),
    );
  }

  text(name: string): string | undefined {
    return this.#fields.get(name);
  }

  /** Throws `MissingParameter`. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw missingParameter(name);
    return value;
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  /** The texts of a list, in their order. */
  list(name: string): readonly string[] {
    return this.structures(name).flatMap((entry) => entry.text('') ?? []);
  }

  /** The entries of a list; each entry's own value, if it is a text, is under the empty name. */
  structures(name: string): readonly Query[] {
    const entries = new Map<number, Map<string, string>>();
    const pattern = new RegExp(`^${name}\\.(?:member\\.)?(\\d+)(?:\\.(.+))?$`);
    for (const [field, value] of this.#fields) {
      const match = pattern.exec(field);
      if (match === null) continue;
      const index = Number(match[1]);
      const entry = entries.get(index) ?? new Map<string, string>();
      entry.set(match[2] ?? '', value);
      entries.set(index, entry);
    }
    return [...entries].sort(([a], [b]) => a - b).map(([, fields]) => new Query(fields));
  }
}
