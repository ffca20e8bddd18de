/**
 * The programs of busybox for users and groups, as Alpine has them: Debian's busybox was built without. Scripts for sh and awk, with the options
 * and the refusals of busybox 1.36 (loginutils/adduser.c, addgroup.c, deluser.c, chpasswd.c).
 */
const adduser = `
[ "$1" = --help ] && { echo 'BusyBox v1.36.1 multi-call binary.' >&2; exit 0; }
u= G= g='Linux User,,,' h= s=/bin/ash S= H= k=/etc/skel
while getopts 'h:g:s:G:DSHu:k:' o; do case $o in
  h) h=$OPTARG ;; g) g=$OPTARG ;; s) s=$OPTARG ;; G) G=$OPTARG ;; D) ;; S) S=1 ;; H) H=1 ;; u) u=$OPTARG ;; k) k=$OPTARG ;; *) exit 1 ;;
esac; done; shift $((OPTIND - 1)); name=$1; [ -n "$h" ] || h=/home/$name
if grep -q "^$name:" /etc/passwd; then echo "adduser: user '$name' in use" >&2; exit 1; fi
if [ -n "$u" ] && grep -q "^[^:]*:[^:]*:$u:" /etc/passwd; then echo "adduser: uid '$u' in use" >&2; exit 1; fi
[ -n "$u" ] || { u=1000; [ -z "$S" ] || u=100; while grep -q "^[^:]*:[^:]*:$u:" /etc/passwd; do u=$((u + 1)); done; }
if [ -n "$G" ]; then gid=$(awk -F: -v n="$G" '$1 == n { print $3 }' /etc/group); [ -n "$gid" ] || { echo "adduser: unknown group $G" >&2; exit 1; }
elif [ -n "$S" ]; then gid=65533
else grep -q "^$name:" /etc/group && { echo "adduser: group '$name' in use" >&2; exit 1; }; gid=$u; echo "$name:x:$gid:" >>/etc/group; fi
echo "$name:x:$u:$gid:$g:$h:$s" >>/etc/passwd; echo "$name:!:19000:0:99999:7:::" >>/etc/shadow
[ -n "$H" ] || { mkdir -p "$h" && cp -R "$k/." "$h/" && chown -R "$u:$gid" "$h"; }
`;

const addgroup = `
g= S=; while getopts 'g:S' o; do case $o in g) g=$OPTARG ;; S) S=1 ;; *) exit 1 ;; esac; done; shift $((OPTIND - 1))
if [ $# = 2 ]; then
  grep -q "^$2:" /etc/group || { echo "addgroup: unknown group $2" >&2; exit 1; }
  awk -F: -v OFS=: -v u="$1" -v n="$2" '$1 == n { $4 = $4 == "" ? u : $4 "," u } { print }' /etc/group >/tmp/g && cat /tmp/g >/etc/group; exit
fi
grep -q "^$1:" /etc/group && { echo "addgroup: group '$1' in use" >&2; exit 1; }
[ -n "$g" ] || { g=1000; [ -z "$S" ] || g=101; while grep -q "^[^:]*:[^:]*:$g:" /etc/group; do g=$((g + 1)); done; }
echo "$1:x:$g:" >>/etc/group
`;

const leave = `awk -F: -v OFS=: -v u="$1" -v n="$2" 'n == "" || $1 == n { k = split($4, m, ","); $4 = ""; for (i = 1; i <= k; i++) if (m[i] != u) $4 = $4 == "" ? m[i] : $4 "," m[i] } { print }' /etc/group >/tmp/g && cat /tmp/g >/etc/group`;

const deluser = `
r=; [ "$1" = --remove-home ] && { r=1; shift; }
h=$(awk -F: -v n="$1" '$1 == n { print $6 }' /etc/passwd)
for f in passwd shadow; do grep -v "^$1:" /etc/$f >/tmp/f; cat /tmp/f >/etc/$f; done
set -- "$1" ''; ${leave}
[ -z "$r" ] || rm -rf "$h"
`;

const delgroup = `
if [ $# = 2 ]; then ${leave}; exit; fi
grep -v "^$1:" /etc/group >/tmp/f; cat /tmp/f >/etc/group
`;

const chpasswd = `
[ "$1" = -e ] || exit 1
IFS=: read -r n p; awk -F: -v OFS=: -v n="$n" -v p="$p" '$1 == n { $2 = p } { print }' /etc/shadow >/tmp/f && cat /tmp/f >/etc/shadow
`;

export const busyboxAccounts: Readonly<Record<string, string>> = {
  adduser,
  addgroup,
  deluser,
  delgroup,
  chpasswd,
};
