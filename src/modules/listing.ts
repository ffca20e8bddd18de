import { moduleFailed } from '../errors/module-scripts.js';
import type { RemoteCommand } from '../ports/transport.js';
import { runScript, type ScriptFailure } from './host-script.js';
import type { ModuleHost } from './module.js';
import { joined } from './text-content.js';

const mark = '//@begin\n';

/** What a script for `runListing` prints before anything else. */
export const beginListing = `printf '//@begin\\n'\n`;

/** Bytes of a listing: some hundred thousand files. */
const most = 64 * 1024 * 1024;

/**
 * Runs a script that only reads and may print much, to its end, and gives all that it printed after `beginListing`. What came of an attempt whose
 * connection was lost is left out. `what` is what it does, `look through /srv`. Throws what `runScript` throws, and `module.too_much`.
 */
export async function runListing(
  host: ModuleHost,
  command: RemoteCommand,
  what: string,
  explain?: (failure: ScriptFailure) => Error | undefined,
): Promise<string> {
  return new TextDecoder().decode(await listedBytes(host, command, what, explain));
}

/** The same, byte for byte. */
export async function listedBytes(
  host: ModuleHost,
  command: RemoteCommand,
  what: string,
  explain?: (failure: ScriptFailure) => Error | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const toStdout = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size > most) throw tooMuch(host, what);
    chunks.push(chunk);
  };
  await runScript(host, command, what, explain, { toStdout });
  const bytes = joined(chunks);
  // One sign for each byte, so that the place in the text is that in the bytes.
  const at = new TextDecoder('latin1').decode(bytes).lastIndexOf(mark);
  return bytes.subarray(at + mark.length);
}

const tooMuch = ({ host }: ModuleHost, what: string): Error =>
  moduleFailed(
    'module.too_much',
    host,
    `Could not ${what}: there is more to tell of it than ${most / 1024 / 1024} MiB`,
    { hint: 'Ask about less: a folder further down, fewer files.' },
  );
