/** The algorithms that files are summed with, in Ansible's words. */
export const sumAlgorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type SumAlgorithm = (typeof sumAlgorithms)[number];

/**
 * `sum_with ALGORITHM` prints the sum of its stdin in hex, by what the host has; `fail no_checksum` where it has nothing. There
 * is no `%s` in it, so that it can be part of a command that validates.
 */
export const sumScript = `sum_with() {
  case $1 in [a-z]*) algorithm=$1 ;; esac
  if command -v "$algorithm"sum >/dev/null; then set -- "$algorithm"sum
  elif command -v busybox >/dev/null && busybox "$algorithm"sum </dev/null >/dev/null 2>&1; then set -- busybox "$algorithm"sum
  elif command -v openssl >/dev/null; then set -- openssl dgst "-$algorithm" -r
  else echo "there is no \${algorithm}sum on the host" >&2; fail no_checksum; fi
  hash=$("$@") || return
  printf "\${hash%% *}"
}
`;
