/** The part of the sources whose branches the seeds are to reach. */
export const isCovered = (file: string): boolean =>
  /^src\/(engine|plan|state|recovery)\/|^src\/run\/(held-lease|lease-groups)\.ts$/.test(file);

export const baseNameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
