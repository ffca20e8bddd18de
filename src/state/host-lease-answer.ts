import { z } from 'zod';
import type { LeaseHolder } from '../ports/lease-store.js';
import { newestRecord, type MemberRecord } from './lease-rules.js';

/** A run that came to a host with an epoch. */
interface Comer {
  readonly run: string;
  readonly epoch: number;
}

/** What a host remembers of the lease that it has, or had last; after a taking, what it remembered before. */
interface LeaseMemory {
  /** Absent where nothing was confirmed yet. */
  readonly record?: MemberRecord;
  /** Runs that its lock and its fence know. */
  readonly comers: readonly Comer[];
}

/** What the lock's script may say. */
export type ParsedAnswer =
  | ({ readonly kind: 'got' | 'free'; readonly epoch: number } & LeaseMemory)
  | ({ readonly kind: 'held'; readonly epoch: number; readonly holder: LeaseHolder } & LeaseMemory)
  | { readonly kind: 'newer'; readonly epoch: number }
  | { readonly kind: 'released' }
  | { readonly kind: 'failed'; readonly reason: string };

/** What one host said. `failed`: nothing that could be understood, so it counts as not got. */
export type HostAnswer = { readonly host: string } & ParsedAnswer;

/**
 * Reads what the lock's script printed: `got 3`, `newer 4`, `free 3`, `released`, or `held <for s> <left s> <epoch>` and the owner's JSON.
 * After `got`, `free` and `held` come `record <number> <JSON>`, `by <epoch> <run>` and `fence <epoch> <run>`. The start-up files of
 * a login shell may have printed other lines before.
 */
export function parseAnswer(stdout: string): ParsedAnswer {
  const lines = stdout.trim().split('\n');
  const at = lines.findLastIndex(isAnswer);
  // An answer that was cut says nothing: `got` without its epoch is no lock.
  if (at === -1) return { kind: 'failed', reason: `the lock script said ${JSON.stringify(lines[0])}` };
  const [first = '', ...rest] = lines.slice(at);
  const [word, ...numbers] = first.split(' ');
  const [one = 0, left = 0, epoch = 0] = numbers.map(Number);
  if (word === 'got' || word === 'free') return { kind: word, epoch: one, ...parseMemory(rest) };
  if (word === 'newer') return { kind: word, epoch: one };
  if (word === 'released') return { kind: word };
  const [owner = '', ...memory] = rest;
  const holder = { ...parseOwner(owner), heldFor: one * 1_000, expiresIn: left * 1_000 };
  return { kind: 'held', epoch, holder, ...parseMemory(memory) };
}

const isAnswer = (line: string): boolean =>
  /^((got|newer|free) \d+|released|held -?\d+ -?\d+ \d+)$/.test(line);

/** What a record says is its majorities, or these and where runs keep the lease from then on. */
export const recordText = ({ quorums, moved }: Pick<MemberRecord, 'quorums' | 'moved'>): string =>
  JSON.stringify(moved === undefined ? quorums : { quorums, moved });

const quorumsShape = z.array(z.object({ members: z.array(z.string()), needed: z.number() }));

const recordShape = z.union([
  quorumsShape.transform((quorums) => ({ quorums })),
  z.object({ quorums: quorumsShape, moved: z.object({ to: z.string(), run: z.string() }) }),
]);

function parseMemory(lines: readonly string[]): LeaseMemory {
  const comers = lines.flatMap((line): Comer[] => {
    const [, epoch, run = ''] = /^(?:by|fence) (\d+) (.+)$/.exec(line) ?? [];
    return epoch === undefined ? [] : [{ run, epoch: Number(epoch) }];
  });
  const record = newestRecord(lines.map(parseRecord));
  return record === undefined ? { comers } : { record, comers };
}

function parseRecord(line: string): MemberRecord | undefined {
  const [, number, json = ''] = /^record (\d+) (.*)$/.exec(line) ?? [];
  const said = recordShape.safeParse(parseJson(json)).data;
  return said === undefined ? undefined : { number: Number(number), ...said };
}

const ownerShape = z.object({ run: z.string(), who: z.string(), link: z.string().optional() });

/** An owner that cannot be read still holds the lock. */
function parseOwner(text: string): Pick<LeaseHolder, 'run' | 'who' | 'link'> {
  const { success, data } = ownerShape.safeParse(parseJson(text));
  if (!success) return { run: 'unknown', who: 'somebody' };
  const { run, who, link } = data;
  return link === undefined ? { run, who } : { run, who, link };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
