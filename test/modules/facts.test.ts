import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { factsScript } from '../../src/modules/facts-script.js';
import { factFields, factsOf, readFacts } from '../../src/modules/facts-values.js';

const debian = `clock=1700000000
os.PRETTY_NAME=Debian GNU/Linux 12 (bookworm)
os.VERSION_ID=12
os.VERSION_CODENAME=bookworm
os.ID=debian
kernel=6.1.0-18-cloud-amd64
system=Linux
architecture=x86_64
hostname=web-1
fqdn=web-1.example.com
processors=4
memory.total=8148512
memory.free=100000
memory.available=4096000
memory.swap_total=0
uptime=86400
boot_id=5a7c1f1e-3b5e-4a8e-9d5f-0b1c2d3e4f50
mount=/dev/nvme0n1p1\t30832548\t20000000\t/
mount=/dev/sdb\t1000\t500\t/mnt/with space
type=/\text4
type=/mnt/with\\040space\txfs
address=lo\tinet\t127.0.0.1/8
address=eth0\tinet\t10.0.0.5/24
address=eth0\tinet6\tfe80::1/64
address=eth0\tinet6\t2001:db8::5/64
default4=eth0\t10.0.0.1
package_manager=apt-get
service_manager=systemd
python=3.11.2
user=admin
home=/home/admin
docker.installed=1
docker.version=24.0.7
docker.root=/var/lib/docker
docker.driver=overlay2
end=1
`;

it('are typed values', () => {
  expect(readFacts(debian, 1_699_999_997_400)).toEqual({
    distribution: 'debian',
    distribution_name: 'Debian GNU/Linux 12 (bookworm)',
    distribution_version: '12',
    distribution_major_version: '12',
    codename: 'bookworm',
    os_family: 'debian',
    system: 'Linux',
    kernel: '6.1.0-18-cloud-amd64',
    architecture: 'x86_64',
    processors: 4,
    memory: { total_mb: 7957, available_mb: 4000, swap_total_mb: 0 },
    mounts: [
      {
        mount: '/',
        device: '/dev/nvme0n1p1',
        fstype: 'ext4',
        size: 30832548 * 1024,
        available: 20000000 * 1024,
      },
      { mount: '/mnt/with space', device: '/dev/sdb', fstype: 'xfs', size: 1024000, available: 512000 },
    ],
    interfaces: {
      lo: { ipv4: ['127.0.0.1'], ipv6: [] },
      eth0: { ipv4: ['10.0.0.5'], ipv6: ['fe80::1', '2001:db8::5'] },
    },
    ipv4_addresses: ['10.0.0.5'],
    ipv6_addresses: ['2001:db8::5'],
    default_ipv4: { interface: 'eth0', gateway: '10.0.0.1', address: '10.0.0.5' },
    default_ipv6: null,
    hostname: 'web-1',
    fqdn: 'web-1.example.com',
    package_manager: 'apt',
    service_manager: 'systemd',
    python: '3.11.2',
    docker: { installed: true, version: '24.0.7', root_dir: '/var/lib/docker', storage_driver: 'overlay2' },
    clock: { epoch: 1_700_000_000, offset: 3 },
    user: 'admin',
    home: '/home/admin',
    uptime_seconds: 86400,
    boot_id: '5a7c1f1e-3b5e-4a8e-9d5f-0b1c2d3e4f50',
  });
});

it('are null where a host cannot tell', () => {
  const facts = readFacts('kernel=5.10\nmemory.total=nonsense\n', 0);

  expect(facts).toMatchObject({
    kernel: '5.10',
    distribution: null,
    processors: null,
    mounts: [],
    default_ipv4: null,
  });
  expect(facts).toMatchObject({ memory: { total_mb: null }, docker: { installed: false, version: null } });
});

it.each([
  ['debian', 'debian', ''],
  ['ubuntu', 'debian', 'debian'],
  ['amzn', 'redhat', 'centos rhel fedora'],
  ['rocky', 'redhat', 'rhel centos fedora'],
  ['opensuse-leap', 'suse', 'suse opensuse'],
  ['alpine', 'alpine', ''],
  ['nixos', 'nixos', ''],
])('%s is of the family %s', (id, family, like) => {
  expect(readFacts(`os.ID=${id}\nos.ID_LIKE=${like}\n`, 0)).toMatchObject({ os_family: family });
});

it('have the same fields before they are gathered, after, and in their description', () => {
  const names = Object.keys(factFields).toSorted();

  expect(Object.keys(factsOf(null)).toSorted()).toEqual(names);
  expect(Object.keys(readFacts('', 0)).toSorted()).toEqual(names);
});

it('are told by this very machine', () => {
  const output = execFileSync('sh', ['-c', factsScript], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const facts = readFacts(output, Date.now());

  expect(output).toMatch(/end=1\n$/);
  expect(facts).toMatchObject({
    system: 'Linux',
    kernel: expect.any(String) as string,
    processors: expect.any(Number) as number,
    memory: { total_mb: expect.any(Number) as number },
    clock: { epoch: expect.any(Number) as number },
  });
});
