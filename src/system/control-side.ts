import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import {
  Agent as HttpAgent,
  request as overHttp,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { resolve } from 'node:path';
import { secretInArgument } from '../errors/secrets.js';
import { defined } from '../model/defined.js';
import type { Clock } from '../ports/clock.js';
import type { ControlAnswer, ControlRequest, ControlRunOptions, ControlSide } from '../ports/control-side.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import type { CommandResult, Outcome } from '../ports/transport.js';
import { proxiesOf } from './http-proxies.js';

/** Output of a program that is kept in memory, in bytes: its beginning and its end. */
const keptOutput = 1024 * 1024;
/** What is kept of an answer, in bytes. */
const keptBody = 1024 * 1024;

/** This machine, and the network as seen from it. */
export class SystemControlSide implements ControlSide {
  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
    private readonly secrets: Pick<SecretKeeper, 'isIn'>,
  ) {}

  async exists(path: string): Promise<boolean> {
    return access(resolve(this.folder, path)).then(
      () => true,
      () => false,
    );
  }

  async run(argv: readonly string[], options: ControlRunOptions = {}): Promise<CommandResult> {
    if (this.secrets.isIn([...argv, options.cwd ?? ''])) throw secretInArgument('A command on this machine');
    const begun = this.clock.elapsed();
    const [program = '', ...args] = argv;
    const child = spawn(program, args, {
      cwd: resolve(this.folder, options.cwd ?? '.'),
      env: { ...process.env, ...options.env },
      detached: true,
    });
    const kill = (name: 'SIGTERM' | 'SIGKILL'): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // The whole group has ended already.
      }
    };
    const over = new AbortController();
    let stopped: Outcome | undefined;
    const stop = (outcome: Outcome): void => {
      stopped ??= outcome;
      kill('SIGTERM');
      this.clock.sleep(2_000, over.signal).then(
        () => kill('SIGKILL'),
        () => undefined,
      );
    };
    const { signal, timeout } = options;
    const cancel = (): void => stop({ kind: 'cancelled' });
    if (signal?.aborted === true) cancel();
    signal?.addEventListener('abort', cancel, { signal: over.signal });
    if (timeout !== undefined) {
      this.clock.sleep(timeout, over.signal).then(
        () => stop({ kind: 'timed_out' }),
        () => undefined,
      );
    }
    const output = { stdout: new KeptText(), stderr: new KeptText() };
    child.stdout.on('data', (chunk: Buffer) => output.stdout.add(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.stderr.add(chunk));
    // It may end without reading all of its input, which is its own affair.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    const outcome = await new Promise<Outcome>((settle) => {
      child.once('error', (error) => {
        output.stderr.add(Buffer.from(`${error.message}\n`));
        settle({ kind: 'exited', code: 127 });
      });
      child.once('exit', (code, killer) => {
        const ended: Outcome =
          code === null ? { kind: 'signalled', signal: killer ?? 'unknown' } : { kind: 'exited', code };
        // A child of its own may keep the outputs open: what it says is not waited for long.
        const settled = (): void => settle(ended);
        child.once('close', settled);
        this.clock.sleep(200, over.signal).then(settled, () => undefined);
      });
    });
    over.abort();
    child.stdout.destroy();
    child.stderr.destroy();
    return {
      outcome: stopped ?? outcome,
      stdout: output.stdout.text,
      stderr: output.stderr.text,
      duration: this.clock.elapsed() - begun,
      truncated: output.stdout.isCut || output.stderr.isCut,
    };
  }

  async request(request: ControlRequest): Promise<ControlAnswer> {
    const deadline = new AbortController();
    const over = new AbortController();
    const cancel = (): void => deadline.abort();
    if (request.signal?.aborted === true) cancel();
    request.signal?.addEventListener('abort', cancel, { signal: over.signal });
    this.clock.sleep(request.timeout, over.signal).then(cancel, () => undefined);
    const sent = new AbortController();
    try {
      const response = await send(request, deadline.signal, () => sent.abort());
      return await answerOf(response);
    } catch (error) {
      const late = deadline.signal.aborted;
      const reason = late ? `no answer within ${request.timeout / 1_000} s` : reasonOf(error);
      const code = late ? 'timeout' : codeOf(error);
      return { kind: sent.signal.aborted ? 'unknown' : 'not_sent', reason, ...defined({ code }) };
    } finally {
      over.abort();
    }
  }
}

/** The beginning and the end of a long text. */
class KeptText {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  isCut = false;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // The middle goes, piece by piece.
    while (this.#size > keptOutput && this.#chunks.length > 2) {
      this.#size -= this.#chunks.splice(Math.floor(this.#chunks.length / 2), 1)[0]?.length ?? 0;
      this.isCut = true;
    }
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** Calls `onSent` once a connection has taken the request: from then on the other side may have got it. */
async function send(
  { url: address, method, headers, body }: ControlRequest,
  signal: AbortSignal,
  onSent: () => void,
): Promise<IncomingMessage> {
  const url = new URL(address);
  // Loaded when it is needed: it brings all of TLS.
  const https = url.protocol === 'https:' ? await import('node:https') : undefined;
  const proxyEnv = proxiesOf(process.env);
  const options = proxyEnv === undefined ? {} : { proxyEnv };
  const agent = https === undefined ? new HttpAgent(options) : new https.Agent(options);
  const given: RequestOptions = {
    method,
    agent,
    signal,
    headers: {
      'user-agent': 'adfpush',
      ...headers,
      ...defined({ 'content-length': body === undefined ? undefined : String(Buffer.byteLength(body)) }),
    },
  };
  return new Promise((settle, reject) => {
    const outgoing = https === undefined ? overHttp(url, given, settle) : https.request(url, given, settle);
    outgoing.on('error', reject);
    outgoing.once('socket', (socket) => {
      socket.once(https === undefined ? 'connect' : 'secureConnect', onSent);
    });
    outgoing.end(body);
  });
}

async function answerOf(response: IncomingMessage): Promise<ControlAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = chunk as Buffer;
    if (size < keptBody) chunks.push(bytes);
    size += bytes.length;
    if (size > 8 * keptBody) break;
  }
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const),
  );
  return {
    kind: 'answer',
    status: response.statusCode ?? 0,
    headers,
    body: Buffer.concat(chunks).toString(),
  };
}

/** An error of several addresses has a code, and no message of its own. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : (codeOf(error) ?? '');
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;
