import { kinds, type Kind } from './kinds.js';
import { senseless } from './pairs.js';
import { phases, type PhaseName } from './phases.js';
import type { Outcome } from './try-pairs.js';

/** Kinds by phases: `ok`, `WRONG`, `—` for what makes no sense, nothing for what was not tried. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const names = phases.map(({ name }) => name);
  const rows = [
    ['', ...names],
    ...kinds.map((kind) => [kind.name, ...names.map((phase) => cell(outcomes, kind, phase))]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...reasons()].join('\n');
}

function cell(outcomes: readonly Outcome[], kind: Kind, phase: PhaseName): string {
  if (senseless(kind, phase) !== undefined) return '—';
  const outcome = outcomes.find(({ pair }) => pair.kind === kind && pair.phase.name === phase);
  if (outcome === undefined) return '';
  return outcome.wrong.length === 0 ? 'ok' : 'WRONG';
}

/** Why some were left out, each reason once. */
function reasons(): readonly string[] {
  const all = kinds.flatMap((kind) => phases.flatMap(({ name }) => senseless(kind, name) ?? []));
  return [...new Set(all)].map((reason) => `—  ${reason}`);
}

/** One line for one outcome. */
export const lineOf = ({ pair: { kind, phase }, wrong, blips, took }: Outcome): string =>
  `${wrong.length === 0 ? 'ok   ' : 'WRONG'} ${kind.name} / ${phase.name}: ${String(blips)} blips, ${String(Math.round(took / 1_000))} s`;
