import { fenceFunctions } from './host-fence-script.js';

/**
 * What runs on a host to look at, take, confirm, release or seize its part of a lock. POSIX sh with `cat`, `ln`, `mkdir`, `mv` and `rm`
 * only, so that dash, busybox and bash agree; no `flock`, which not every host has.
 *
 * The lock is a folder whose files are named by epochs, and the highest is the lock. An epoch is common to all hosts of a group: a run
 * that takes the lock brings one that is above all that a majority of them knew. A hard link fails when its name exists, so of many that
 * want to make the same file exactly one does, and the file is complete the moment it is there. No step needs a guard that a killed
 * script could leave behind. The number only rises.
 *
 * A file says when it runs out on the host's own clock, seconds since boot, and which boot that was. After a reboot the
 * time that passed is unknown, but it is at least the uptime: the lock has run out once its whole duration has passed again.
 *
 * Every script that makes or renews a file writes first, then looks for what another wrote meanwhile, and gives way to it: of two at the
 * same moment at least one sees the other. So two runs that take with different epochs cannot both have it, nor can an owner that renews at
 * the moment its lock runs out and a taker that just saw it run out.
 *
 * To confirm is to take or renew, to keep the record of the lease's lists (see `lease-rules`), and to let no run through the host's fence
 * any more that comes with an older epoch. It is not done with the taking: a run that takes one host and not enough of them must not fence
 * off the one that has them.
 *
 * Records are files of a folder of their own, named by their numbers, and the highest counts. The last one stays when the lock ran out or
 * was released.
 *
 * A host may say in ADFPUSH_HOST_ROOT that its file system begins elsewhere, as the hosts of a lab on one machine do.
 *
 * The folders are open to all login users and have no sticky bit: a lock that has run out may be another user's.
 */
