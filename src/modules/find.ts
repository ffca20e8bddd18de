import { z } from 'zod';
import { defined } from '../model/defined.js';
import { compilePattern, type Pattern } from '../model/pattern/pattern.js';
import { PatternFault } from '../model/pattern/python-syntax.js';
import { fileModeSchema } from '../model/schema/file-mode.js';
import { wholeNumberSchema } from '../model/schema/number.js';
import { parsed } from '../model/schema/parsed.js';
import { patternSchema } from '../model/schema/pattern.js';
import { scalarText } from '../model/schema/text.js';
import { filterOf } from './find-filter.js';
import { contentsMatch, sumsOf } from './find-content.js';
import { foundBelow } from './find-walk.js';
import { globPattern } from './fnmatch.js';
import { sumAlgorithms } from './host-sums.js';
import type { ReadingModule } from './module.js';

/** A list, or one text with commas between its items, as Ansible reads it. */
const listOf = (type: string) =>
  parsed((value, refuse): readonly string[] => {
    const items: readonly unknown[] = Array.isArray(value)
      ? value
      : (scalarText(value)?.split(',') ?? [value]);
    return items.flatMap((item, index) => {
      const text = scalarText(item);
      const isText = text !== undefined && text.trim() !== '' && !text.includes('\0');
      if (!isText) refuse('must be text, and not empty', undefined, Array.isArray(value) ? [index] : []);
      return isText ? [Array.isArray(value) ? text : text.trim()] : [];
    });
  }).meta({ type });

/** What a list of patterns is that is one regular expression: commas are its own. */
const patternsOf = (list: readonly string[], isRegex: boolean): readonly string[] =>
  isRegex ? [list.join(',')] : list;

const amountOf = (units: Readonly<Record<string, number>>, example: string, type: string) =>
  parsed((value, refuse): number => {
    const letters = Object.keys(units).join('');
    const text = scalarText(value)?.trim().toLowerCase() ?? '';
    const [, sign, digits, unit = ''] = new RegExp(`^(-?)(\\d+)([${letters}]?)$`).exec(text) ?? [];
    if (digits === undefined)
      refuse(`must be a number with one of ${Object.keys(units).join(', ')}: ${example}`);
    return Number(`${sign ?? ''}${digits ?? '0'}`) * (units[unit] ?? 1);
  }).meta({ type });

const ageSchema = amountOf(
  { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 },
  '7d, 12h, or -1h for what is younger',
  'age',
);
const sizeSchema = amountOf(
  { b: 1, k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3, t: 1_024 ** 4 },
  '10m, or -1k for what is smaller',
  'size',
);

const schema = z
  .strictObject({
    paths: listOf('list of paths').optional().describe('The folders of the host to look in.'),
    path: listOf('list of paths').optional().describe('The same as paths.'),
    patterns: listOf('text or list')
      .optional()
      .describe('What the name must fit, one of several: `*.log`; with `use_regex` a regular expression.'),
    pattern: listOf('text or list').optional().describe('The same as patterns.'),
    excludes: listOf('text or list').optional().describe('What the name must not fit, in the same way.'),
    exclude: listOf('text or list').optional().describe('The same as excludes.'),
    use_regex: z
      .boolean()
      .default(false)
      .describe('The patterns are regular expressions, which match from the beginning of the name.'),
    file_type: z
      .enum(['file', 'directory', 'link', 'any'])
      .default('file')
      .describe('What is looked for; a link is one whatever it leads to.'),
    recurse: z.boolean().default(false).describe('Looks into the folders below, too.'),
    depth: wholeNumberSchema(1)
      .optional()
      .describe('With `recurse`, how many levels down; 1 is what is in the folder itself.'),
    hidden: z
      .boolean()
      .default(false)
      .describe(
        'Finds names that begin with a dot, too. Folders with such names are looked into in any case.',
      ),
    follow: z.boolean().default(false).describe('Looks into folders that links lead to.'),
    age: ageSchema
      .optional()
      .describe('At least so old, `7d`; `-1h` is at most one hour old. s, m, h, d or w; seconds without.'),
    age_stamp: z
      .enum(['mtime', 'atime', 'ctime'])
      .default('mtime')
      .describe('The time that the age goes by: of the content, of the last reading, or of any change.'),
    size: sizeSchema
      .optional()
      .describe('Of at least so many bytes, `10m`; `-1k` is at most 1 KiB. b, k, m, g or t; bytes without.'),
    mode: fileModeSchema.optional().describe("Whose mode is this: `'0644'`, or `u=rw,g=r`."),
    exact_mode: z.boolean().default(true).describe('`false` takes what has any of the bits of `mode`.'),
    contains: patternSchema()
      .optional()
      .describe('Files with a line that this matches from its beginning; of each file 16 MiB are read.'),
    read_whole_file: z
      .boolean()
      .default(false)
      .describe('`contains` may match anywhere in the file, instead of at the beginning of a line.'),
    get_checksum: z.boolean().default(false).describe('Sums the content of each file that was found.'),
    checksum_algorithm: z.enum(sumAlgorithms).default('sha1').describe('How the content is summed.'),
    limit: wholeNumberSchema(1).optional().describe('How many are told of at most, the first by path.'),
  })
  .superRefine(({ use_regex: isRegex, ...args }, context) => {
    for (const [one, other] of [
      ['paths', 'path'],
      ['patterns', 'pattern'],
      ['excludes', 'exclude'],
    ] as const) {
      if (args[one] !== undefined && args[other] !== undefined)
        context.addIssue({
          code: 'custom',
          message: `is the same as ${one}: write one of them`,
          path: [other],
        });
    }
    if (args.paths === undefined && args.path === undefined)
      context.addIssue({ code: 'custom', message: 'is missing', path: ['paths'] });
    for (const key of ['patterns', 'pattern', 'excludes', 'exclude'] as const) {
      const message = faultOf(args[key] ?? [], isRegex);
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: [key] });
    }
  })
  .refine(({ contains, file_type: type }) => contains === undefined || type === 'file', {
    message: 'is for file_type: file',
    path: ['contains'],
  })
  .refine(({ depth, recurse }) => depth === undefined || recurse, {
    message: 'goes with recurse: true',
    path: ['depth'],
  });
