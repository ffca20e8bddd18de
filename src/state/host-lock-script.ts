/**
 * What runs on a host to take, renew or release its part of a lock. POSIX sh with `cat`, `ln`, `mkdir`, `mv` and `rm`
 * only, so that dash, busybox and bash agree; no `flock`, which not every host has.
 *
 * The lock is a folder whose files are named 1, 2, 3 …: each taking makes the next one, and the highest is the lock.
 * A hard link fails when its name exists, so of many who want to make the same next file exactly one does, and the file
 * is complete the moment it is there. No step needs a guard that a killed script could leave behind. The number only rises:
 * it is the lock's epoch.
 *
 * A file says when it runs out on the host's own clock, seconds since boot, and which boot that was. After a reboot the
 * time that passed is unknown, but it is at least the uptime: the lock has run out once its whole duration has passed again.
 *
 * One race is left, between an owner that renews at the moment its lock runs out and a taker that just saw it run out. Each
 * writes first and then looks for what the other wrote, so at least one of them sees the other and gives way.
 *
 * A host may say in ADFPUSH_HOST_ROOT that its file system begins elsewhere, as the hosts of a lab on one machine do.
 *
 * The folder is open to all login users and has no sticky bit: a lock that has run out may be another user's.
 */
export const hostLockScript = `
set -u
proc=\${ADFPUSH_LOCK_PROC:-/proc}
lock=\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY/$ADFPUSH_LOCK_NAME
owner=$ADFPUSH_LOCK_OWNER
duration=$ADFPUSH_LOCK_SECONDS
newline='
'
draft=$lock/.draft.$$
trap 'rm -f "$draft"' EXIT
trap 'exit 143' HUP INT TERM

fail() { echo "$1" >&2; exit 1; }

# An uptime is cut to whole seconds, so "expires" gets one more: never early.
read_clock() {
  uptime=$(cat "$proc/uptime") || fail "no $proc/uptime"
  now=\${uptime%%.*}
  boot=$(cat "$proc/sys/kernel/random/boot_id") || fail "no boot id"
}

# Sets epoch: the highest number there is, 0 when there is none.
find_epoch() {
  epoch=0
  for file in "$lock"/*; do
    number=\${file##*/}
    case $number in '' | *[!0-9]*) continue ;; esac
    if [ "$number" -gt "$epoch" ]; then epoch=$number; fi
  done
}

# Reads the file of an epoch. Sets holder, since and left: how many seconds it still lives; 0 or less: it ran out.
# A file that vanished meanwhile has run out.
read_epoch() {
  holder='' since=0 left=0
  content=$(cat "$lock/$1" 2>/dev/null) || return 0
  holder=\${content#*"$newline"}
  set -- \${content%%"$newline"*}
  if [ "$#" -ne 4 ]; then return 0; fi
  since=$2
  if [ "$1" = "$boot" ]; then left=$(($3 - now)); else since=0 left=$(($4 - now)); fi
}

# First line: boot, taken at, runs out at, duration. Second line: the owner. $1: taken at.
# A draft that a killed script left under our number may be the same file as a lock: it is not written into.
write_draft() {
  rm -f "$draft"
  printf '%s %s %s %s\\n%s\\n' "$boot" "$1" "$((now + duration + 1))" "$duration" "$owner" >"$draft" ||
    fail "cannot write in $lock"
}

forget_older() {
  for file in "$lock"/*; do
    number=\${file##*/}
    case $number in '' | *[!0-9]*) continue ;; esac
    if [ "$number" -lt "$1" ]; then rm -f "$file"; fi
  done
}

say_held() {
  echo "held $((now - since)) $left"
  echo "$holder"
  exit 0
}

renew() {
  find_epoch
  mine=$epoch
  read_epoch "$mine"
  if [ "$mine" -eq 0 ] || [ "$holder" != "$owner" ]; then echo lost; exit 0; fi
  write_draft "$since"
  mv -f "$draft" "$lock/$mine" || fail "cannot write in $lock"
  find_epoch
  if [ "$epoch" -ne "$mine" ]; then echo lost; else echo "got $mine"; fi
}

take() {
  # Both folders keep their mode when they exist.
  (umask 0; mkdir -p "$lock") || fail "cannot make $lock"
  for attempt in 1 2 3 4 5; do
    find_epoch
    seen=$epoch
    read_epoch "$seen"
    # Asked twice, since the first answer was lost on its way.
    if [ "$left" -gt 0 ] && [ "$holder" = "$owner" ]; then renew; exit 0; fi
    if [ "$left" -gt 0 ]; then say_held; fi
    mine=$((seen + 1))
    write_draft "$now"
    if ! ln "$draft" "$lock/$mine" 2>/dev/null; then continue; fi
    read_epoch "$seen"
    find_epoch
    if [ "$left" -gt 0 ] || [ "$epoch" -ne "$mine" ]; then rm -f "$lock/$mine"; continue; fi
    forget_older "$mine"
    echo "got $mine"
    exit 0
  done
  fail "cannot link in $lock"
}

# The highest file stays, as one that ran out long ago, so that the numbers go on rising.
release() {
  find_epoch
  read_epoch "$epoch"
  if [ "$epoch" -ne 0 ] && [ "$holder" = "$owner" ]; then
    printf '%s %s %s %s\\n%s\\n' "$boot" 0 0 0 '{"released":true}' >"$draft" &&
      mv -f "$draft" "$lock/$epoch" || fail "cannot write in $lock"
  fi
  echo released
}

read_clock
case $ADFPUSH_LOCK_ACTION in
  take) take ;;
  renew) renew ;;
  release) release ;;
esac
`;
