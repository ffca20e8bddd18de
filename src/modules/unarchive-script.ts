import { sumScript } from './host-sums.js';
import { beginListing } from './listing.js';

/**
 * `work_in FOLDER` makes a folder of this process in it, named in `$work`, that only its user may enter and that is gone when the script ends. What
 * a killed script left there is removed first: the name holds its process, the tick at which that began, and the boot and namespace that the
 * number counts in. What another machine or container left is removed when a day old.
 */
const workFolder = `unset CDPATH
since=0; if { read -r line </proc/$$/stat; } 2>/dev/null; then set -- \${line##*) }; since=\${20}; fi
place=; { read -r place </proc/sys/kernel/random/boot_id; } 2>/dev/null
space=$(readlink /proc/self/ns/pid 2>/dev/null); space=\${space##*[}
place=\${place%%-*}\${space%]}
remove() { rm -rf "$1" 2>/dev/null || { chmod -R u+rwx "$1"; rm -rf "$1"; } 2>/dev/null; }
is_left() {
  rest=\${1##*.adfpush-unarchive-}
  pid=\${rest%%-*}; rest=\${rest#*-}; began=\${rest%%-*}
  if [ "\${rest#*-}" = "$place" ]; then
    if { read -r line </proc/"$pid"/stat; } 2>/dev/null; then set -- \${line##*) }; [ "\${20}" != "$began" ]; fi
  else [ -n "$(find "$1" -prune -mmin +1440 2>/dev/null)" ]; fi
}
work_in() {
  for old in "$1"/.adfpush-unarchive-*; do
    if [ -O "$old" ] && is_left "$old"; then remove "$old"; fi
  done
  work=$1/.adfpush-unarchive-$$-$since-$place
  (umask 077; mkdir "$work" 2>/dev/null)
}
end() { [ -z "$work" ] || remove "$work"; [ -z "$brought" ] || rm -f "$archive"; }
work=
trap end EXIT
trap 'exit 129' HUP INT TERM PIPE
`;

/** Sees to it that there is an archive, and a folder for what is in it. */
const looking = `[ -e "$dest" ] || { stat -L "$dest" >/dev/null; fail no_dest; }
[ -d "$dest" ] || fail dest_no_folder
dest=$(cd "$dest" && pwd -P && echo .) || fail dest_no_folder; dest=\${dest%??}
case $archive in /*) ;; *) archive=$PWD/$archive ;; esac
[ -e "$archive" ] || { stat -L "$archive" >/dev/null; fail no_archive; }
[ -f "$archive" ] || fail not_a_file
[ -r "$archive" ] || { head -c 1 "$archive" >/dev/null; fail unreadable; }
`;

/**
 * \`unpack\` fills \`$work/tree\`, and writes the names that were told to \`$work/names\`. The kind is known by the content, since names lie. tar and
 * unzip keep what they unpack below the folder by themselves; a name that would lead out of it fails all the same.
 */
const unpacking = `kind=tar
case $(head -c 8 "$archive" | od -An -v -tx1 | tr -d ' \\n') in
  504b0304* | 504b0506* | 504b0708*) kind=unzip ;;
  1f8b* | 1f9d*) kind=gzip ;;
  425a68*) kind=bzip2 ;;
  fd377a585a00*) kind=xz ;;
  28b52ffd*) kind=zstd ;;
esac
need() { command -v "$1" >/dev/null || { echo "$1" >&2; fail no_program; }; }
tell_archive() { case $kind in tar) cat "$archive" ;; *) "$kind" -dc <"$archive" ;; esac; }
by_tar() { tar -xvf - $shown "$@"; }
by_unzip() { unzip -o "$@" "$archive" </dev/null; }
broken() {
  if grep -q 'No space left' "$work/said"; then head -n 1 "$work/said" >&2; fail no_space; fi
  grep -v 'Removing leading\\|removing leading' "$work/said" | head -n 1 >&2
  fail bad_archive
}
unpack() {
  mkdir "$work/tree" || fail no_space
  need "$kind"
  if [ "$kind" = unzip ]; then
    (cd "$work/tree" && words_options by_unzip) >"$work/told" 2>"$work/said"
    code=$?
    # Info-ZIP's way to say that it warned.
    if [ "$code" = 1 ] && unzip -v 2>/dev/null | grep -q Info-ZIP; then code=0; fi
    sed -n 's/^ *creating: \\(.*\\)$/\\1/p' "$work/told" >"$work/names"
    if grep -q 'skipped "../"\\|removing leading' "$work/said"; then fail leads_out; fi
  else
    need tar
    shown=; if [ -n "$options" ] && tar --version 2>/dev/null | grep -q 'GNU tar'; then shown=--show-transformed-names; fi
    { tell_archive 2>"$work/why"; echo $? >"$work/sent"; } | {
      (cd "$work/tree" && words_options by_tar) >"$work/names" 2>"$work/said"
      echo $? >"$work/code"
      cat >/dev/null
    }
    read -r code <"$work/code"
    read -r sent <"$work/sent"
    if grep -q "^[.][.]/\\|/[.][.]/\\|/[.][.]$\\|contains '[.][.]'\\|removing leading '[.][.]/'" "$work/names" "$work/said"; then
      fail leads_out
    fi
    if [ "$sent" != 0 ]; then cat "$work/why" >"$work/said"; code=1; fi
  fi
  [ "$code" = 0 ] || broken
  cd "$work/tree" || fail no_space
  if [ -n "$owner$group" ]; then
    said=$(chown -hR "$owner\${group:+:$group}" . 2>&1) || { printf '%s\\n' "$said" | head -n 1 >&2; fail owner; }
  fi
  if [ -n "$mode" ]; then
    find . ! -name . ! -type d ! -type l -exec chmod "$mode" {} + || fail mode
    find . -depth ! -name . -type d -exec chmod "$folder_mode" {} + || fail mode
  fi
}
`;

