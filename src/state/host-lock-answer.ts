import { z } from 'zod';
import type { LeaseHolder } from '../ports/lease-store.js';

/** What the lock's script may say. */
export type ParsedAnswer =
  | { readonly kind: 'got' | 'newer' | 'free'; readonly epoch: number }
  | { readonly kind: 'lost' | 'released' }
  | { readonly kind: 'held'; readonly epoch: number; readonly holder: LeaseHolder }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Reads what the lock's script printed: `got 3`, `newer 4`, `free 3`, `lost`, `released`, or `held <for s> <left s> <epoch>` and the
 * owner's JSON. The start-up files of a login shell may have printed other lines before.
 */
export function parseAnswer(stdout: string): ParsedAnswer {
  const lines = stdout.trim().split('\n');
  const [first = '', second = ''] = lines.slice(Math.max(0, lines.findLastIndex(isAnswer)));
  const [word, ...numbers] = first.split(' ');
  const [one = 0, left = 0, epoch = 0] = numbers.map(Number);
  if (word === 'got' || word === 'newer' || word === 'free') return { kind: word, epoch: one };
  if (word === 'lost' || word === 'released') return { kind: word };
  if (word !== 'held') return { kind: 'failed', reason: `the lock script said ${JSON.stringify(first)}` };
  return {
    kind: 'held',
    epoch,
    holder: { ...parseOwner(second), heldFor: one * 1_000, expiresIn: left * 1_000 },
  };
}

const isAnswer = (line: string): boolean =>
  /^((got|newer|free) \d+|lost|released|held -?\d+ -?\d+ \d+)$/.test(line);

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
