import type { FileAttributes, FileShape } from '../../ports/host-files.js';
import { assignments, modeWord, pathWord } from './script-words.js';
import { replaceScript, sharedScript, temporariesScript } from './shared-script.js';

/** Makes a path a folder, a file, a link or nothing, and gives it its attributes. */
export function shapeScript(
  path: string,
  nonce: string,
  wanted: FileShape,
  { mode, owner, group, recurse = false }: FileAttributes,
): string {
  const values = { nonce, mode: modeWord(mode), owner, group, recurse };
  const { kind } = wanted;
  const more =
    kind === 'link'
      ? { linked: wanted.target, force: wanted.force === true }
      : { touch: kind === 'file' && wanted.touch === true };
  return (
    `${sharedScript}${temporariesScript}${replaceScript}target=${pathWord(path)}\n` +
    `${assignments({ ...values, ...more })}names "$target"\n${attributes}${kinds}${kind}\n`
  );
}

/** Of what interrupted writes left. */
export const sweepScript = (path: string): string =>
  `${sharedScript}${temporariesScript}names ${pathWord(path)}\nlitter rm -f --\n`;

/**
 * Links that are met on the way down are left alone, with what they lead to. Owners first: changing them takes setuid away. What
 * was only just \`made\` is no link, unless whoever owns the folder has put one in its place, for root to give away what it leads to.
 */
const attributes = `attributes() {
  if [ -n "$owner$group" ]; then
    if [ -n "$owner" ]; then chown \${2:+-h} -- "$owner" "$1" || fail owner; fi
    if [ -n "$group" ]; then chgrp \${2:+-h} -- "$group" "$1" || fail owner; fi
    if [ -n "$recurse" ] && [ -d "$1" ]; then
      if [ -n "$owner" ]; then chown -hR -- "$owner" "$1/." || fail owner; fi
      if [ -n "$group" ]; then chgrp -hR -- "$group" "$1/." || fail owner; fi
    fi
  fi
  if [ -n "$mode" ]; then
    if [ -n "$2" ] && [ -L "$1" ]; then other_kind "$1"; fi
    chmod -- "$mode" "$1" || fail mode
    if [ -n "$recurse" ] && [ -d "$1" ]; then chmod -R -- "$mode" "$1/." || fail mode; fi
  fi
}
other_kind() {
  if [ -d "$1" ]; then echo 'a folder' >&2; elif [ -f "$1" ]; then echo 'a file' >&2; else echo 'something else' >&2; fi
  fail other_kind
}
`;

const kinds = `make_folder() {
  [ -d "$1" ] && return
  if [ -e "$1" ] || [ -L "$1" ]; then other_kind "$1"; fi
  case $1 in */*) [ -z "\${1%/*}" ] || make_folder "\${1%/*}" ;; esac
  if [ -n "$mode" ]; then was=$(umask); umask 077; fi
  mkdir -- "$1" || [ -d "$1" ] || fail refused
  [ -z "$mode" ] || umask "$was"
  attributes "$1" made
}
directory() {
  if [ -d "$target" ]; then attributes "$target"; else make_folder "$target"; fi
}
file() {
  [ -d "$dir" ] || { stat "$dir" >/dev/null; fail no_folder; }
  if [ -e "$target" ]; then
    [ -f "$target" ] || { [ -n "$touch" ] && [ -d "$target" ]; } || other_kind "$target"
    if [ -n "$touch" ]; then touch -- "$target" || fail refused; fi
  else
    (set -C; : >"$target") || fail refused
    attributes "$target" made
    return
  fi
  attributes "$target"
}
link() {
  [ -d "$dir" ] || { stat "$dir" >/dev/null; fail no_folder; }
  if [ ! -L "$target" ] && [ -e "$target" ]; then
    if [ -d "$target" ] || [ -z "$force" ]; then other_kind "$target"; fi
  fi
  litter rm -f --
  temporary
  trap 'rm -f -- "$temporary"' EXIT
  trap 'exit 129' HUP INT TERM PIPE
  ln -s -- "$linked" "$temporary" || fail create
  [ -z "$owner" ] || chown -h -- "$owner" "$temporary" || fail owner
  [ -z "$group" ] || chgrp -h -- "$group" "$temporary" || fail owner
  replace "$temporary" "$target" || fail move
}
present() {
  there "$target"
  attributes "$target"
}
absent() {
  if [ -d "$target" ] && [ ! -L "$target" ]; then protect; fi
  rm -rf -- "$target" || fail refused
  litter rm -f --
}
refuse() { printf '%s\\n' "$1" >&2; fail protected; }
protect() {
  real=$(cd -P -- "$target" && pwd -P && echo .) || fail refused
  real=\${real%??}
  [ "$real" != / ] || refuse 'is the root of the file system'
  own=$(cd -P -- ~ 2>/dev/null && pwd -P)
  [ "$real" != "$own" ] || refuse 'is the home of the user that runs this'
  held=$({ getent passwd || cat /etc/passwd; } 2>/dev/null | while IFS=: read -r name word id main about home shell; do
    [ -d "$home" ] || continue
    case $home in
      "$real"/*) echo "holds the home of $name"; break ;;
      "$real") case $name in root | "$SUDO_USER") echo "is the home of $name"; break ;; esac ;;
    esac
  done)
  [ -z "$held" ] || refuse "$held"
  # The kernel writes blanks and backslashes of mount points as octal numbers.
  point=$(printf %s "$real" | sed 's/\\\\/\\\\134/g; s/ /\\\\040/g')
  mounted=$(while read -r id parent device root at rest; do
    case $at in "$point" | "$point"/*) printf '%s\\n' "$at"; break ;; esac
  done </proc/self/mountinfo 2>/dev/null)
  [ -z "$mounted" ] || refuse "has a file system mounted at $mounted"
}
`;
