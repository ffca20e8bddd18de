/** A length of time in milliseconds. */
export type Milliseconds = number;

/** A moment as milliseconds since 1970, from a wall clock. */
export type EpochMilliseconds = number;

const units: Readonly<Record<string, Milliseconds>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads `90s`, `5m`, `1h30m`, `250ms`; a bare number is seconds, as in Ansible.
 * Undefined when the text is no duration.
 */
export function parseDuration(value: string | number): Milliseconds | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1_000 : undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  }
  return total;
}

/** For people: `850 ms`, `4.2 s`, `5 m 30 s`, `1 h 5 m`. */
export function formatDuration(duration: Milliseconds): string {
  if (Math.round(duration) < 1_000) return `${Math.round(duration)} ms`;
  const tenths = Math.round(duration / 100) / 10;
  if (tenths < 60) return `${tenths} s`;
  const seconds = Math.round(duration / 1_000);
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  const parts = [h > 0 ? `${h} h` : '', m > 0 ? `${m} m` : '', s > 0 && h === 0 ? `${s} s` : ''];
  return parts.filter((part) => part !== '').join(' ');
}

/** `2026-11-21T03:15:00.000Z`. */
export const isoTime = (at: EpochMilliseconds): string => new Date(at).toISOString();

/** The moment that such a text means; undefined when it means none. */
export function parseIsoTime(text: string | undefined): EpochMilliseconds | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}
