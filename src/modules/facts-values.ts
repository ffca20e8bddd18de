/** The fields of `facts`, and what each means. A host that cannot tell one has null there. Sizes in MiB where they say so, else in bytes. */
export const factFields = {
  distribution: 'the distribution: `debian`, `ubuntu`, `amzn`, `alpine` (ID of os-release)',
  distribution_name: 'its name for people: `Debian GNU/Linux 12 (bookworm)`',
  distribution_version: 'its version: `12`, `22.04`, `2023`',
  distribution_major_version: 'the first number of that, as text',
  codename: '`bookworm`, `jammy`',
  os_family: '`debian`, `redhat`, `alpine`, `suse`, `arch`; the distribution itself where it is of no family',
  system: '`Linux`',
  kernel: 'the release of the kernel: `6.1.0-18-cloud-amd64`',
  architecture: '`x86_64`, `aarch64`',
  processors: 'how many processors are online',
  memory: '`total_mb`, `available_mb`, `swap_total_mb`',
  mounts:
    'a list of `{ mount, device, fstype, size, available }`, of file systems on devices; sizes in bytes',
  interfaces: 'a mapping from the name of an interface to `{ ipv4, ipv6 }`, lists of addresses',
  ipv4_addresses: 'a list of all addresses but those of the host with itself',
  ipv6_addresses: 'the same of IPv6, without link-local ones',
  default_ipv4: '`{ interface, gateway, address }` of the default route',
  default_ipv6: 'the same of IPv6',
  hostname: 'the name that the host has for itself',
  fqdn: 'the same with its domain, where it knows one',
  package_manager: '`apt`, `dnf`, `yum`, `zypper`, `apk`, `pacman`',
  service_manager: '`systemd`, `openrc`, `sysvinit`',
  python: 'the version of Python, which nothing here needs',
  docker:
    '`installed`, and, where the login user reaches the Engine, `version`, `root_dir`, `storage_driver`',
  clock: '`epoch` of the host in seconds, and `offset`: how many seconds it is ahead of this machine',
  user: 'the login user',
  home: 'its home',
  uptime_seconds: 'seconds since the boot',
  boot_id: 'another one after each boot',
} as const;

/** The fields of those facts that are mappings. */
const innerFields: Readonly<Partial<Record<keyof typeof factFields, readonly string[]>>> = {
  memory: ['total_mb', 'available_mb', 'swap_total_mb'],
  docker: ['installed', 'version', 'root_dir', 'storage_driver'],
  clock: ['epoch', 'offset'],
};

/** `facts` with the same value in all fields, for what is known of them before they are gathered. */
export const factsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.keys(factFields).map((name) => {
      const inner = Object.entries(innerFields).find(([owner]) => owner === name)?.[1];
      return [name, inner === undefined ? value : Object.fromEntries(inner.map((key) => [key, value]))];
    }),
  );

/** The families of distributions, by what ID and ID_LIKE of os-release say. */
const families: readonly (readonly [string, readonly string[]])[] = [
  ['debian', ['debian', 'ubuntu']],
  ['redhat', ['rhel', 'fedora', 'centos', 'amzn', 'rocky', 'almalinux', 'ol']],
  ['suse', ['suse', 'opensuse', 'sles']],
  ['alpine', ['alpine']],
  ['arch', ['arch']],
];

