import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Container } from '../../src/lab/docker-engine/container.js';
import type { LabHost } from '../../src/lab/hosts/host.js';
import { program } from '../stages/adfpush.js';
import { Lane } from '../stages/lane.js';
import { until } from '../stages/until.js';

let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open();
  lane.groupHas("env: { APP_ENV: '{{ env }}' }", `env: { TOKEN: 'is {{ secret "token" }}' }`);
  await lane.run(['deploy', '-g', 'api', '--env', 'lab', '--version', 'v1'], { env });
});
afterAll(() => lane.close());

const env = { token: 'secret-of-the-lab' };

const containersOf = ({ engine }: LabHost): readonly Container[] =>
  engine.containers.all().filter(({ config }) => config.Labels?.['adfpush.group'] === 'api');
const runningOn = (host: LabHost): Container => {
  const found = containersOf(host).find(({ running }) => running);
  if (found === undefined) throw new Error(`nothing runs on ${host.name}`);
  return found;
};
const hosts = (): readonly LabHost[] => lane.lab.hosts;
const say = (host: LabHost, text: string, stream: 'stdout' | 'stderr' = 'stdout'): void =>
  runningOn(host).log.write(stream, `${text}\n`);

const logs = (...words: readonly string[]) =>
  lane.run(['logs', '-g', 'api', '--env', 'lab', ...words], { env });

const start = (words: readonly string[]) =>
  execa(process.execPath, [program, 'logs', '-g', 'api', '--env', 'lab', '-f', ...words], {
    cwd: lane.lab.project,
    reject: false,
    extendEnv: false,
    env: { ...lane.environment, ...env },
  });

/** The program with --follow, and all that it has said so far. */
class Following {
  stdout = '';
  stderr = '';
  readonly child: ReturnType<typeof start>;

  constructor(words: readonly string[]) {
    this.child = start(words);
    this.child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Resolves when all hosts are followed: each has told a line that was printed after the start. */
  async ready(): Promise<void> {
    await until(async () => {
      for (const host of hosts()) say(host, `ready ${host.name}`);
      await delay(300);
      return hosts().every(({ name }) => this.stdout.includes(`ready ${name}`));
    });
  }

  async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<number | undefined> {
    this.child.kill(signal);
    return (await this.child).exitCode;
  }

  /** The texts of lines with this word, in the order in which they were told. */
  texts(word: string): readonly string[] {
    return this.stdout.split('\n').flatMap((line) => new RegExp(`${word} \\S+`).exec(line)?.[0] ?? []);
  }
}

describe('adfpush logs', () => {
  it('merges what all hosts print by time, and says of each line where it is from', async () => {
    const words = Array.from({ length: 12 }, (_, index) => `order ${index}.`);
    for (const [index, word] of words.entries()) {
      say(hosts()[index % 4]!, word, index === 5 ? 'stderr' : 'stdout');
      await delay(3);
    }
    const { exit, stdout, stderr } = await logs('--since', '10m', '--grep', '^order \\d+');

    expect(stderr).toBe('');
    expect(exit).toBe(0);
    const names = hosts().map(({ name }) => name);
    expect(stdout.split('\n')).toEqual(
      words.map((word, index) => `${names[index % 4] ?? ''} v1 ${index === 5 ? '!' : '|'} ${word}`),
    );
  });

  it('gives an object for each line, masks secrets, cuts long lines and shows control characters', async () => {
    const [first, second] = hosts();
    // Another at each try, of the same length.
    const special = `special-${String(Date.now())}`;
    say(first!, `${special} the token is ${env.token}, \u001b[31mred\u001b[0m \u001b[2J`);
    // Lines of one moment come in any order.
    await delay(3);
    say(second!, `${special} ${'x'.repeat(100_000)}`);
    const plain = await logs('--grep', special);
    const { exit, stdout } = await logs(
      '--grep',
      special,
      '--json',
      '--limit',
      `${first!.name},${second!.name}`,
    );

    expect(exit).toBe(0);
    const [masked, cut] = stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(masked).toMatchObject({
      host: first!.id,
      name: first!.name,
      container: 'api',
      release: 'v1',
      stream: 'stdout',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/) as string,
    });
    const missing = 100_001 + special.length - 65_536;
    expect(cut).toMatchObject({ cut: missing });
    expect(stdout + plain.stdout).not.toContain(env.token);
    expect(plain.stdout).toContain(`${special} the token is ***, red ^[[2J`);
    expect(plain.stdout).toContain(`… (${missing} bytes more)`);
  });

  it('begins where it is told to', async () => {
    const [host] = hosts();
    for (let index = 0; index < 150; index += 1) say(host!, `count ${index}.`);
    const on = ['--host', host!.name];

    const tail = await logs(...on, '--tail', '3');
    expect(tail.stdout.split('\n').map((line) => line.split('| ')[1])).toEqual([
      'count 147.',
      'count 148.',
      'count 149.',
    ]);
    expect((await logs(...on)).stdout.split('\n')).toHaveLength(100);
    const since = new Date(Date.now() + 60_000).toISOString();
    expect(await logs(...on, '--since', since)).toMatchObject({ exit: 0, stdout: '' });
  });

  it('names a host that it cannot read, tells the lines of the others, and exits with 4', async () => {
    const [host] = hosts();
    say(hosts()[1]!, 'others go on');
    await host!.stopSshd();
    const { exit, stdout, stderr } = await logs('--tail', '5').finally(() => host!.startSshd());

    expect(stderr).toContain(`${host!.name} cannot be read: `);
    expect(stdout).toContain('others go on');
    expect(exit).toBe(4);
  });

  it('refuses a container that no host has, and flags that mean nothing', async () => {
    expect(await logs('--container', 'apo')).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('No host has a container "apo" of api') as string,
    });
    expect(await logs('--grep', '(')).toMatchObject({ exit: 2, stdout: '' });
    expect(await logs('--since', 'yesterday')).toMatchObject({ exit: 2, stdout: '' });
    expect(await logs('--tail', '-1')).toMatchObject({ exit: 2, stdout: '' });
    expect(await logs('--limit', 'nothing-*')).toMatchObject({ exit: 3, stdout: '' });
  });
});

