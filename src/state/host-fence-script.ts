/**
 * Functions of sh that keep and ask a fence: a folder whose files are named by epochs, the highest counts, and holds which run it let in.
 * A hard link fails when its name exists, so of two runs that come with one epoch exactly one is let in, and a file is complete
 * the moment it is there. Needs `newline` and `fence`; `fail` ends the script.
 *
 * Asked for an epoch that is known it starts no process: it is asked before every change.
 */
export const fenceFunctions = `
# Sets newest to the highest number that a file of the folder $1 is named by; 0: none.
find_newest() {
  newest=0
  for file in "$1"/*; do
    number=\${file##*/}
    case $number in '' | *[!0-9]*) continue ;; esac
    if [ "$number" -gt "$newest" ]; then newest=$number; fi
  done
}

# Sets known, the newest epoch (0: none), and known_run. A file that vanished meanwhile has a newer one beside it.
find_fence() {
  known_run=''
  for look in 1 2 3 4 5; do
    find_newest "$fence"
    known=$newest
    if [ "$known" -eq 0 ]; then return 0; fi
    if { IFS= read -r known_run <"$fence/$known"; } 2>/dev/null; then return 0; fi
  done
  fail "cannot read $fence/$known"
}

# Lets in epoch $1 of run $2: sets admitted to yes, or to no when another run was let in with it, or anybody with a newer one.
admit() {
  admitted=no
  fence_draft=$fence/.draft.$$
  for turn in 1 2 3 4 5; do
    find_fence
    if [ "$known" -gt "$1" ]; then return 0; fi
    if [ "$known" -eq "$1" ]; then
      if [ "$known_run" = "$2" ]; then admitted=yes; fi
      return 0
    fi
    if [ ! -d "$fence" ]; then (umask 0; mkdir -p "$fence") || fail "cannot make $fence"; fi
    rm -f "$fence_draft"
    (umask 022; printf '%s\\n' "$2" >"$fence_draft") || fail "cannot write in $fence"
    ln "$fence_draft" "$fence/$1" 2>/dev/null
    rm -f "$fence_draft"
    find_fence
    if [ "$known" -eq "$1" ]; then forget_below "$1" "$fence"; fi
  done
  fail "cannot link in $fence"
}

forget_below() {
  for file in "$2"/*; do
    number=\${file##*/}
    case $number in '' | *[!0-9]*) continue ;; esac
    if [ "$number" -lt "$1" ]; then rm -f "$file"; fi
  done
}
`;

/** Asks the fence of a host. Prints \`admitted\`, or \`fenced <epoch> <run>\` with what it knows. */
export const hostFenceScript = `
set -u
fence=\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY/$ADFPUSH_LOCK_NAME.fence
fail() { echo "$1" >&2; exit 1; }
${fenceFunctions}
trap 'rm -f "$fence/.draft.$$"; exit 143' HUP INT TERM
admit "$ADFPUSH_LOCK_EPOCH" "$ADFPUSH_LOCK_RUN"
if [ "$admitted" = yes ]; then echo admitted; else echo "fenced $known $known_run"; fi
`;