export type FindArgs = z.infer<typeof schema>;

function compiled(list: readonly string[], isRegex: boolean): readonly Pattern[] {
  return patternsOf(list, isRegex).map((text) => (isRegex ? compilePattern(text) : globPattern(text)));
}

function faultOf(list: readonly string[], isRegex: boolean): string | undefined {
  try {
    compiled(list, isRegex);
    return undefined;
  } catch (error) {
    if (error instanceof PatternFault) return error.message;
    throw error;
  }
}

/** Finds files and folders of the host by name, age, size and kind. */
export const find: ReadingModule<FindArgs> = {
  name: 'find',
  docs: {
    summary: 'Finds files and folders of the host by name, age, size, kind, mode or content.',
    examples: [
      `- name: logs of last week
  find: { paths: /var/log/app, patterns: '*.log,*.gz', age: 7d, recurse: true }
  register: old
- file: { path: '{{ item.path }}', state: absent }
  loop: '{{ old.files }}'
  become: true`,
      `- find: { paths: [/etc/nginx, /etc/app], mode: o=w, exact_mode: false, recurse: true }
  register: open
  failed_when: open.matched > 0`,
    ],
  },
  looksAtHost: true,
  schema,

  async read(args, host) {
    const paths = args.paths ?? args.path ?? [];
    const globs = args.patterns ?? args.pattern ?? [];
    const excluded = args.excludes ?? args.exclude ?? [];
    const walk = await foundBelow(paths, { ...args, globs: args.use_regex ? [] : globs }, host);
    const isWanted = filterOf(
      args,
      compiled(globs, args.use_regex && globs.length > 0),
      compiled(excluded, args.use_regex && excluded.length > 0),
      walk.now,
    );
    const wanted = walk.entries.filter(isWanted);
    const sorted = wanted.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    const { contains, read_whole_file: isWhole, limit } = args;
    const matching =
      contains === undefined ? sorted : await contentsMatch(sorted, { pattern: contains, isWhole }, host);
    const found = matching.slice(0, limit);
    const sums = args.get_checksum ? await sumsOf(found, args.checksum_algorithm, host) : undefined;
    const files = found.map(({ path, stat }) => ({
      path,
      ...stat.values,
      ...defined({ checksum: sums?.get(path) }),
    }));
    const skipped = Object.keys(walk.skipped).length;
    for (const [path, reason] of Object.entries(walk.skipped)) host.warn(`find: ${path}: ${reason}`);
    return {
      changed: false,
      message: `${files.length} of ${walk.examined} found`,
      values: {
        files,
        matched: files.length,
        examined: walk.examined,
        skipped_paths: walk.skipped,
        msg: skipped === 0 ? 'All paths examined' : 'Not all paths examined, check warnings for details',
      },
    };
  },
};
