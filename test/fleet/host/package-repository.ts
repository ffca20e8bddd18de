import type { PlainHost } from './plain-host.js';

/** A package of Debian that the tests make. */
export interface TestPackage {
  readonly name: string;
  readonly version: string;
  /** Its files, by their paths on the host; scripts begin with `#!`. */
  readonly files?: Readonly<Record<string, string>>;
  /** What its installation runs, as sh. */
  readonly postinst?: string;
  /** What its removal runs first, as sh. */
  readonly prerm?: string;
}

/** Builds packages on a host itself, and has its apt know these alone, by a repository in a folder: no mirror is asked. */
export async function offerPackages(host: PlainHost, packages: readonly TestPackage[]): Promise<void> {
  await host.sh(`rm -f /etc/apt/sources.list.d/*
mkdir -p /srv/packages
echo 'deb [trusted=yes] file:/srv/packages ./' > /etc/apt/sources.list
${packages.map(building).join('\n')}
cd /srv/packages
for deb in *.deb; do
  dpkg-deb -f "$deb"
  echo "Filename: ./$deb"
  echo "Size: $(stat -c %s "$deb")"
  echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
  echo
done > Packages`);
}

function building({ name, version, files = {}, postinst, prerm }: TestPackage): string {
  const control = `Package: ${name}
Version: ${version}
Architecture: all
Maintainer: test <test@example.com>
Description: ${name}
`;
  const scripts = Object.entries({ postinst, prerm }).flatMap(([script, text]) =>
    text === undefined ? [] : [[`/DEBIAN/${script}`, `#!/bin/sh\nset -e\n${text}\n`] as const],
  );
  return `dir=$(mktemp -d)
${[['/DEBIAN/control', control] as const, ...scripts, ...Object.entries(files)].map(writing).join('\n')}
dpkg-deb --root-owner-group -b "$dir" /srv/packages/${name}_${version}.deb > /dev/null
rm -r "$dir"`;
}

const writing = ([path, text]: readonly [string, string]): string => `mkdir -p "$(dirname "$dir${path}")"
echo ${Buffer.from(text).toString('base64')} | base64 -d > "$dir${path}"
chmod ${text.startsWith('#!') ? '755' : '644'} "$dir${path}"`;

/** A package with a service that runs a loop, as /etc/init.d has it. */
export const servicePackage = (name: string, version: string): TestPackage => ({
  name,
  version,
  files: {
    [`/usr/sbin/${name}`]: `#!/bin/sh
# ${version}
[ ! -r /etc/default/${name} ] || . /etc/default/${name}
echo "$DB" > /run/${name}.db
while :; do sleep 1; done
`,
    [`/etc/init.d/${name}`]: `#!/bin/sh
### BEGIN INIT INFO
# Provides: ${name}
# Required-Start: $remote_fs
# Required-Stop: $remote_fs
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: ${name}
### END INIT INFO
. /lib/lsb/init-functions
daemon=/usr/sbin/${name}
pidfile=/run/${name}.pid
start() { start-stop-daemon --start --quiet --oknodo --background --make-pidfile --pidfile $pidfile --startas $daemon; }
stop() { start-stop-daemon --stop --quiet --oknodo --retry 5 --remove-pidfile --pidfile $pidfile; }
case "$1" in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop; start ;;
  status) start-stop-daemon --status --pidfile $pidfile ;;
  *) exit 2 ;;
esac
`,
  },
  postinst: `update-rc.d ${name} defaults > /dev/null\ninvoke-rc.d ${name} start`,
  prerm: `invoke-rc.d ${name} stop`,
});
