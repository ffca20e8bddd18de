import { z } from 'zod';
import { moduleFailed } from '../errors/module-scripts.js';
import { pathSchema } from './file-keys.js';
import { hostScript, runScript } from './host-script.js';
import { sumAlgorithms, sumScript } from './host-sums.js';
import type { ReadingModule } from './module.js';
import { readStatLine, statFormat } from './stat-values.js';

const schema = z.strictObject({
  path: pathSchema.describe('The path to look at.'),
  follow: z.boolean().default(false).describe('Tells of what a link leads to, instead of the link itself.'),
  get_checksum: z.boolean().default(true).describe('Sums the content of a file.'),
  checksum_algorithm: z.enum(sumAlgorithms).default('sha1').describe('How the content is summed.'),
  get_mime: z
    .literal(false)
    .optional()
    .describe('The kind of content is never looked at; false may be said.'),
  get_attributes: z
    .literal(false)
    .optional()
    .describe('Attributes of lsattr are never looked at; false may be said.'),
});
type Args = z.infer<typeof schema>;

/** Tells what is at a path of the host. Nothing there is an answer too: `stat.exists` is false. */
export const stat: ReadingModule<Args> = {
  name: 'stat',
  docs: {
    summary: 'Tells what is at a path of the host: kind, size, mode, owner, times and checksum.',
    examples: [
      `- stat: { path: /etc/app.conf }
  register: conf
- shell: app --import /etc/app.conf
  when: conf.stat.exists && conf.stat.size > 0`,
    ],
  },
  looksAtHost: true,
  schema,

  async read(args, host) {
    const command = hostScript(sumScript + look, {
      paths: { path: args.path },
      values: {
        follow: args.follow ? '-L' : '',
        algorithm: args.checksum_algorithm,
        summed: args.get_checksum,
      },
    });
    const said = await runScript(host, command, `look at ${args.path}`, ({ code, reason }) =>
      code === ''
        ? undefined
        : moduleFailed(`stat.${code}`, host.host, `"${args.path}" cannot be looked at`, {
            reason,
            hint:
              code === 'no_checksum'
                ? 'Say get_checksum: false, or install coreutils.'
                : 'Check who may enter the folders above it; with become: true it is looked at as root.',
          }),
    );
    return { changed: false, values: { stat: statValues(args.path, said) } };
  },
};

/**
 * Prints nothing when nothing is there. Else a line of numbers and names, which ends with `OWNER/GROUP`; a line with what this user
 * may do; then lines `sum HEX`, `target HEX` and `source HEX`, paths byte by byte.
 */
const look = `if told=$(stat $follow -c '${statFormat}' "$path" 2>&1); then
  printf '%s\\n' "$told"
  may=; [ -r "$path" ] && may=r; [ -w "$path" ] && may=\${may}w; [ -x "$path" ] && may=\${may}x
  printf '%s\\n' "$may"
  hex() { printf '%s ' "$1"; od -An -v -tx1 | tr -d ' \\n'; echo; }
  case $told in
    8*) if [ -n "$summed" ] && [ -r "$path" ]; then
      hash=$(sum_with "$algorithm" <"$path") || exit 3
      printf 'sum %s\\n' "$hash"
    fi ;;
    a*)
      readlink -n "$path" | hex target
      readlink -fn "$path" | hex source ;;
  esac
else
  case $told in
    *'No such file or directory' | *'Not a directory') exit 0 ;;
    *) printf '%s\\n' "$told" >&2; fail unseen ;;
  esac
fi
`;

function statValues(path: string, said: string): Readonly<Record<string, unknown>> {
  if (said === '') return { exists: false };
  const [first = '', may = '', ...more] = said.trimEnd().split('\n');
  const told = Object.fromEntries(more.map((line) => line.split(' '))) as Readonly<Record<string, string>>;
  return {
    exists: true,
    path,
    ...readStatLine(first).values,
    readable: may.includes('r'),
    writeable: may.includes('w'),
    executable: may.includes('x'),
    ...(told['sum'] === undefined ? {} : { checksum: told['sum'] }),
    ...(told['target'] === undefined ? {} : { lnk_target: fromHex(told['target']) }),
    ...(told['source'] === undefined ? {} : { lnk_source: fromHex(told['source']) }),
  };
}

const fromHex = (hex: string): string =>
  new TextDecoder().decode(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
