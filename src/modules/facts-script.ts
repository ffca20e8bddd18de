/**
 * Tells what a host is, a line `NAME=VALUE` for each thing that it can tell. For any POSIX sh, busybox's included; what a host lacks (a
 * program, a file of /proc) leaves its line out and stops nothing. Sources: os-release(5), proc(5), df and ip of GNU and busybox.
 */
export const factsScript = String.raw`
say() { [ -n "$2" ] && printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr '\n\r' '  ')"; return 0; }
has() { command -v "$1" >/dev/null 2>&1; }
first() { for one in "$@"; do has "$one" && { printf '%s' "$one"; return 0; }; done; return 0; }

say clock "$(date +%s 2>/dev/null)"
for release in /etc/os-release /usr/lib/os-release; do
  [ -r "$release" ] || continue
  sed -n -e 's/^ID=/os.ID=/p' -e 's/^ID_LIKE=/os.ID_LIKE=/p' -e 's/^VERSION_ID=/os.VERSION_ID=/p' \
    -e 's/^VERSION_CODENAME=/os.VERSION_CODENAME=/p' -e 's/^PRETTY_NAME=/os.PRETTY_NAME=/p' "$release" |
    sed -e 's/=["'\'']/=/' -e 's/["'\'']$//'
  break
done
[ -r /etc/debian_version ] && say os.debian_version "$(head -n 1 /etc/debian_version 2>/dev/null)"
say kernel "$(uname -r 2>/dev/null)"
say system "$(uname -s 2>/dev/null)"
say architecture "$(uname -m 2>/dev/null)"
say hostname "$(uname -n 2>/dev/null)"
say fqdn "$(hostname -f 2>/dev/null)"
say processors "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo 2>/dev/null)"
awk '
  /^MemTotal:/ { print "memory.total=" $2 }
  /^MemAvailable:/ { print "memory.available=" $2 }
  /^MemFree:/ { print "memory.free=" $2 }
  /^SwapTotal:/ { print "memory.swap_total=" $2 }
' /proc/meminfo 2>/dev/null
awk '{ print "uptime=" int($1) }' /proc/uptime 2>/dev/null
[ -r /proc/sys/kernel/random/boot_id ] && say boot_id "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
df -P -k 2>/dev/null | awk 'NR > 1 && $1 ~ /^\// && $2 ~ /^[0-9]+$/ {
  mount = $6; for (i = 7; i <= NF; i++) mount = mount " " $i
  print "mount=" $1 "\t" $2 "\t" $4 "\t" mount
}'
awk '$1 ~ /^\// { print "type=" $2 "\t" $3 }' /proc/mounts 2>/dev/null
if has ip; then
  ip -o addr show 2>/dev/null | awk '$3 == "inet" || $3 == "inet6" { sub("@.*", "", $2); print "address=" $2 "\t" $3 "\t" $4 }'
  ip -4 route show default 2>/dev/null | awk 'NR == 1 { for (i = 1; i < NF; i++) { if ($i == "dev") d = $(i + 1); if ($i == "via") g = $(i + 1) } print "default4=" d "\t" g }'
  ip -6 route show default 2>/dev/null | awk 'NR == 1 { for (i = 1; i < NF; i++) { if ($i == "dev") d = $(i + 1); if ($i == "via") g = $(i + 1) } print "default6=" d "\t" g }'
elif has hostname; then
  for one in $(hostname -I 2>/dev/null || hostname -i 2>/dev/null); do
    case $one in *:*) printf 'address=\tinet6\t%s\n' "$one" ;; *.*) printf 'address=\tinet\t%s\n' "$one" ;; esac
  done
fi
say package_manager "$(first apt-get dnf yum microdnf zypper apk pacman)"
if [ -d /run/systemd/system ]; then say service_manager systemd
elif has rc-service; then say service_manager openrc
elif [ -d /etc/init.d ]; then say service_manager sysvinit
fi
python=$(first python3 python)
[ -n "$python" ] && say python "$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)"
say user "$(id -un 2>/dev/null)"
say home "$HOME"
if has docker; then
  say docker.installed 1
  docker info --format '{{.ServerVersion}}{{"\t"}}{{.DockerRootDir}}{{"\t"}}{{.Driver}}' 2>/dev/null |
    awk -F '\t' 'NF >= 2 && $1 != "" { print "docker.version=" $1; print "docker.root=" $2; print "docker.driver=" $3 }'
fi
printf 'end=1\n'
`;
