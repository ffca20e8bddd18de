import { ArgumentProblem } from './function.js';

const units = ['B', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

/** `1.50 GB`, with 1024 bytes in a KB, as in Ansible. */
export function humanSize(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (Math.abs(size) >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  const letter = units[unit] ?? 'B';
  return `${size.toFixed(2)} ${unit === 0 ? 'Bytes' : `${letter}B`}`;
}

/** Bytes of `2G`, `512 MB`, `100`. Throws ArgumentProblem for another notation. */
export function sizeOfHuman(written: string): number {
  const [, digits = '', letter = 'B'] =
    /^\s*(\d+(?:\.\d+)?)\s*(?:([KMGTPE])(?:i?B)?|B|Bytes)?\s*$/i.exec(written) ?? [];
  if (digits === '') throw new ArgumentProblem(`needs a size such as "2G" or "512 MB", and got "${written}"`);
  const power = units.findIndex((unit) => unit === letter.toUpperCase());
  return Math.round(Number(digits) * 1024 ** Math.max(0, power));
}
