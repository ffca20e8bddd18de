import { z } from 'zod';
import type { LeaseHolder } from '../errors/lease.js';

type Answer =
  | { readonly kind: 'got' | 'lost' | 'released' }
  | { readonly kind: 'held'; readonly holder: LeaseHolder }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Reads what the lock's script printed: `got 3`, `lost`, `released`, or `held <for s> <left s>` and the owner's JSON. The start-up files
 * of a login shell may have printed other lines before.
 */
export function parseAnswer(stdout: string): Answer {
  const lines = stdout.trim().split('\n');
  const [first = '', second = ''] = lines.slice(Math.max(0, lines.findLastIndex(isAnswer)));
  const [word, heldFor, left] = first.split(' ');
  if (word === 'got' || word === 'lost' || word === 'released') return { kind: word };
  if (word !== 'held') return { kind: 'failed', reason: `the lock script said ${JSON.stringify(first)}` };
  return {
    kind: 'held',
    holder: { ...parseOwner(second), heldFor: Number(heldFor) * 1_000, expiresIn: Number(left) * 1_000 },
  };
}

const isAnswer = (line: string): boolean => /^(got( \d+)?|lost|released|held -?\d+ -?\d+)$/.test(line);

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
