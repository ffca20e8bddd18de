/** A value that YAML reads as text, a number or a boolean. */
const scalar = { type: ['string', 'number', 'boolean'] };
const text = { type: 'string', minLength: 1 };
const texts = { anyOf: [text, { type: 'array', items: text }] };
const mapping = { type: 'object' };

const duration = {
  anyOf: [
    { type: 'number', minimum: 0 },
    { type: 'string', pattern: String.raw`^\s*\d` },
  ],
};
const amount = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: String.raw`^\s*\d+(\.\d+)?\s*%?\s*$` },
  ],
};
const wholeNumber = { anyOf: [{ type: 'integer' }, { type: 'string', pattern: String.raw`^\s*-?\d+\s*$` }] };

/** What the schemas call the values that they read themselves, and what may be written for them. */
const known: ReadonlyMap<string, object> = new Map<string, object>([
  ['duration', duration],
  ['duration or time', { type: ['number', 'string'] }],
  ['checksum', { type: 'string', pattern: String.raw`^\s*\w+:` }],
  ['hosts or share', amount],
  ['hosts or share, or a list', { anyOf: [amount, { type: 'array', minItems: 1, items: amount }] }],
  ['command', { anyOf: [scalar, { type: 'array', minItems: 1, items: scalar }] }],
  ['list of ports', { anyOf: [scalar, { type: 'array', items: scalar }] }],
  ['size', { type: ['string', 'number'] }],
  ['number', { type: ['number', 'string'] }],
  [
    'restart policy',
    {
      anyOf: [
        { enum: ['no', false, 'always', 'unless-stopped'] },
        { type: 'string', pattern: String.raw`^on-failure(:\d+)?$` },
      ],
    },
  ],
  ['list or mapping', { type: ['string', 'array', 'object'] }],
  ['mapping or list', { type: ['array', 'object'] }],
  ['mapping', mapping],
  ['text', { type: ['string', 'number', 'boolean', 'array', 'object'] }],
  ['text or list', { anyOf: [scalar, { type: 'array', items: scalar }] }],
  ['list of texts', texts],
  [
    'statuses',
    {
      anyOf: [
        { type: ['integer', 'string'] },
        { type: 'array', minItems: 1, items: { type: ['integer', 'string'] } },
      ],
    },
  ],
  ['image', text],
  ['tag', text],
  ['tag or digest', { type: ['string', 'number'] }],
  ['address', text],
  ['whole number', wholeNumber],
  ['names, `none` or `auto`', { anyOf: [text, { type: 'array', minItems: 1, items: text }] }],
  ['volume', { anyOf: [text, mapping] }],
  ['path', { type: ['string', 'number'] }],
  ['list of paths', { anyOf: [scalar, { type: 'array', minItems: 1, items: scalar }] }],
  ['age', { type: ['string', 'number'] }],
  ['name or number', { type: ['string', 'integer'] }],
  ['file mode', { type: 'string' }],
  ['regular expression', { type: ['string', 'number', 'boolean'] }],
  ['BOF, EOF or a regular expression', { type: 'string' }],
  ['EOF, BOF or a regular expression', { type: 'string' }],
  ['list of packages', texts],
  ['account name', text],
  ['list of groups', { anyOf: [scalar, { type: 'array', items: scalar }] }],
  ['text of a field', scalar],
  ['password hash', text],
  ['day', { type: ['string', 'number'] }],
  ['`yes` or `accept-new`', { enum: ['yes', true, 'accept-new'] }],
]);

/** The JSON Schema of what a schema calls by this word. Anything for a word that is not listed here. */
export const typeInWords = (word: string): object => known.get(word) ?? {};

/** Whether it is listed here. */
export const isTypeInWords = (word: string): boolean => known.has(word);
