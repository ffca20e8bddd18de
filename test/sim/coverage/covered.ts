/** The use cases that recover, or decide what is recovered. */
const recovery: ReadonlySet<string> = new Set([
  'src/run/held-lease.ts',
  'src/run/lease-groups.ts',
  ...[
    'check-claims',
    'interrupted-runs',
    'journal-on-demand',
    'outlived-notes',
    'recover',
    'recover-first',
    'recover-hosts',
    'recover-result',
    'recover-run',
    'recovery-leases',
    'recovery-session',
    'tell-interrupted',
  ].map((name) => `src/recovery/${name}.ts`),
]);

/** The part of the sources whose branches the seeds are to reach. */
export const isCovered = (file: string): boolean =>
  /^src\/(engine|plan|state)\//.test(file) || recovery.has(file);
