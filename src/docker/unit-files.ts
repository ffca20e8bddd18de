/**
 * Prints the unit files of a host that speak of containers, each after a line with its path. A host of the lab says in
 * ADFPUSH_HOST_ROOT where its file system begins.
 */
export const unitFilesScript = `root=\${ADFPUSH_HOST_ROOT:-}
for file in $(grep -lsE '(docker|podman)' \\
  "$root"/etc/systemd/system/*.service "$root"/etc/systemd/system/*/*.service \\
  "$root"/run/systemd/system/*.service "$root"/usr/local/lib/systemd/system/*.service); do
  echo "# file $file"
  cat "$file"
done 2>/dev/null
exit 0
`;

/** The words of all commands by which systemd units run docker or podman: the containers' names are among them. */
export function unitFileWords(text: string): ReadonlySet<string> {
  const words = new Set<string>();
  let unit = '';
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const file = /^# file .*\/([^/]+)$/.exec(line)?.[1];
    if (file !== undefined) unit = file;
    const command = /^\s*Exec\w+=(.*\b(?:docker|podman)\b.*)$/.exec(line)?.[1];
    for (const word of command?.split(/[\s=]+/) ?? []) {
      const bare = word.replace(/^["']|["']$/g, '');
      // systemd.unit(5): %n is the unit's name, %N and %p the same without suffix and instance.
      const plain = unit.replace(/\.service$/, '');
      words.add(
        bare
          .replaceAll('%n', unit)
          .replaceAll('%N', plain)
          .replaceAll('%p', plain.split('@')[0] ?? plain),
      );
    }
  }
  return words;
}
