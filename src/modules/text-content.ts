import { sha256 } from '../model/sha256.js';
import { Secret } from '../model/secret.js';
import type { FileContent } from '../ports/host-files.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { diffLimit } from './file-diff.js';
import type { FoundSource } from './source-files.js';

/** What a file is filled with, and what a diff may show of it. */
export interface Filling {
  readonly content: FileContent;
  readonly shown: () => Promise<Uint8Array | undefined>;
  readonly secret: boolean;
}

/** Text in memory: what a task says itself, or a rendered template. */
export function textFilling(text: string | Secret): Filling {
  const secret = text instanceof Secret;
  const bytes = new TextEncoder().encode(secret ? text.reveal() : text);
  return {
    content: { open: () => bytes, size: bytes.length, sha256: sha256(bytes) },
    shown: () => Promise.resolve(bytes),
    secret,
  };
}

/** A file of the control side, which is read while it is sent. */
export async function fileFilling(project: ProjectFiles, { path }: FoundSource): Promise<Filling> {
  const { size, sha256: sum } = await project.digest(path);
  return {
    content: { open: () => project.stream(path), size, sha256: sum },
    shown: async () => (size > diffLimit ? undefined : joined(await collected(project.stream(path)))),
    secret: false,
  };
}

/** All pieces of a stream that is known to be small. */
export async function collected(stream: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
