import { isDeep } from '../../deep.js';
import { kinds, type Kind } from './kinds.js';
import { phases, type Phase, type PhaseName, type Story } from './phases.js';

/** A kind of blip, in a phase. */
export interface Pair {
  readonly kind: Kind;
  readonly phase: Phase & { readonly name: PhaseName };
}

/** Why a blip of this kind says nothing in this phase; undefined when it does. The one place that decides it. */
export function senseless({ of, outlivesLease }: Kind, phase: PhaseName): string | undefined {
  const before: readonly PhaseName[] = ['connecting', 'preflight'];
  if (of === 'registry' && ![...before, 'pull', 'joiner'].includes(phase))
    return 'the registry is asked before the roll, in the pull and for a joiner only';
  if (of === 'layer' && !['preflight', 'pull', 'joiner'].includes(phase))
    return 'layers come in the pull and for a joiner only';
  if (outlivesLease && before.includes(phase)) return 'no lease is held yet';
  return undefined;
}

/** What every run of the tests tries: each part of the program that waits for a blip, in few runs. */
const sample: readonly (readonly [string, PhaseName])[] = [
  ['ssh reset', 'pull'],
  ['ssh reset', 'step'],
  ['ssh reset', 'proof'],
  ['ssh reset', 'restore'],
  ['sshd refuses', 'preflight'],
  ['sshd refuses', 'stop'],
  ['dockerd restarts', 'bake'],
  ['registry 503', 'pull'],
  ['aws throttles', 'return'],
  ['no name resolved', 'settling'],
];

const all: readonly Pair[] = kinds.flatMap((kind) =>
  phases.filter(({ name }) => senseless(kind, name) === undefined).map((phase) => ({ kind, phase })),
);

/**
 * The pairs to try: the sample; with ADFPUSH_BLIPS=all, or in a deep run, every one that makes sense; and with
 * `ADFPUSH_BLIPS='ssh reset/proof,*\/drain'` exactly these: `*` stands for all, and `/deploy` for all phases of that
 * story.
 */
export function chosenPairs(wish = process.env['ADFPUSH_BLIPS'] ?? (isDeep() ? 'all' : '')): readonly Pair[] {
  if (wish === 'all') return all;
  const wanted = wish === '' ? sample : wish.split(',').map((text) => text.split('/'));
  const means = (pattern: string | undefined, name: string): boolean => pattern === '*' || pattern === name;
  return all.filter(({ kind, phase }) =>
    wanted.some(
      ([ofKind, ofPhase]) =>
        means(ofKind, kind.name) && (means(ofPhase, phase.name) || ofPhase === phase.story),
    ),
  );
}

/** Pairs of one kind in one story, which may share a run. */
export interface Bundle {
  readonly kind: Kind;
  readonly story: Story;
  readonly phases: readonly Pair['phase'][];
}

/** Puts together what may share a run. */
export function bundled(pairs: readonly Pair[]): readonly Bundle[] {
  const bundles = new Map<string, Bundle>();
  for (const { kind, phase } of pairs) {
    const key = `${kind.name}/${phase.story}`;
    const before = bundles.get(key)?.phases ?? [];
    bundles.set(key, { kind, story: phase.story, phases: [...before, phase] });
  }
  return [...bundles.values()];
}
