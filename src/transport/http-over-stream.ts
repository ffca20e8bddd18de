import { request as httpRequest, type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { AdfError } from '../errors/adf-error.js';
import { noAnswer } from '../errors/ssh.js';
import type { Host } from '../model/host.js';
import { unlessAborted, within, type Clock } from '../ports/clock.js';
import type { HostHttpRequest, HostHttpResponse } from '../ports/host-http.js';
import { urlOf } from './http-url.js';

/** Bytes of a body that are kept. */
export const bodyLimit = 64 * 1024;

/** One request on a stream of its own, which is closed afterwards. Throws `http.no_answer`, and the signal's reason. */
export async function requestOverStream(
  host: Host,
  stream: Duplex,
  request: HostHttpRequest,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Omit<HostHttpResponse, 'via'>> {
  const name = request.hostHeader ?? request.address;
  const channel = request.scheme === 'https' ? overTls(stream, name) : stream;
  const url = urlOf(request);
  const answer = new Promise<Omit<HostHttpResponse, 'via'>>((resolve, reject) => {
    const outgoing = httpRequest({
      createConnection: () => channel,
      method: request.method,
      path: request.path,
      setHost: false,
      headers: {
        host: request.hostHeader ?? `${request.address.includes(':') ? `[${name}]` : name}:${request.port}`,
        connection: 'close',
        ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
        ...request.headers,
      },
    });
    const fail = (error: Error): void => {
      reject(
        error instanceof AdfError && error.code.startsWith('ssh.')
          ? error
          : noAnswer(host, url, error.message),
      );
    };
    // The stream's own errors too: TLS does not pass all of them on.
    stream.on('error', fail);
    outgoing.on('error', fail);
    outgoing.once('response', (response) => {
      bodyOf(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body }),
        fail,
      );
    });
    outgoing.end(request.body);
  });
  try {
    return await unlessAborted(
      within(clock, request.timeout, answer, () =>
        noAnswer(host, url, `nothing came within ${request.timeout / 1_000} s`),
      ),
      signal,
    );
  } finally {
    channel.destroy();
    stream.destroy();
  }
}

/** TLS is loaded here and not at the top: few requests need it, and it takes as long as half of Node's own start. */
const overTls = (stream: Duplex, name: string): Duplex =>
  process.getBuiltinModule('node:tls').connect({
    socket: stream,
    rejectUnauthorized: false,
    // RFC 6066: an address is no server name.
    ...(isIP(name) === 0 ? { servername: name } : {}),
  });

function bodyOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const text = (): string => Buffer.concat(chunks).subarray(0, bodyLimit).toString();
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= bodyLimit) resolve(text());
    });
    response.once('end', () => resolve(text()));
    response.once('error', reject);
    response.once('close', () => reject(new Error('the answer broke off')));
  });
}

function headersOf(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
