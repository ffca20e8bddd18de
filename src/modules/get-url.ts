import { z } from 'zod';
import { AdfError } from '../errors/adf-error.js';
import { fileProblems } from '../errors/files.js';
import { moduleFailed } from '../errors/module-scripts.js';
import { defined } from '../model/defined.js';
import { durationSchema } from '../model/schema/duration.js';
import { parsed } from '../model/schema/parsed.js';
import { scalarText } from '../model/schema/text.js';
import type { Secret } from '../model/secret.js';
import type { FileLook } from '../ports/host-files.js';
import { downloadScript, downloadValues, isUrl, shownUrl, type Download } from './download.js';
import { insertedText } from './edit-keys.js';
import { attributeChanges, fileValues } from './file-attributes.js';
import { attributeKeys, givenAttributes, pathSchema } from './file-keys.js';
import { hostScript, runScript, type ScriptFailure } from './host-script.js';
import { sumAlgorithms, sumScript, type SumAlgorithm } from './host-sums.js';
import type { Module, ModuleHost } from './module.js';
import { plainText } from './text-edit.js';

/** What a file must sum to: `sha256:HEX`, or `sha256:URL` of a list of sums. */
interface Checksum {
  readonly algorithm: SumAlgorithm;
  readonly sum: string;
}

const checksumSchema = parsed((value, refuse): Checksum => {
  const [, name = '', sum = ''] = /^([a-z0-9]+):(.+)$/.exec((scalarText(value) ?? '').trim()) ?? [];
  const algorithm = sumAlgorithms.find((one) => one === name);
  if (algorithm === undefined || !(/^[0-9a-fA-F]{32,128}$/.test(sum) || isUrl(sum))) {
    refuse(`must be sha256:SUM or sha256:URL, with one of ${sumAlgorithms.join(', ')}`);
  }
  return { algorithm: algorithm ?? 'sha256', sum: isUrl(sum) ? sum : sum.toLowerCase() };
}).meta({ type: 'checksum' });

/** What a module that downloads is told of how to ask. */
const downloadKeys = {
  headers: z
    .record(z.string().regex(/^[^\r\n:]+$/), insertedText)
    .default({})
    .describe('Headers of the request; a secret in them is in no argv.'),
  url_username: z.string().optional().describe('The user name for basic authentication.'),
  url_password: insertedText.optional().describe('The password for basic authentication.'),
  validate_certs: z.boolean().default(true).describe('Whether the certificate of the server must be good.'),
  timeout: durationSchema.default(10_000).describe('How long nothing may arrive before it is given up.'),
};

/** What it says of a download. */
const downloadOf = (url: string | Secret, args: z.infer<z.ZodObject<typeof downloadKeys>>): Download => ({
  url,
  headers: args.headers,
  username: args.url_username,
  password: args.url_password,
  validateCerts: args.validate_certs,
  timeout: args.timeout,
});

const schema = z
  .strictObject({
    url: insertedText.describe('What is downloaded, by the host itself: http, https, ftp or file.'),
    dest: pathSchema.describe(
      'The file to write, or a folder that it goes into under the last name of the URL.',
    ),
    checksum: checksumSchema
      .optional()
      .describe(
        'What the file must sum to, sha256:SUM, or sha256:URL of a list of sums; a file that does is not downloaded again.',
      ),
    force: z
      .boolean()
      .default(false)
      .describe('Downloads again when the file is there, and replaces it when it differs.'),
    backup: z
      .boolean()
      .default(false)
      .describe('Keeps the old file beside the new, under a name with the time.'),
    ...attributeKeys,
    ...downloadKeys,
  })
  .refine(({ url }) => isUrl(plainText(url)), {
    message: 'must begin with http://, https://, ftp:// or file://',
    path: ['url'],
  });
type Args = z.infer<typeof schema>;

interface Details {
  readonly path: string;
  readonly write: boolean;
  readonly checksum: Checksum | undefined;
  readonly diff: string;
  readonly summary: string;
}

