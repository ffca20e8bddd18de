/** A value for a configuration that curl reads (curl(1), --config): within double quotes these escapes are known. */
export const curlQuoted = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
