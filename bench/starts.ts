import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { Lane } from '../test/stages/lane.js';
import { median } from './measure.js';

const rounds = 9;
const program = join(import.meta.dirname, '../dist/bin.js');
const fleet = ['--group', 'api', '--env', 'lab'];

/**
 * Writes the most memory that the process had, in KiB, on a stream that no program here uses. Not by getrusage, which for a process that was
 * started by a larger one says how large that is.
 */
const tellMemory = `process.on('exit', () => {
  const { readFileSync, writeSync } = process.getBuiltinModule('node:fs');
  writeSync(3, /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
})`;

/** A process that is measured from its start to its end. */
interface Start {
  readonly name: string;
  readonly file: string;
  readonly words: readonly string[];
}

interface Measured {
  /** In milliseconds. */
  readonly duration: number;
  /** The most that it had resident, in KiB; of processes of Node alone. */
  readonly memory?: number;
}

/**
 * Prints a table of whole processes: how long each takes, as a multiple of an empty program of Node too, and its memory. They run in turn, so
 * that a busy moment does not fall on one of them alone. `exec` and `status` are about a lab of 4 hosts, and so is `ansible -m raw` where
 * Ansible is installed.
 */
export async function benchStarts(): Promise<void> {
  const lane = await Lane.open();
  try {
    await lane.given('v1');
    const isInstalled = spawnSync('ansible', ['--version']).status === 0;
    const ansible = isInstalled ? [rawOfAnsible(lane)] : [];
    if (!isInstalled) console.log('LEFT OUT: ansible -m raw, because ansible is not on the PATH');
    const starts = [
      node('node -e 0', '-e', '0'),
      adfpush('--version'),
      adfpush('--help'),
      adfpush('deploy', '--help'),
      adfpush('exec', ...fleet, '--', 'true'),
      adfpush('status', ...fleet),
      ...ansible,
    ];
    const measured = new Map(starts.map((start) => [start, [] as Measured[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [start, all] of measured) all.push(await measure(start, lane));
    }
    tell(measured);
  } finally {
    await lane.close();
  }
}

const node = (name: string, ...words: readonly string[]): Start => ({
  name,
  file: process.execPath,
  words: ['--import', `data:text/javascript,${encodeURIComponent(tellMemory)}`, ...words],
});

const adfpush = (...words: readonly string[]): Start =>
  node(['adfpush', ...words].join(' '), program, ...words);

/** Through connections of its own each time, as all others here. */
function rawOfAnsible({ lab, folder }: Lane): Start {
  const inventory = join(folder, 'ansible.ini');
  const hosts = lab.hosts.map(
    ({ name, sshAddress: ssh }) => `${name} ansible_host=${ssh.address} ansible_port=${ssh.port}`,
  );
  const options = `-o UserKnownHostsFile=${join(folder, 'known_hosts')} -o ControlMaster=no`;
  const key = `ansible_ssh_private_key_file=${join(folder, 'id_ed25519')}`;
  const vars = ['ansible_user=lab', key, `ansible_ssh_common_args=${options}`];
  writeFileSync(inventory, ['[api]', ...hosts, '[api:vars]', ...vars, ''].join('\n'));
  const words = ['-i', inventory, 'api', '-m', 'raw', '-a', 'true'];
  return { name: 'ansible api -m raw -a true', file: 'ansible', words };
}

async function measure({ name, file, words }: Start, lane: Lane): Promise<Measured> {
  const options = {
    cwd: lane.lab.project,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...lane.environment },
    reject: false,
  } as const satisfies Options;
  const began = performance.now();
  const { exitCode, stderr, stdio } = await execa(file, [...words], options);
  const duration = performance.now() - began;
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}: ${stderr}`);
  return stdio[3] === '' ? { duration } : { duration, memory: Number(stdio[3]) };
}

function tell(measured: ReadonlyMap<Start, readonly Measured[]>): void {
  const rows = [...measured].map(([{ name }, all]) => ({
    name,
    duration: median(all.map(({ duration }) => duration)),
    memory: median(all.flatMap((one) => one.memory ?? [])),
  }));
  const empty = rows[0]?.duration ?? Number.NaN;
  for (const { name, duration, memory: kib } of rows) {
    const size = Number.isNaN(kib) ? '' : `, ${(kib / 1024).toFixed(1)} MiB`;
    console.log(
      `${name}: ${duration.toFixed(0)} ms, ${(duration / empty).toFixed(1)} times node -e 0${size}`,
    );
  }
}
