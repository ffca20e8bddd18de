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