/** Downloads a file to the host. */
export const getUrl: Module<Args, Details> = {
  name: 'get_url',
  docs: {
    summary: 'Downloads a file, by the host itself, and puts it in place when it is whole.',
    examples: [
      `- get_url:
    url: https://example.com/app-1.2.tar.gz
    dest: /opt/app-1.2.tar.gz
    checksum: sha256:https://example.com/SHA256SUMS
    headers: { Authorization: 'Bearer {{ secret "releases" }}' }
    mode: '0644'
  become: true`,
    ],
  },
  effect: 'idempotent',
  secretArguments: ['url'],
  schema,

  async check(args, host) {
    const name = nameOf(args.url);
    const [look] = await host.files.look([{ path: args.dest, into: name, follow: true }]);
    if (look === undefined) throw fileProblems.unseen(host.host, args.dest, '');
    const { path, stat } = look;
    if (stat !== undefined && stat.kind !== 'file')
      throw fileProblems.other_kind(host.host, path, `a ${stat.kind}`);
    if (stat === undefined && !look.inFolder && !host.checkMode)
      throw fileProblems.no_folder(host.host, path, '');
    const checksum = await resolved(args, name, host);
    const write = await mustWrite(args, look, checksum, host);
    const attributes = stat === undefined ? [] : attributeChanges(stat, givenAttributes(args));
    if (!write && attributes.length === 0) {
      const values = { ...fileValues(path, stat), ...asked(args), msg: 'file already exists' };
      return { changes: false, result: { changed: false, message: `${path} is as wanted`, values } };
    }
    const lines = attributes.map((line) => `${path} ${line}`);
    const summary = write
      ? `download ${shownUrl(args.url)} to ${path}`
      : `change ${path}: ${attributes.join(', ')}`;
    const now = `downloaded from ${shownUrl(args.url)}`;
    const was = stat === undefined ? 'absent' : `${stat.size} bytes, sha256 ${stat.sha256 ?? 'unknown'}`;
    const diff = [...(write ? [`${path}: ${was} → ${now}`] : []), ...lines].join('\n');
    return { changes: true, summary, diff, takes: [], details: { path, write, checksum, diff, summary } };
  },

  async apply(args, { path, write, checksum, diff, summary }, host) {
    const backup = write ? await fetchTo(path, args, checksum, host) : undefined;
    if (!write) await host.files.shape(path, { kind: 'present' }, givenAttributes(args));
    const [look] = await host.files.look([{ path, follow: true }]);
    const sum = look?.stat?.sha256;
    return {
      changed: true,
      message: summary,
      diff,
      values: {
        ...fileValues(path, look?.stat),
        ...asked(args),
        ...(write
          ? { status_code: 200, msg: `OK (${look?.stat?.size ?? 0} bytes)` }
          : { msg: 'file already exists' }),
        ...defined({ checksum_src: sum, checksum_dest: sum, backup_file: backup }),
      },
    };
  },
};

const asked = ({ url }: Args): Readonly<Record<string, unknown>> => ({ url: shownUrl(url) });