/** Where an archive can be brought to, or unpacked for a look: the first folder that can be written to. */
const firstBase = `for base in "\${TMPDIR:-}" /var/tmp /tmp "\${HOME:-}" "$dest"; do
  [ -n "$base" ] && work_in "$base" && break
  work=
done
[ -n "$work" ] || fail no_base
`;

const unlessCreated = `if [ -n "$creates" ] && [ -e "$creates" ]; then echo '//@skip'; exit 0; fi
`;

/** Prints where an archive can be brought to. */
export const placeScript = `brought=; ${workFolder}${beginListing}${unlessCreated}[ -d "$dest" ] || { stat -L "$dest" >/dev/null && fail dest_no_folder; fail no_dest; }
${firstBase}printf '//@base %s\\n' "\${work%/*}"
`;

/**
 * Unpacks for a look, and prints what there is in the archive (\`T\`, \`L\` links, \`S\` sums) and in its place on the host (\`D\`, \`M\` links,
 * \`R\` the folders that links lead to, \`U\` sums). Records begin with \`//\`, which is in none of these paths; names may hold line breaks.
 */
export const compareScript = `${workFolder}${beginListing}${unlessCreated}${looking}${firstBase}${unpacking}${sumScript}unpack
if command -v sha256sum >/dev/null; then sums=sha256sum
elif command -v busybox >/dev/null; then sums='busybox sha256sum'
elif command -v openssl >/dev/null; then sums='openssl dgst -sha256 -r'
else fail no_checksum; fi
printf '//@kind %s\\n//@id %s\\n' "$kind" "$(id -u)"
printf '//@at %s\\n' "$dest"
printf '//@dest %s\\n' "$(stat -L -c '%f %s %u %g %h %i %d %X %Y %Z %U/%G' "$dest")"
line='%f %u %g %s %Y/%n'
find . ! -name . -exec stat -c "//T$line" {} +
find . ! -name . -exec sh -c 'cd "$0" && stat -c "$@" 2>/dev/null' "$dest" "//D$line" {} +
links='for one; do
  [ -L "$one" ] || continue
  printf "//%s%s/%s\\n" "$as" "$(readlink -n "$one" | od -An -v -tx1 | tr -d " \\n")" "$one"
  [ "$as" = M ] && [ -d "$one" ] || continue
  real=$(cd "$one" && pwd -P) && printf "//R%s//=%s\\n" "$one" "$real"
done'
find . -type l -exec sh -c "as=L; $links" sh {} +
find . ! -name . -exec sh -c "as=M; cd \\"\\$0\\" || exit; $links" "$dest" {} +
printf '//S'; find . -type f -exec $sums {} +
# A find takes braces in its own script for its own.
printf '//U'; find . -type f -exec sh -c 'cd "$0" && all="{" && find "$@" -prune -type f -exec '"$sums"' "$all}" + 2>/dev/null' "$dest" {} +
printf '//*\\n'; cat "$work/names"
`;

/**
 * Unpacks beside what is there, and then puts each thing in its place with one rename: a program that reads meanwhile finds the old one or
 * the new, and a broken archive changes nothing.
 */
export const placeAllScript = `${workFolder}${looking}${unpacking}work_in "$dest" || { work=; fail no_write; }
unpack
flat=; if mv --help 2>&1 | grep -q -e -T; then flat=-T; fi
drop() { [ $# = 0 ] || rm -rf "$@" || fail refused; }
clear_way() { for one; do rm -f "$dest/$one" || fail refused; done; }
put() {
  for one; do
    if [ ! -e "$one" ] && [ ! -L "$one" ]; then fail overtaken; fi
    said=$(mv $flat -f "$one" "$dest/$one" 2>&1) || { printf '%s\\n' "$said" >&2; fail refused; }
  done
}
adjust() {
  while [ $# -gt 2 ]; do
    if [ -n "$3" ]; then chown "$3" "$dest/$1" || fail owner; fi
    chmod "$2" "$dest/$1" || fail mode
    shift 3
  done
}
words_drop drop
# Who is not root can take nothing out of a folder that is not writable, nor move it.
find . ! -name . -type d ! -perm -0700 -exec chmod u+rwx {} +
words_clear clear_way
words_place put
words_adjust adjust
`;