/** What `factsScript` printed, as facts. `now` is this machine's clock in milliseconds when it answered. */
export function readFacts(output: string, now: number): Readonly<Record<string, unknown>> {
  const lines = output.split('\n').map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, Math.max(0, at)), line.slice(at + 1)] as const;
  });
  const one = (name: string): string | null => lines.find(([key]) => key === name)?.[1] ?? null;
  const all = (name: string): readonly (readonly string[])[] =>
    lines.filter(([key]) => key === name).map(([, value]) => value.split('\t'));
  const number = (name: string): number | null => numberOf(one(name));
  const id = one('os.ID');
  const version = one('os.VERSION_ID') ?? one('os.debian_version');
  const epoch = number('clock');
  const addresses = readAddresses(all('address'));
  return {
    distribution: id,
    distribution_name: one('os.PRETTY_NAME'),
    distribution_version: version,
    distribution_major_version: version === null ? null : (/^\d+/.exec(version)?.[0] ?? version),
    codename: one('os.VERSION_CODENAME'),
    os_family: familyOf(id, one('os.ID_LIKE')),
    system: one('system'),
    kernel: one('kernel'),
    architecture: one('architecture'),
    processors: number('processors'),
    memory: {
      total_mb: mebibytes(number('memory.total')),
      // Kernels before 3.14 do not tell what is available.
      available_mb: mebibytes(number('memory.available') ?? number('memory.free')),
      swap_total_mb: mebibytes(number('memory.swap_total')),
    },
    mounts: readMounts(all('mount'), all('type')),
    ...addresses,
    default_ipv4: defaultRoute(all('default4')[0], addresses.interfaces, 'ipv4'),
    default_ipv6: defaultRoute(all('default6')[0], addresses.interfaces, 'ipv6'),
    hostname: one('hostname'),
    fqdn: one('fqdn'),
    package_manager: one('package_manager')?.replace('apt-get', 'apt') ?? null,
    service_manager: one('service_manager'),
    python: one('python'),
    docker: {
      installed: one('docker.installed') === '1',
      version: one('docker.version'),
      root_dir: one('docker.root'),
      storage_driver: one('docker.driver'),
    },
    clock: { epoch, offset: epoch === null ? null : epoch - Math.floor(now / 1000) },
    user: one('user'),
    home: one('home'),
    uptime_seconds: number('uptime'),
    boot_id: one('boot_id'),
  };
}

const numberOf = (text: string | null | undefined): number | null =>
  text !== null && text !== undefined && /^\d+$/.test(text) ? Number(text) : null;

const mebibytes = (kibibytes: number | null): number | null =>
  kibibytes === null ? null : Math.floor(kibibytes / 1024);

function familyOf(id: string | null, like: string | null): string | null {
  const words = [id ?? '', ...(like ?? '').split(' ')];
  const found = families.find(([, members]) =>
    members.some((member) => words.some((word) => word.startsWith(member))),
  );
  return found?.[0] ?? id;
}

function readMounts(
  mounts: readonly (readonly string[])[],
  types: readonly (readonly string[])[],
): readonly Readonly<Record<string, unknown>>[] {
  // In /proc/mounts a space is written \040.
  const typeOf = new Map(types.map(([mount = '', type]) => [mount.replaceAll('\\040', ' '), type]));
  return mounts.map(([device = '', size, available, mount = '']) => ({
    mount,
    device,
    fstype: typeOf.get(mount) ?? null,
    size: bytes(size),
    available: bytes(available),
  }));
}

const bytes = (kibibytes: string | undefined): number | null => {
  const read = numberOf(kibibytes);
  return read === null ? null : read * 1024;
};

type Interfaces = Readonly<
  Record<string, { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] }>
>;

function readAddresses(lines: readonly (readonly string[])[]): {
  readonly interfaces: Interfaces;
  readonly ipv4_addresses: readonly string[];
  readonly ipv6_addresses: readonly string[];
} {
  const found = lines.map(([name = '', kind, address = '']) => ({
    name,
    kind: kind === 'inet6' ? ('ipv6' as const) : ('ipv4' as const),
    address: address.replace(/\/\d+$/, ''),
  }));
  const names = [...new Set(found.map(({ name }) => name))].filter((name) => name !== '');
  const of = (name: string, kind: 'ipv4' | 'ipv6'): readonly string[] =>
    found.filter((one) => one.name === name && one.kind === kind).map(({ address }) => address);
  const others = found.filter(({ address }) => !/^127\.|^::1$|^fe80:/.test(address));
  return {
    interfaces: Object.fromEntries(
      names.map((name) => [name, { ipv4: of(name, 'ipv4'), ipv6: of(name, 'ipv6') }]),
    ),
    ipv4_addresses: others.filter(({ kind }) => kind === 'ipv4').map(({ address }) => address),
    ipv6_addresses: others.filter(({ kind }) => kind === 'ipv6').map(({ address }) => address),
  };
}

function defaultRoute(
  line: readonly string[] | undefined,
  interfaces: Interfaces,
  kind: 'ipv4' | 'ipv6',
): Readonly<Record<string, unknown>> | null {
  const [name = '', gateway = ''] = line ?? [];
  if (name === '') return null;
  const own = Object.hasOwn(interfaces, name) ? interfaces[name]?.[kind] : undefined;
  const address = own?.find((one) => !one.startsWith('fe80:')) ?? own?.[0] ?? null;
  return { interface: name, gateway: gateway === '' ? null : gateway, address };
}