export const hostLeaseScript = `
set -u
umask 022
proc=\${ADFPUSH_LOCK_PROC:-/proc}
lock=\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY/$ADFPUSH_LOCK_NAME.lock
fence=\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY/$ADFPUSH_LOCK_NAME.fence
records=\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_DIRECTORY/$ADFPUSH_LOCK_NAME.members
fence_memory=\${ADFPUSH_HOST_ROOT:-}$ADFPUSH_LOCK_MEMORY/$ADFPUSH_LOCK_NAME.fence
owner=$ADFPUSH_LOCK_OWNER
wanted=$ADFPUSH_LOCK_EPOCH
duration=$ADFPUSH_LOCK_SECONDS
wanted_record=$ADFPUSH_LOCK_RECORD
newline='
'
draft=$lock/.draft.$$
trap 'rm -f "$draft" "$fence/.draft.$$" "$fence_memory/.draft.$$"' EXIT
trap 'exit 143' HUP INT TERM

fail() { echo "$1" >&2; exit 1; }
${fenceFunctions}

# An uptime is cut to whole seconds, so "expires" gets one more: never early.
read_clock() {
  uptime=$(cat "$proc/uptime") || fail "no $proc/uptime"
  now=\${uptime%%.*}
  boot=$(cat "$proc/sys/kernel/random/boot_id") || fail "no boot id"
}

# Sets epoch: the highest number there is, 0 when there is none; and below: the highest under $1.
find_epoch() {
  epoch=0 below=0
  for file in "$lock"/*; do
    number=\${file##*/}
    case $number in '' | *[!0-9]*) continue ;; esac
    if [ "$number" -gt "$epoch" ]; then epoch=$number; fi
    if [ "$number" -gt "$below" ] && [ "$number" -lt "$1" ]; then below=$number; fi
  done
}

# Reads the file of an epoch. Sets holder, by, since and left: how many seconds it still lives; 0 or less: it ran out.
# A file that vanished meanwhile has run out; one that cannot be read has not.
read_epoch() {
  holder='' by='' since=0 left=0
  if ! content=$(cat "$lock/$1" 2>/dev/null); then
    if [ -e "$lock/$1" ] && [ "$1" -ne 0 ]; then fail "cannot read $lock/$1"; fi
    return 0
  fi
  rest=\${content#*"$newline"}
  holder=\${rest%%"$newline"*}
  by=\${rest#*"$newline"}
  set -- \${content%%"$newline"*}
  if [ "$#" -ne 4 ]; then return 0; fi
  since=$2
  if [ "$1" = "$boot" ]; then left=$(($3 - now)); else since=0 left=$(($4 - now)); fi
}

# Lines: boot, taken at, runs out at, duration; the owner; the run. $1: taken at.
# A draft that a killed script left under our number may be the same file as a lock: it is not written into.
write_draft() {
  rm -f "$draft"
  printf '%s %s %s %s\\n%s\\n%s\\n' "$boot" "$1" "$((now + duration + 1))" "$duration" "$owner" "$ADFPUSH_LOCK_RUN" >"$draft" ||
    fail "cannot write in $lock"
}

# As one that ran out long ago: the highest file stays, so that the numbers go on rising.
write_released() {
  rm -f "$draft"
  printf '%s %s %s %s\\n%s\\n%s\\n' "$boot" 0 0 0 '{"released":true}' "$ADFPUSH_LOCK_RUN" >"$draft" || fail "cannot write in $lock"
}

# Sets record to the newest record's number, 0 when there is none, and lists to what it says.
find_record() {
  for look in 1 2 3 4 5; do
    find_newest "$records"
    record=$newest lists=''
    if [ "$record" -eq 0 ] || lists=$(cat "$records/$record" 2>/dev/null); then return 0; fi
  done
  fail "cannot read $records/$record"
}

# A newer record stays the newest.
keep_record() {
  find_newest "$records"
  if [ "$newest" -ge "$wanted_record" ]; then return 0; fi
  (umask 0; mkdir -p "$records") || fail "cannot make $records"
  rm -f "$draft"
  printf '%s\\n' "$ADFPUSH_LOCK_LISTS" >"$draft" || fail "cannot write in $lock"
  ln "$draft" "$records/$wanted_record" 2>/dev/null
  find_newest "$records"
  if [ "$newest" -lt "$wanted_record" ]; then fail "cannot link in $records"; fi
  forget_below "$newest" "$records"
}

make_folder() {
  # Both folders keep their mode when they exist.
  (umask 0; mkdir -p "$lock") || fail "cannot make $lock"
}

say_held() {
  echo "held $((now - since)) $left $1"
  echo "$holder"
}

# Sets memory to what is known of the lease, with epoch $1 as read last. The fence counts too: it may have outlived the lock's own files.
remember() {
  find_record
  find_fence
  memory="by $1 $by\${newline}fence $known $known_run\${newline}record $record $lists"
}

look() {
  find_epoch 0
  read_epoch "$epoch"
  remember "$epoch"
  newest=$known
  if [ "$newest" -lt "$epoch" ]; then newest=$epoch; fi
  if [ "$left" -gt 0 ]; then say_held "$newest"; else echo "free $newest"; fi
  echo "$memory"
}

# Ends the script unless the lock is ours now, or still. Sets memory: what was known before.
hold() {
  make_folder
  for attempt in 1 2 3 4 5; do
    find_epoch 0
    seen=$epoch
    read_epoch "$seen"
    remember "$seen"
    if [ "$left" -gt 0 ] && [ "$holder" != "$owner" ]; then say_held "$seen"; echo "$memory"; exit 0; fi
    if [ "$seen" -eq "$wanted" ] && [ "$holder" = "$owner" ]; then renew; return 0; fi
    if [ "$seen" -ge "$wanted" ]; then echo "newer $seen"; exit 0; fi
    write_draft "$now"
    if ! ln "$draft" "$lock/$wanted" 2>/dev/null; then continue; fi
    read_epoch "$seen"
    find_epoch "$wanted"
    if [ "$left" -gt 0 ] && [ "$holder" != "$owner" ] || [ "$epoch" -ne "$wanted" ] || [ "$below" -ne "$seen" ]; then
      rm -f "$lock/$wanted"
      continue
    fi
    forget_below "$wanted" "$lock"
    # A record may have been confirmed since the first look.
    remember "$seen"
    return 0
  done
  fail "cannot link in $lock"
}

renew() {
  write_draft "$since"
  mv -f "$draft" "$lock/$wanted" || fail "cannot write in $lock"
  find_epoch 0
  if [ "$epoch" -ne "$wanted" ]; then echo "newer $epoch"; exit 0; fi
}

take() {
  hold
  echo "got $wanted"
  echo "$memory"
}

confirm() {
  hold
  keep_record
  find_epoch 0
  if [ "$epoch" -ne "$wanted" ]; then echo "newer $epoch"; exit 0; fi
  admit "$wanted" "$ADFPUSH_LOCK_RUN"
  if [ "$admitted" = no ]; then echo "newer $known"; exit 0; fi
  echo "got $wanted"
  echo "$memory"
}

release() {
  find_epoch 0
  read_epoch "$epoch"
  if [ "$epoch" -eq "$wanted" ] && [ "$wanted" -ne 0 ] && [ "$holder" = "$owner" ]; then
    keep_record
    write_released
    mv -f "$draft" "$lock/$epoch" || fail "cannot write in $lock"
  fi
  echo released
}

seize() {
  make_folder
  find_epoch 0
  if [ "$epoch" -ge "$wanted" ]; then echo "newer $epoch"; exit 0; fi
  write_released
  linked=yes
  ln "$draft" "$lock/$wanted" 2>/dev/null || linked=no
  find_epoch 0
  if [ "$epoch" -lt "$wanted" ]; then fail "cannot link in $lock"; fi
  if [ "$epoch" -ne "$wanted" ] || [ "$linked" = no ]; then echo "newer $epoch"; exit 0; fi
  keep_record
  admit "$wanted" "$ADFPUSH_LOCK_RUN"
  if [ "$admitted" = no ]; then echo "newer $known"; exit 0; fi
  forget_below "$wanted" "$lock"
  echo "got $wanted"
}

read_clock
case $ADFPUSH_LOCK_ACTION in
  look) look ;;
  take) take ;;
  confirm) confirm ;;
  release) release ;;
  seize) seize ;;
esac
`;
