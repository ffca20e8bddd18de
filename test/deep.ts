/** Whether the tests that are only broader in a long run are to be broad: `npm run test:deep`, which sets ADFPUSH_DEEP. */
export const isDeep = (): boolean => (process.env['ADFPUSH_DEEP'] ?? '') !== '';

/** How much of something is tried: `usual` in every run, `deep` in a deep one. */
export const breadth = (usual: number, deep: number): number => (isDeep() ? deep : usual);

/** Of many points that are tried one by one: every nth in each run, from the first on, all of them in a deep one. */
export const everyNth = <T>(n: number, points: readonly T[]): readonly T[] =>
  isDeep() ? points : points.filter((_, index) => index % n === 0);
