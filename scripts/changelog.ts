const unreleased = '## Unreleased\n';

/**
 * The text of CHANGELOG.md with what stood under `Unreleased` under the version and its day (UTC), as Keep a Changelog has it. Undefined when
 * nothing stands there.
 */
export function changelogFor(text: string, version: string, day: Date): string | undefined {
  const [head, rest] = text.split(unreleased);
  if (head === undefined || rest === undefined) return undefined;
  const [changes = ''] = rest.split(/^## /m);
  if (changes.trim() === '') return undefined;
  return `${head}${unreleased}\n## ${version} - ${day.toISOString().slice(0, 10)}\n${rest}`;
}

/** Both as `1.2.3`; false when the first is no such version. */
export function isNewer(version: string, than: string): boolean {
  const [own, other] = [version, than].map((one) => /^(\d+)\.(\d+)\.(\d+)$/.exec(one)?.slice(1).map(Number));
  if (own === undefined || other === undefined) return false;
  const differs = own.findIndex((number, index) => number !== other[index]);
  return differs >= 0 && (own[differs] ?? 0) > (other[differs] ?? 0);
}
