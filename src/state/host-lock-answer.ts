import { z } from 'zod';
import type { LeaseHolder } from '../ports/lease-store.js';

/** A run that came to a host with an epoch. */
export interface Comer {
  readonly run: string;
  readonly epoch: number;
}

/** What a host remembers of the lease that it has, or had last. */
export interface LeaseRecord {
  /** Ids of the hosts that the lease was taken with; empty when nothing was recorded. */
  readonly members: readonly string[];
  /** Runs that its lock and its fence know. */
  readonly comers: readonly Comer[];
}

/** What the lock's script may say. */
export type ParsedAnswer =
  | { readonly kind: 'got' | 'newer'; readonly epoch: number }
  | ({ readonly kind: 'free'; readonly epoch: number } & LeaseRecord)
  | { readonly kind: 'lost' | 'released' }
  | ({ readonly kind: 'held'; readonly epoch: number; readonly holder: LeaseHolder } & LeaseRecord)
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Reads what the lock's script printed: `got 3`, `newer 4`, `free 3`, `lost`, `released`, or `held <for s> <left s> <epoch>` and the
 * owner's JSON. After `free` and `held` come `members <JSON>`, `by <epoch> <run>` and `fence <epoch> <run>`. The start-up files of a login shell may have printed other lines before.
 */
export function parseAnswer(stdout: string): ParsedAnswer {
  const lines = stdout.trim().split('\n');
  const [first = '', second = '', ...rest] = lines.slice(Math.max(0, lines.findLastIndex(isAnswer)));
  const [word, ...numbers] = first.split(' ');
  const [one = 0, left = 0, epoch = 0] = numbers.map(Number);
  if (word === 'got' || word === 'newer') return { kind: word, epoch: one };
  if (word === 'free') return { kind: word, epoch: one, ...parseRecord([second, ...rest]) };
  if (word === 'lost' || word === 'released') return { kind: word };
  if (word !== 'held') return { kind: 'failed', reason: `the lock script said ${JSON.stringify(first)}` };
  return {
    kind: 'held',
    epoch,
    ...parseRecord(rest),
    holder: { ...parseOwner(second), heldFor: one * 1_000, expiresIn: left * 1_000 },
  };
}

const isAnswer = (line: string): boolean =>
  /^((got|newer|free) \d+|lost|released|held -?\d+ -?\d+ \d+)$/.test(line);

const membersShape = z.array(z.string());

/** Hosts of an earlier version recorded neither members nor runs. */
function parseRecord(lines: readonly string[]): LeaseRecord {
  const members = lines.find((line) => line.startsWith('members '))?.slice('members '.length) ?? '';
  const comers = lines.flatMap((line): Comer[] => {
    const [, epoch, run = ''] = /^(?:by|fence) (\d+) (.+)$/.exec(line) ?? [];
    return epoch === undefined ? [] : [{ run, epoch: Number(epoch) }];
  });
  return { members: membersShape.safeParse(parseJson(members)).data ?? [], comers };
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
