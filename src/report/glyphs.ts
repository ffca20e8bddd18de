/** The signs of the live view; in ASCII where the terminal cannot show others. */
export interface Glyphs {
  readonly done: string;
  readonly failed: string;
  readonly working: string;
  readonly waiting: string;
  readonly restored: string;
  readonly full: string;
  readonly empty: string;
  readonly arrow: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly rule: string;
}

export const unicodeGlyphs: Glyphs = {
  done: '✔',
  failed: '✖',
  working: '▸',
  waiting: '·',
  restored: '↺',
  full: '█',
  empty: '░',
  arrow: '→',
  dot: '·',
  ellipsis: '…',
  rule: '─',
};

export const asciiGlyphs: Glyphs = {
  done: '+',
  failed: 'x',
  working: '>',
  waiting: '.',
  restored: '<',
  full: '#',
  empty: '.',
  arrow: '->',
  dot: '-',
  ellipsis: '...',
  rule: '-',
};

/** As the C library decides it: the first of these that is set names the character set. */
export function chooseGlyphs(environment: Readonly<Record<string, string | undefined>>): Glyphs {
  const { LC_ALL: all, LC_CTYPE: type, LANG: lang } = environment;
  const locale = [all, type, lang].find((value) => value !== undefined && value !== '') ?? '';
  return /utf-?8/i.test(locale) ? unicodeGlyphs : asciiGlyphs;
}
