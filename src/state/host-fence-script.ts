/**
 * Functions of sh that keep and ask a fence: a folder whose files are named by epochs, the highest counts, and holds which run it let in.
 * A hard link fails when its name exists, so of two runs that come with one epoch exactly one is let in, and a file is complete
 * the moment it is there. Needs `newline`, `fence` and `fence_memory`; `fail` ends the script.
 *
 * A disk that is full takes no file, and a host with a full disk is one that needs to be restored. So an epoch that the disk does not take
 * is kept in memory: a second folder, on a file system that a restart of the host empties. Both are asked, always.
 *
 * Asked for an epoch that is known it starts no process: it is asked before every change.
 */
export const fenceFunctions = `
# Sets newest to the highest number that a file of the folders is named by, 0 when there is none, and newest_file to that file.
find_newest() {
  newest=0 newest_file=''
  for folder in "$@"; do
    for file in "$folder"/*; do
      number=\${file##*/}
      case $number in '' | *[!0-9]*) continue ;; esac
      if [ "$number" -gt "$newest" ]; then newest=$number newest_file=$file; fi
    done
  done
}

# Sets known, the newest epoch (0: none), and known_run. A file that vanished meanwhile has a newer one beside it.
find_fence() {
  known_run=''
  for look in 1 2 3 4 5; do
    find_newest "$fence" "$fence_memory"
    known=$newest known_file=$newest_file
    if [ "$known" -eq 0 ]; then return 0; fi
    if { IFS= read -r known_run <"$known_file"; } 2>/dev/null; then return 0; fi
  done
  fail "cannot read $known_file"
}

# Lets in epoch $1 of run $2: sets admitted to yes, or to no when another run was let in with it, or anybody with a newer one.
admit() {
  admitted=no
  for turn in 1 2 3 4 5; do
    find_fence
    if [ "$known" -gt "$1" ]; then return 0; fi
    if [ "$known" -eq "$1" ]; then
      if [ "$known_run" = "$2" ]; then admitted=yes; fi
      return 0
    fi
    written=yes
    write_fence "$fence" "$1" "$2" || write_fence "$fence_memory" "$1" "$2" || written=no
    find_fence
    if [ "$written" = no ] && [ "$known" -lt "$1" ]; then fail "cannot write in $fence"; fi
    if [ "$known" -eq "$1" ]; then
      forget_below "$1" "$fence"
      forget_below "$1" "$fence_memory"
    fi
  done
  fail "cannot link in $fence"
}

# In folder $1, the file of epoch $2 with run $3, unless there is one. False where none can be made.
write_fence() {
  if [ ! -d "$1" ]; then (umask 0; mkdir -p "$1") 2>/dev/null || return 1; fi
  fence_draft=$1/.draft.$$
  rm -f "$fence_draft"
  if (umask 022; printf '%s\\n' "$3" >"$fence_draft") 2>/dev/null; then ln "$fence_draft" "$1/$2" 2>/dev/null; fi
  rm -f "$fence_draft"
  [ -e "$1/$2" ]
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
fence_memory=\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_MEMORY/$ADFPUSH_LOCK_NAME.fence
fail() { echo "$1" >&2; exit 1; }
${fenceFunctions}
trap 'rm -f "$fence/.draft.$$" "$fence_memory/.draft.$$"; exit 143' HUP INT TERM
admit "$ADFPUSH_LOCK_EPOCH" "$ADFPUSH_LOCK_RUN"
if [ "$admitted" = yes ]; then echo admitted; else echo "fenced $known $known_run"; fi
`;
