/** The part of the sources whose branches the seeds are to reach. */
export const isCovered = (file: string): boolean =>
  /^src\/(engine|plan|state|recovery|model\/holds)\/|^src\/run\/(held-lease|leases)\.ts$/.test(file);

export const baseNameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
