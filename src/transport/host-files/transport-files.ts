import { createHash, randomBytes } from 'node:crypto';
import { changedMeanwhile, fileProblems, fileScriptFailed } from '../../errors/files.js';
import { describeOutcome } from '../../errors/modules.js';
import { connectionLost } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Host } from '../../model/host.js';
import type {
  FileAccess,
  FileAttributes,
  FileContent,
  FileLook,
  FilePlace,
  FileShape,
  HostContent,
  FilesOfHosts,
  HostFiles,
  WriteOptions,
  WriteResult,
} from '../../ports/host-files.js';
import {
  succeeded,
  type CommandResult,
  type RemoteCommand,
  type RunOptions,
  type Transport,
} from '../../ports/transport.js';
import { lookScript, parseLooks } from './looks.js';
import { assignments, pathWord } from './script-words.js';
import { shapeScript, sweepScript } from './shape-script.js';
import { failureMark, sharedScript } from './shared-script.js';
import { writeScript } from './write-script.js';

/** Before the sum, on stderr. */
const sumMark = 'adfpush-sum:';

/** What a file must be to be read. */
const readable = `there "$target"
[ -f "$target" ] || fail not_a_file
[ -r "$target" ] || { head -c 1 "$target" >/dev/null; fail unreadable; }
`;

/** The first `limit` bytes. */
const readScript = (path: string, limit: number): string =>
  `${sharedScript}target=${pathWord(path)}\n${assignments({ limit })}${readable}head -c "$limit" "$target" || fail unreadable\n`;

/**
 * As much of the file as was there at the beginning, then its sum on stderr: a log that grows meanwhile is whole as it was then. Where
 * the kernel tells no size, as in /proc, all there is.
 */
const fetchScript = (path: string): string =>
  `${sharedScript}target=${pathWord(path)}\n${readable}size=$(stat -L -c %s "$target") || fail unreadable
if [ "$size" -gt 0 ]; then content() { head -c "$size" "$target"; }; else content() { cat "$target"; }; fi
content || fail unreadable
hash=$(content | sum) || exit 3
printf '\\n${sumMark}%s\\n' "$hash" >&2
`;

/** Files of hosts by scripts over their connections: nothing is asked of a host but a POSIX sh and its usual programs. */
export class TransportFiles implements FilesOfHosts {
  constructor(private readonly transport: Transport) {}

  on(host: Host, access: FileAccess): HostFiles {
    return new ScriptedFiles(this.transport, host, access);
  }
}

class ScriptedFiles implements HostFiles {
  constructor(
    private readonly transport: Transport,
    readonly host: Host,
    private readonly access: FileAccess,
  ) {}

  async look(places: readonly FilePlace[]): Promise<readonly FileLook[]> {
    const output = new Collected();
    const exposes = places.flatMap(({ path, into = '' }) => [path, into]);
    const command = { script: lookScript(places), exposes };
    await this.#run(places[0]?.path ?? '', command, { toStdout: (chunk) => output.add(chunk) });
    return parseLooks(places, output.bytes.toString());
  }

  async read(path: string, limit: number): Promise<Uint8Array | undefined> {
    const output = new Collected();
    const command = { script: readScript(path, limit + 1), exposes: [path] };
    await this.#run(path, command, { toStdout: (chunk) => output.add(chunk) });
    return output.bytes.length > limit ? undefined : output.bytes;
  }

  async fetch(path: string, take: (chunk: Uint8Array) => Promise<void>): Promise<string> {
    const hash = createHash('sha256');
    const toStdout = async (chunk: Uint8Array): Promise<void> => {
      hash.update(chunk);
      await take(chunk);
    };
    const { stderr } = await this.#run(path, { script: fetchScript(path), exposes: [path] }, { toStdout });
    const told = stderr.split(sumMark)[1]?.trim();
    const got = hash.digest('hex');
    if (told !== got) throw changedMeanwhile(this.host, path);
    return got;
  }

  async write(
    path: string,
    content: FileContent | HostContent,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    const { onProgress = () => undefined, validate = [] } = options;
    const [sum, filler] = 'open' in content ? [content.sha256, undefined] : [undefined, content.script];
    const script = writeScript(path, { sha256: sum, script: filler, nonce: newNonce() }, options);
    const exposed = 'open' in content ? [] : content.exposes;
    const command = { script, exposes: [path, ...validate, ...exposed, ...wordsOf(options)] };
    const input = 'open' in content ? { stdin: told(content.open(), onProgress) } : {};
    const { stdout } = await this.#run(path, command, input);
    return stdout === '' ? {} : { backup: stdout };
  }

  async shape(path: string, wanted: FileShape, attributes: FileAttributes = {}): Promise<void> {
    const script = shapeScript(path, newNonce(), wanted, attributes);
    const target = wanted.kind === 'link' ? [wanted.target] : [];
    await this.#run(path, { script, exposes: [path, ...target, ...wordsOf(attributes)] });
  }

  async sweep(path: string): Promise<void> {
    await this.#run(path, { script: sweepScript(path), exposes: [path] });
  }

  async #run(path: string, command: RemoteCommand, options: RunOptions = {}): Promise<CommandResult> {
    const { become, becomeUser, signal, env } = this.access;
    const connection = await this.transport.connect(this.host, signal);
    const result = await connection.run(command, {
      ...options,
      become,
      ...defined({ becomeUser, signal, env }),
    });
    if (succeeded(result)) return result;
    signal?.throwIfAborted();
    if (result.outcome.kind === 'unknown') throw connectionLost(this.host, result.outcome.reason);
    throw this.#problem(path, result);
  }

  #problem(path: string, { outcome, stderr }: CommandResult): Error {
    const [said = '', word = ''] = stderr.split(failureMark);
    const reason = said.trim().split('\n').at(-1) ?? '';
    const code = word.split('\n')[0] ?? '';
    return isProblem(code)
      ? fileProblems[code](this.host, path, code === 'not_valid' ? said.trim() : reason)
      : fileScriptFailed(this.host, path, describeOutcome(outcome), reason);
  }
}

/** What chmod and chown are given. */
const wordsOf = ({ mode = '', owner = '', group = '' }: FileAttributes): readonly string[] => [
  String(mode),
  owner,
  group,
];

const isProblem = (code: string): code is keyof typeof fileProblems => Object.hasOwn(fileProblems, code);

/** So that other users cannot foretell the name of a temporary in a folder that all may write to. */
const newNonce = (): string => randomBytes(4).toString('hex');

/** The same bytes, told as they are taken. */
async function* told(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  tell: (sent: number) => void,
): AsyncIterable<Uint8Array> {
  if (bytes instanceof Uint8Array) {
    if (bytes.length > 0) yield bytes;
    tell(bytes.length);
    return;
  }
  let sent = 0;
  for await (const chunk of bytes) {
    yield chunk;
    sent += chunk.length;
    tell(sent);
  }
}

class Collected {
  readonly #chunks: Uint8Array[] = [];

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