/** The last name of the path of a URL. */
function nameOf(url: string | Secret): string {
  const [path = ''] = plainText(url)
    .replace(/^[a-z]+:\/\/[^/?#]*/, '')
    .split(/[?#]/);
  const name = path.split('/').at(-1) ?? '';
  return name === '' || name === '.' || name === '..' ? 'index.html' : name;
}

/** A checksum whose sum is a URL: the sum that the list there has for this name, or its only one. */
async function resolved(args: Args, name: string, host: ModuleHost): Promise<Checksum | undefined> {
  const { checksum } = args;
  if (checksum === undefined || !isUrl(checksum.sum)) return checksum;
  const command = hostScript(
    `${downloadScript}download || fail download\n`,
    downloadValues(downloadOf(checksum.sum, args)),
  );
  const list = await runScript(host, command, `download ${checksum.sum}`, explain(checksum.sum, host));
  const lines = list
    .split('\n')
    .map((line) => /^\\?([0-9a-fA-F]{32,128})(?:\s+[*]?(?:.*\/)?(.+?))?\s*$/.exec(line));
  const sums = lines.flatMap((line) =>
    line?.[1] === undefined ? [] : [{ sum: line[1].toLowerCase(), of: line[2] }],
  );
  const found =
    sums.find((one) => one.of === name) ??
    (sums.length === 1 && sums[0]?.of === undefined ? sums[0] : undefined);
  if (found === undefined) {
    throw moduleFailed('get_url.no_checksum', host.host, `${checksum.sum} has no checksum of "${name}"`);
  }
  return { algorithm: checksum.algorithm, sum: found.sum };
}

async function mustWrite(
  args: Args,
  { path, stat }: FileLook,
  checksum: Checksum | undefined,
  host: ModuleHost,
): Promise<boolean> {
  if (stat === undefined) return true;
  if (checksum !== undefined) {
    if (checksum.algorithm === 'sha256') return stat.sha256 !== checksum.sum;
    const script = hostScript(`${sumScript}sum_with "$algorithm" <"$path" || fail unreadable\n`, {
      paths: { path },
      values: { algorithm: checksum.algorithm },
    });
    return (await runScript(host, script, `sum ${path}`)) !== checksum.sum;
  }
  if (!args.force) return false;
  const { values, secrets } = downloadValues(downloadOf(args.url, args));
  const script = hostScript(sumScript + downloadScript + summing, {
    values: { ...values, algorithm: 'sha256' },
    secrets,
  });
  const sum = await runScript(host, script, `download ${shownUrl(args.url)}`, explain(args.url, host));
  return sum !== stat.sha256;
}

/** Prints the sum of what is downloaded, and stores none of it. */
const summing = `exec 4>&1
status=$({ { download; printf %s $? >&3; } | sum_with "$algorithm" >&4; } 3>&1)
[ "$status" = 0 ] || fail download
`;

/** Fills a temporary beside the file, which takes its place when its sum is right. */
async function fetchTo(
  path: string,
  args: Args,
  checksum: Checksum | undefined,
  host: ModuleHost,
): Promise<string | undefined> {
  const { values, secrets } = downloadValues(downloadOf(args.url, args));
  const command = hostScript(`${downloadScript}download\n`, { values, secrets });
  if (!('script' in command)) return undefined;
  const { script, exposes = [] } = command;
  try {
    const { backup } = await host.files.write(
      path,
      { script, exposes },
      {
        ...givenAttributes(args),
        backup: args.backup,
        follow: true,
        ...(checksum === undefined ? {} : { validate: summed(checksum) }),
      },
    );
    return backup;
  } catch (error) {
    if (!(error instanceof AdfError)) throw error;
    if (error.code === 'file.content') throw downloadFailed(args.url, host, reasonOf(error));
    if (error.code === 'file.not_valid' && checksum !== undefined)
      throw wrongSum(args.url, checksum, host, reasonOf(error));
    throw error;
  }
}

/** A command that fails when the file has another sum, and prints that. */
const summed = ({ algorithm, sum }: Checksum): readonly string[] => [
  '/bin/sh',
  '-c',
  `fail() { exit 3; }\n${sumScript}got=$(sum_with "$2" <"$1") && [ "$got" = "$3" ] || { echo "its sum is $got"; exit 1; }`,
  'adfpush-sum',
  '%s',
  algorithm,
  sum,
];

const reasonOf = ({ message }: AdfError): string =>
  (message.split(/: /).slice(1).join(': ') || message).replace(/\.$/, '');

const downloadFailed = (url: string | Secret, { host }: ModuleHost, reason: string): AdfError =>
  moduleFailed('get_url.download', host, `${shownUrl(url)} could not be downloaded`, {
    reason,
    hint: 'The host itself asks for it: check its network, the proxies in environment, and that it has curl.',
  });

const wrongSum = (
  url: string | Secret,
  { algorithm, sum }: Checksum,
  { host }: ModuleHost,
  reason: string,
): AdfError =>
  moduleFailed(
    'get_url.checksum',
    host,
    `What came from ${shownUrl(url)} does not have the ${algorithm} ${sum}; the file is as it was`,
    { reason },
  );

/** What the scripts that download say went wrong. */
const explain =
  (url: string | Secret, host: ModuleHost) =>
  ({ code, reason }: ScriptFailure): AdfError | undefined =>
    code === 'download' ? downloadFailed(url, host, reason) : undefined;
