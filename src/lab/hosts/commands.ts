import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFile } from '../../program-files.js';

const dockerCommand = programFile('lab/hosts/docker-command');

/** Already allowed everything that it may do: what follows the options is run. */
const sudo = `#!/bin/sh
while :; do
  case "$1" in
    --) shift; break ;;
    -u | -g) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
exec "$@"
`;

/** The disk of the machine, whatever path of the host is asked about; full when the lab says so. */
const df = `#!/bin/sh
if [ -e "$ADFPUSH_HOST_ROOT/.disk-full" ]; then
  echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
  echo 'lab 8388608 8388608 0 100% /'
  exit 0
fi
for word in "$@"; do
  case "$word" in
    -*) set -- "$@" "$word" ;;
  esac
  shift
done
PATH=/bin:/usr/bin exec df "$@" "$ADFPUSH_HOST_ROOT"
`;

/** Puts the commands that the lab's hosts have of their own into a folder for their PATH. */
export function writeCommands(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const docker = `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${dockerCommand}' "$@"\n`;
  for (const [name, script] of Object.entries({ sudo, df, docker })) {
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
}
