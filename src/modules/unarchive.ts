import { sourceNotAFile } from '../errors/inventory.js';
import { isUrl, shownUrl } from './download.js';
import { hostScript, runStepScript } from './host-script.js';
import { runListing } from './listing.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';
import { plainText } from './text-edit.js';
import { isRemote, unarchiveSchema as schema, type UnarchiveArgs } from './unarchive-args.js';
import { bringArchive, removeBrought, type Brought } from './unarchive-bring.js';
import { explainUnarchive, isMissing, unarchiveFault } from './unarchive-errors.js';
import { readManifest, type Manifest } from './unarchive-manifest.js';
import { planOf, type UnarchivePlan } from './unarchive-plan.js';
import { compareScript, placeAllScript } from './unarchive-script.js';
import { findSource } from './source-files.js';

interface Details {
  /** The path of the archive on the host. */
  readonly archive: string;
  readonly brought: boolean;
  readonly plan: UnarchivePlan;
  readonly manifest: Manifest;
  readonly summary: string;
  readonly diff: string;
}

/** Unpacks an archive into a folder of the host. */
export const unarchive: Module<UnarchiveArgs, Details> = {
  name: 'unarchive',
  docs: {
    summary: 'Unpacks a tar or zip archive into a folder of the host, and changes there only what differs.',
    examples: [
      `- name: the site, without its sources
  unarchive: { src: site.tar.gz, dest: /srv/www, owner: www-data, mode: 'u=rwX,g=rX,o=', exclude: ['*.scss'] }
  become: true`,
      `- name: a release that a copy task brought
  unarchive: { src: /opt/app-1.2.tar.gz, dest: /opt/app, remote_src: true, extra_opts: [--strip-components=1] }
  become: true`,
      `- unarchive:
    src: https://example.com/tool-3.1.zip
    dest: /opt
    remote_src: true
    creates: /opt/tool-3.1
  become: true`,
    ],
  },
  effect: 'idempotent',
  visibleArguments: ['extra_opts', 'dest', 'creates'],
  secretArguments: ['src'],
  source: ({ src, ...args }) =>
    isRemote(args) ? undefined : { argument: 'src', src: plainText(src), folder: 'files' },
  schema,

  async check(args, host) {
    const { src, dest } = args;
    const local = isRemote(args) ? undefined : await localArchive(plainText(src), host);
    let brought: Brought | undefined;
    try {
      if (local !== undefined || isUrl(plainText(src))) {
        const answer = await bringArchive(args, local, host);
        if (answer === 'created') return skipped(args);
        brought = answer;
      }
      const archive = brought?.path ?? plainText(src);
      const manifest = await compare(args, archive, host);
      const checked = manifest === undefined ? skipped(args) : changeOf(args, archive, manifest, host);
      if (brought === undefined) return checked;
      if (!checked.changes || host.checkMode) await removeBrought(brought, host);
      return checked.changes ? { ...checked, details: { ...checked.details, brought: true } } : checked;
    } catch (error) {
      if (brought !== undefined) await removeBrought(brought, host).catch(() => undefined);
      if (!host.checkMode || !isMissing(error)) throw error;
      // In a dry run an earlier task would have made it. That change is never applied.
      const summary = `unpack ${shownUrl(src)} into ${dest}`;
      return { changes: true, summary, takes: [], details: nothingKnown(summary) };
    }
  },

  async apply(args, { archive, brought, plan, manifest, summary, diff }, host) {
    const beside = (paths: readonly string[]): readonly string[] => paths.map((path) => `./${path}`);
    const { values, paths, words } = scriptValues(args, archive);
    const command = hostScript(placeAllScript, {
      values: { ...values, brought },
      paths,
      words: {
        ...words,
        drop: beside(plan.drop),
        clear: beside(plan.clear),
        place: beside(plan.place),
        adjust: plan.adjust.flatMap(({ path, mode, owner }) => [`./${path}`, mode.toString(8), owner]),
      },
    });
    host.progress(`unpacking ${shownUrl(args.src)}`);
    await runStepScript(
      host,
      command,
      `unpack ${shownUrl(args.src)}`,
      explainUnarchive(toldOf(args), host.host),
    );
    return { ...resultOf(args, plan, manifest), changed: true, message: summary, diff };
  },
};

