import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { defined } from '../model/defined.js';

export interface EngineAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** The Server header. */
  readonly server?: string;
}

/** Reads an answer to its end. Rejects when it breaks off. */
export function receive(
  response: IncomingMessage,
  onLine: ((line: string) => void) | undefined,
  heard: () => void,
): Promise<EngineAnswer> {
  const status = response.statusCode ?? 0;
  const server = response.headersDistinct['server']?.join(' ');
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const byLine = onLine !== undefined && status < 300 ? onLine : undefined;
    let rest = '';
    response.on('data', (chunk: Buffer) => {
      heard();
      if (byLine === undefined) {
        chunks.push(chunk);
        return;
      }
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') byLine(line);
    });
    response.once('end', () => {
      if (byLine !== undefined && rest.trim() !== '') byLine(rest);
      resolve({ status, body: Buffer.concat(chunks), ...defined({ server }) });
    });
    response.once('error', reject);
    response.once('close', () => reject(new Error('its answer broke off')));
  });
}

/** What comes back on a stream that is no HTTP any more, to its end. Gives it `input` first. Rejects when it breaks off. */
export function receiveRaw(
  response: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  input: string,
  heard: () => void,
): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [head];
    let isWhole = false;
    socket.on('data', (chunk: Buffer) => {
      heard();
      chunks.push(chunk);
    });
    socket.once('end', () => {
      isWhole = true;
      socket.destroy();
      resolve({
        status: 200,
        body: Buffer.concat(chunks),
        ...defined({ server: response.headersDistinct['server']?.join(' ') }),
      });
    });
    socket.on('error', reject);
    socket.once('close', () => {
      if (!isWhole) reject(new Error('its answer broke off'));
    });
    socket.end(input);
  });
}
