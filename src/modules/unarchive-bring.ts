import { AdfError } from '../errors/adf-error.js';
import { moduleFailed } from '../errors/module-scripts.js';
import { sha256 } from '../model/sha256.js';
import type { HostContent } from '../ports/host-files.js';
import { downloadScript, downloadValues, shownUrl } from './download.js';
import { hostScript } from './host-script.js';
import { runListing } from './listing.js';
import type { ModuleHost } from './module.js';
import type { FoundSource } from './source-files.js';
import { fileFilling } from './text-content.js';
import { plainText } from './text-edit.js';
import type { UnarchiveArgs } from './unarchive-args.js';
import { explainUnarchive } from './unarchive-errors.js';
import { placeScript } from './unarchive-script.js';

/** An archive that was brought to the host, to be removed when it is unpacked. */
export interface Brought {
  readonly path: string;
}

/**
 * Brings an archive of the project, or what is at a URL, to a folder of the host for such things. Its name follows from the archive and the
 * destination, so that what an interrupted run left is used up by the next. Gives `created` when what the task creates is there.
 */
export async function bringArchive(
  args: UnarchiveArgs,
  local: FoundSource | undefined,
  host: ModuleHost,
): Promise<Brought | 'created'> {
  const { src, dest, creates } = args;
  const place = hostScript(placeScript, { paths: { dest, creates } });
  const explain = explainUnarchive({ src: shownUrl(src), dest }, host.host);
  const said = await runListing(host, place, `look at ${dest}`, explain);
  const [, base] = /^\/\/@base ([^]*)\n$/.exec(said) ?? [];
  if (base === undefined) return 'created';
  const name = sha256(JSON.stringify([local?.path ?? plainText(src), dest])).slice(0, 16);
  const path = `${base.replace(/\/$/, '')}/.adfpush-archive-${name}`;
  const options = { mode: 0o600, onProgress: progressOf(local, host) };
  if (local !== undefined) {
    const { content } = await fileFilling(host.project, local);
    await host.files.write(path, content, options);
    return { path };
  }
  try {
    await host.files.write(path, download(src), options);
  } catch (error) {
    if (!(error instanceof AdfError) || error.code !== 'file.content') throw error;
    const [, reason = ''] = /: ([^]*?)\.?$/.exec(error.message) ?? [];
    throw moduleFailed('unarchive.download', host.host, `${shownUrl(src)} could not be downloaded`, {
      reason,
      hint: 'The host itself asks for it: check its network, the proxies in environment, and that it has curl.',
    });
  }
  return { path };
}

export async function removeBrought({ path }: Brought, { files }: ModuleHost): Promise<void> {
  await files.shape(path, { kind: 'absent' });
}

/** How long nothing may arrive before a download is given up, in milliseconds: get_url's default. */
const patience = 10_000;

function download(url: UnarchiveArgs['src']): HostContent {
  const request = { url, headers: {}, username: undefined, password: undefined, validateCerts: true };
  const command = hostScript(
    `${downloadScript}download\n`,
    downloadValues({ ...request, timeout: patience }),
  );
  return 'script' in command
    ? { script: command.script, exposes: command.exposes ?? [] }
    : { script: 'exit 1', exposes: [] };
}

function progressOf(local: FoundSource | undefined, host: ModuleHost): (sent: number) => void {
  if (local === undefined) return () => undefined;
  const step = Math.max(1024 * 1024, local.size / 100);
  let next = step;
  return (sent) => {
    if (sent < next) return;
    next = sent + step;
    host.progress(`sending ${local.path}`, sent, local.size);
  };
}