describe('adfpush logs --follow', () => {
  it('tells the lines of the old and the new containers of a deploy, each once', async () => {
    const following = new Following(['--tail', '0']);
    await following.ready();
    const said: string[] = [];
    const talk = { goesOn: true };
    const talking = (async () => {
      for (let turn = 0; talk.goesOn; turn += 1) {
        for (const host of hosts()) {
          const container = containersOf(host).find(({ running }) => running);
          if (container === undefined) continue;
          const line = `line ${host.name}:${container.id.slice(0, 6)}:${turn}`;
          container.log.write(turn % 3 === 0 ? 'stderr' : 'stdout', `${line}\n`);
          said.push(line);
        }
        await delay(20);
      }
    })();

    const deployed = await lane.run(['deploy', '-g', 'api', '--env', 'lab', '--version', 'v2'], { env });
    await delay(500);
    talk.goesOn = false;
    await talking;
    expect(deployed.exit, deployed.stderr).toBe(0);
    await until(() => following.texts('line').length >= said.length);

    expect(await following.interrupt()).toBe(130);
    expect(following.texts('line').toSorted()).toEqual(said.toSorted());
    for (const { name } of hosts()) {
      expect(following.stderr).toContain(`${name} has a new container api of v2\n`);
      expect(following.stdout).toMatch(new RegExp(`${name} v1 [|!] line`));
      expect(following.stdout).toMatch(new RegExp(`${name} v2 [|!] line`));
    }
  });

  it('reads on where a host was lost, and says so', async () => {
    const following = new Following(['--tail', '0']);
    await following.ready();
    const [host] = hosts();
    const said: string[] = [];
    const talk = (from: number): void => {
      for (let index = from; index < from + 20; index += 1) {
        say(host!, `lost ${index}.`);
        said.push(`lost ${index}.`);
      }
    };
    talk(0);
    await until(() => following.texts('lost').length >= 20);
    await host!.stopSshd();
    talk(20);
    await until(() => following.stderr.includes('was lost'));
    talk(40);
    await host!.startSshd();
    await until(() => following.texts('lost').length >= said.length);
    talk(60);
    await until(() => following.texts('lost').length >= said.length);

    expect(await following.interrupt('SIGTERM')).toBe(143);
    expect(following.texts('lost')).toEqual(said);
    expect(following.stderr.match(/was lost/g)).toHaveLength(1);
    expect(following.stderr).toContain(`${host!.name} can be read again\n`);
  });

  it('stops when its output is closed', async () => {
    for (const host of hosts()) say(host, 'something');
    const command = `${lane.command('logs', '-g', 'api', '--env', 'lab', '-f')} | head -n 1`;
    const { stdout, stderr } = await execa('sh', ['-c', command], {
      cwd: lane.lab.project,
      extendEnv: false,
      env: { ...lane.environment, ...env },
      reject: false,
    });
    expect(stdout.split('\n')).toHaveLength(1);
    expect(stderr).toBe('');
  });
});
