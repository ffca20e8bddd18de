/** Before the word that tells what went wrong, on the last line of stderr; the lines above are what the host's programs said. */
export const failureMark = 'adfpush-file:';

/**
 * What all scripts share. They are for dash, bash and busybox alike; they hold no here-documents, for which a shell may want a
 * /tmp, and tell of errors in the C locale, by whose words some are told apart.
 */
export const sharedScript = `LC_ALL=C; export LC_ALL
fail() { printf '\\n${failureMark}%s\\n' "$1" >&2; exit 3; }
there() {
  said=$(stat "$1" 2>&1 >/dev/null) && return
  printf '%s\\n' "$said" >&2
  case $said in
    *'No such file or directory' | *'Not a directory') fail not_found ;;
    *) fail unseen ;;
  esac
}
sum() {
  if command -v sha256sum; then set -- sha256sum
  elif command -v busybox; then set -- busybox sha256sum
  elif command -v openssl; then set -- openssl dgst -sha256 -r
  elif command -v shasum; then set -- shasum -a 256
  else fail no_checksum; fi >/dev/null
  hash=$("$@") || return
  printf %s "\${hash%% *}"
}
`;

/**
 * The temporaries of one target: \`.NAME.adfpush-PID-SINCE-PLACE-NONCE\`, where PID is the writer's process, SINCE the kernel's tick at
 * which it began, so that a later process of the same number is told from it, and PLACE the boot and the process namespace that the
 * number counts in. A writer of this place is dead when no such process is there. Of another place nothing is known (a folder that
 * hosts or containers share, or a boot before this one): its temporary is left alone until nobody wrote to it for an hour, or
 * since before this machine came up.
 */
export const temporariesScript = `names() {
  case $1 in */*) dir=\${1%/*}/ ;; *) dir=./ ;; esac
  stem=$(printf %.180s "\${1##*/}")
}
since=0
if { read -r line </proc/$$/stat; } 2>/dev/null; then set -- \${line##*) }; since=\${20}; fi
place=; { read -r place </proc/sys/kernel/random/boot_id; } 2>/dev/null
space=$(readlink /proc/self/ns/pid 2>/dev/null); space=\${space##*[}
place=\${place%%-*}\${space%]}
temporary() { temporary=$dir.$stem.adfpush-$$-$since-$place-$nonce; }
dead() {
  rest=\${1##*.adfpush-}
  pid=\${rest%%-*}; rest=\${rest#*-}
  began=\${rest%%-*}; rest=\${rest#*-}
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  if [ "\${rest%%-*}" = "$place" ]; then
    if { read -r line </proc/$pid/stat; } 2>/dev/null; then
      set -- \${line##*) }
      [ "$1" = Z ] || [ "\${20}" != "$began" ]
      return
    fi
    said=$(kill -0 "$pid" 2>&1) && return 1
    case $said in *ermitted*) return 1 ;; esac
    return 0
  fi
  age=60
  if { read -r up line </proc/uptime; } 2>/dev/null; then
    up=$((\${up%%.*} / 60)); [ "$up" -lt 60 ] && age=$up
  fi
  [ -n "$(find "$1" -prune -mmin +$age 2>/dev/null)" ]
}
litter() {
  for one in "$dir.$stem.adfpush-"*; do
    if [ -e "$one" ] || [ -L "$one" ]; then dead "$one" && "$@" "$one"; fi
  done
  return 0
}
`;

/** \`mv -T\`, which takes no folder for a place to move into; where mv has no -T, a folder is refused beforehand. */
export const replaceScript = `replace() {
  said=$(mv -fT -- "$1" "$2" 2>&1) && return
  case $said in
    *nvalid\\ option* | *nrecognized\\ option*)
      [ -d "$2" ] && { printf '%s\\n' "$2 is a folder" >&2; return 1; }
      mv -f -- "$1" "$2" ;;
    *) printf '%s\\n' "$said" >&2; return 1 ;;
  esac
}
`;
