/** The use cases that recover, or decide what is recovered. */
const recovery: ReadonlySet<string> = new Set([
  'check-claims.ts',
  'held-lease.ts',
  'interrupted-runs.ts',
  'journal-on-demand.ts',
  'lease-groups.ts',
  'outlived-notes.ts',
  'recover.ts',
  'recover-first.ts',
  'recover-hosts.ts',
  'recover-result.ts',
  'recover-run.ts',
  'recovery-leases.ts',
  'recovery-session.ts',
  'tell-interrupted.ts',
]);

/** The part of the sources whose branches the seeds are to reach, wherever under `src` a use case lies. */
export function isCovered(file: string): boolean {
  if (/^src\/(engine|plan|state|recovery)\//.test(file)) return true;
  return /^src\/(usecases|deploy|run|check|world)\//.test(file) && recovery.has(baseNameOf(file));
}

export const baseNameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