const toldOf = ({ src, dest }: UnarchiveArgs) => ({ src: shownUrl(src), dest });

async function localArchive(src: string, host: ModuleHost) {
  const source = await findSource(host.project, host.playbook, 'files', src);
  if (source.kind !== 'file') throw sourceNotAFile(source.path, 'Name one archive.');
  return source;
}

/** What both scripts are given. */
function scriptValues(args: UnarchiveArgs, archive: string) {
  const { dest, creates, owner, group, mode, extra_opts: options } = args;
  // A user who may read a folder may enter it.
  const folderMode = typeof mode === 'number' ? mode | ((mode & 0o444) >> 2) : mode;
  const inOctal = (bits: number | string | undefined): string | undefined =>
    typeof bits === 'number' ? bits.toString(8) : bits;
  return {
    values: {
      ...{ owner, group, brought: false, options: options.length > 0 },
      ...{ mode: inOctal(mode), folder_mode: inOctal(folderMode) },
    },
    paths: { archive, dest, creates },
    words: { options },
  };
}

/** Undefined when what it creates is there. */
async function compare(
  args: UnarchiveArgs,
  archive: string,
  host: ModuleHost,
): Promise<Manifest | undefined> {
  const said = await runListing(
    host,
    hostScript(compareScript, scriptValues(args, archive)),
    `look into ${shownUrl(args.src)}`,
    explainUnarchive(toldOf(args), host.host),
  );
  return readManifest(said);
}

/** Lines of a diff that are worth reading. */
const mostLines = 100;

function changeOf(
  args: UnarchiveArgs,
  archive: string,
  manifest: Manifest,
  { host }: ModuleHost,
): Change<Details> {
  const { src, dest, include = [], exclude = [], keep_newer: keepNewer, owner, group } = args;
  const isTar = manifest.program !== 'unzip';
  const owners = owner !== undefined || group !== undefined || (manifest.isRoot && isTar);
  const plan = planOf(manifest, { include, exclude, keepNewer, owners });
  if ('fault' in plan) throw unarchiveFault(toldOf(args), plan, host);
  if (plan.lines.length === 0) return { changes: false, result: resultOf(args, plan, manifest) };
  const more = plan.lines.length - mostLines;
  const shown = plan.lines.slice(0, mostLines).map((line) => `${dest.replace(/\/+$/, '')}/${line}`);
  const diff = [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
  const summary = `unpack ${shownUrl(src)} into ${dest}`;
  return {
    changes: true,
    ...{ summary, diff, takes: [] },
    details: { archive, brought: false, plan, manifest, summary, diff },
  };
}

const skipped = (args: UnarchiveArgs): Extract<Change<Details>, { changes: false }> => ({
  changes: false,
  result: {
    changed: false,
    skipped: true,
    message: `${args.creates ?? ''} exists`,
    values: {
      ...{ dest: args.dest, src: shownUrl(args.src), skipped: true },
      msg: `skipped, since ${args.creates ?? ''} exists`,
    },
  },
});

/** The handlers' names are Ansible's. */
const handlers: Readonly<Record<string, string>> = {
  ...{ tar: 'TarArchive', gzip: 'TgzArchive', bzip2: 'TarBzipArchive' },
  ...{ xz: 'TarXzArchive', zstd: 'TarZstdArchive', unzip: 'ZipArchive' },
};

function resultOf(args: UnarchiveArgs, plan: UnarchivePlan, manifest: Manifest): ModuleResult {
  const { mode, pw_name: owner, gr_name: group, uid, gid, size } = manifest.destValues;
  return {
    changed: false,
    message: `${args.dest} has all that is in ${shownUrl(args.src)}`,
    values: {
      ...{ dest: args.dest, src: shownUrl(args.src), handler: handlers[manifest.program] },
      ...{ state: 'directory', mode, owner, group, uid, gid, size },
      ...(args.list_files ? { files: plan.files } : {}),
    },
  };
}

const nothingKnown = (summary: string): Details => ({
  ...{ archive: '', brought: false, summary, diff: '' },
  plan: { files: [], drop: [], clear: [], place: [], adjust: [], lines: [] },
  manifest: {
    ...{ inArchive: new Map(), onHost: new Map(), named: new Set() },
    ...{ program: '', dest: '', destValues: {}, isRoot: false },
  },
});
