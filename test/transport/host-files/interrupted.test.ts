import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isUnreachable } from '../../../src/errors/ssh.js';
import type { Host } from '../../../src/model/host.js';
import type { FileContent } from '../../../src/ports/host-files.js';
import type { Connection, RunOptions, Transport } from '../../../src/ports/transport.js';
import { TransportFiles } from '../../../src/transport/host-files/transport-files.js';
import { LocalTransport } from '../../../src/transport/local-connection.js';
import { breadth } from '../../deep.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { systemClock } from '../../stages/system-clock.js';
import { OtherShell, shells, thisMachine } from '../../stages/host-shells.js';

const base = temporaryFolder('interrupted');

const contentOf = (text: string, open: FileContent['open'] = () => Buffer.from(text)): FileContent => ({
  open,
  size: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
});

let folder: string;
let target: string;
beforeEach(() => {
  folder = temporaryFolder('host', base);
  target = join(folder, 'app.conf');
  writeFileSync(target, 'the old content');
});

const next = 'what the next run writes';
/** The next run, undisturbed: it must find nothing that it cannot clean up. */
async function nextRun(
  transport: Transport = new LocalTransport(systemClock),
  host = thisMachine,
): Promise<void> {
  await new TransportFiles(transport).on(host, { become: false }).write(target, contentOf(next));
  expect(readFileSync(target, 'utf8')).toBe(next);
  expect(readdirSync(folder)).toEqual(['app.conf']);
}

describe('an upload that is cut', () => {
  /** The host sees the end of its stdin after so many bytes of the content, as when the connection is lost. */
  class Cut extends LocalTransport {
    constructor(private readonly after: number) {
      super(systemClock);
    }

    override async connect(host: Host): Promise<Connection> {
      const connection = await super.connect(host);
      const run: Connection['run'] = (command, options: RunOptions = {}) => {
        const { stdin, ...others } = options;
        const cut =
          stdin === undefined ? {} : { stdin: firstBytes(stdin as AsyncIterable<Uint8Array>, this.after) };
        return connection.run(command, { ...others, ...cut });
      };
      return Object.assign(Object.create(connection) as Connection, { run });
    }
  }

  async function* firstBytes(stream: AsyncIterable<Uint8Array>, count: number): AsyncIterable<Uint8Array> {
    for await (const chunk of stream) yield chunk.subarray(0, count);
  }

  it('after any number of its bytes leaves the old file and nothing beside it', async () => {
    const text = 'the new content, in full';
    for (let after = 0; after < text.length; after += breadth(6, 1)) {
      const files = new TransportFiles(new Cut(after)).on(thisMachine, { become: false });
      await expect(files.write(target, contentOf(text)), `cut after ${after}`).rejects.toMatchObject({
        code: 'file.corrupted',
      });
      expect(readFileSync(target, 'utf8')).toBe('the old content');
      expect(readdirSync(folder)).toEqual(['app.conf']);
    }
    const whole = new TransportFiles(new Cut(text.length)).on(thisMachine, { become: false });
    await whole.write(target, contentOf(text));
    expect(readFileSync(target, 'utf8')).toBe(text);
  });
});

describe('a writer that is killed', () => {
  /** Programs of the host, of which the one that is called as the n-th kills the whole session, itself included, and does nothing else. */
  function programs(fatal: number): { readonly path: string; readonly calls: () => number } {
    const bin = temporaryFolder('bin', base);
    const count = join(bin, '.count');
    writeFileSync(count, '');
    const names = [
      'cat',
      'chgrp',
      'chmod',
      'chown',
      'date',
      'dd',
      'find',
      'ln',
      'mv',
      'readlink',
      'rm',
      'sha256sum',
      'stat',
    ];
    for (const name of names) {
      const real = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
      const lines = [
        '#!/bin/sh',
        `echo ${name} >>${count}`,
        `if [ "$(/usr/bin/wc -l <${count})" -eq ${fatal} ]; then read -r line </proc/$$/stat; set -- \${line##*) }; kill -s KILL -- "-$3"; fi`,
        `exec ${real} "$@"`,
      ];
      writeFileSync(join(bin, name), `${lines.join('\n')}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const calls = (): number => readFileSync(count, 'utf8').split('\n').length - 1;
    return { path: `${bin}:/usr/bin:/bin`, calls };
  }

  it('before any of its steps leaves the old file or the new, and the next run cleans up', async () => {
    const text = 'the new content';
    const seen = new Set<string>();
    let killed = true;
    let litter = 0;
    for (let fatal = 1; killed; fatal += 1) {
      writeFileSync(target, 'the old content');
      const { path, calls } = programs(fatal);
      const files = new TransportFiles(new OtherShell('/bin/dash', path)).on(thisMachine, { become: false });
      const ended = await files.write(target, contentOf(text), { mode: 0o640, backup: false }).then(
        () => 'written',
        () => 'killed',
      );
      killed = calls() >= fatal;
      expect(ended).toBe(killed ? 'killed' : 'written');
      const content = readFileSync(target, 'utf8');
      expect(['the old content', text]).toContain(content);
      if (content === text) expect(statSync(target).mode & 0o777).toBe(0o640);
      seen.add(content);
      litter += readdirSync(folder).length - 1;
      await nextRun();
    }
    // Otherwise nothing was tested: there were temporaries, and the write came through in the end.
    expect(litter).toBeGreaterThan(3);
    expect([...seen]).toEqual(['the old content', text]);
  });

  it('and whose number another process has by now is known for dead', async () => {
    const [boot] = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').split('-');
    const space = execFileSync('readlink', ['/proc/self/ns/pid'], { encoding: 'utf8' }).replaceAll(/\D/g, '');
    const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const began = stat[19];
    const living = join(folder, `.app.conf.adfpush-${process.pid}-${began}-${boot}${space}-12345678`);
    const dead = join(
      folder,
      `.app.conf.adfpush-${process.pid}-${Number(began) - 1}-${boot}${space}-12345678`,
    );
    const elsewhere = join(folder, `.app.conf.adfpush-${process.pid}-${began}-${boot}1-12345678`);
    const theirs = join(folder, '.app.conf.adfpush-notes');
    for (const one of [living, dead, elsewhere, theirs]) writeFileSync(one, '');
    const files = new TransportFiles(new LocalTransport(systemClock)).on(thisMachine, { become: false });
    expect(await files.look([{ path: target }])).toMatchObject([{ litter: true }]);
    await files.sweep(target);
    expect([living, dead, elsewhere, theirs].map((one) => existsSync(one))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(await files.look([{ path: target }])).toMatchObject([{ litter: false }]);
    // What nobody wrote to since before this machine came up, or for an hour, has no writer anywhere.
    execFileSync('touch', ['-d', '2001-01-01', elsewhere]);
    await files.sweep(target);
    expect(existsSync(elsewhere)).toBe(false);
  });
});

describe('a writer into a folder of another user', () => {
  /** Programs of the host; when the n-th call comes, the owner of the folder puts a link in the place of the temporary. */
  function programs(nth: number, victim: string): { readonly path: string; readonly swapped: () => boolean } {
    const bin = temporaryFolder('bin', base);
    const count = join(bin, '.count');
    writeFileSync(count, '');
    for (const name of ['cat', 'chgrp', 'chmod', 'chown', 'dd', 'find', 'mv', 'rm', 'sha256sum', 'stat']) {
      const real = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
      const lines = [
        '#!/bin/sh',
        `echo ${name} >>${count}`,
        `if [ "$(/usr/bin/wc -l <${count})" -eq ${nth} ]; then for one in ${folder}/.app.conf.adfpush-*; do /bin/ln -sfT ${victim} "$one"; done; fi`,
        `exec ${real} "$@"`,
      ];
      writeFileSync(join(bin, name), `${lines.join('\n')}\n`, { mode: 0o755 });
    }
    const swapped = (): boolean => readFileSync(count, 'utf8').split('\n').length > nth;
    return { path: `${bin}:/usr/bin:/bin`, swapped };
  }

  it.each(shells(base))(
    'does nothing to what a link leads to that was put in the place of its temporary, with %s',
    async (name, shell) => {
      const victim = join(folder, 'victim');
      let swapped = true;
      for (let nth = 1; swapped; nth += breadth(3, 1)) {
        for (const there of [true, false]) {
          rmSync(victim, { force: true });
          if (there) writeFileSync(victim, 'a secret', { mode: 0o600 });
          const hostile = programs(nth, victim);
          const files = new TransportFiles(new OtherShell(shell().shell, hostile.path)).on(thisMachine, {
            become: false,
          });
          const owner = process.getuid?.() === 0 ? { owner: '65534', group: '65534' } : {};
          await files
            .write(target, contentOf('new'), { mode: 0o666, validate: ['true', '%s'], ...owner })
            .catch(() => undefined);
          swapped = hostile.swapped();
          expect(existsSync(victim), `${name}, call ${nth}`).toBe(there);
          if (!there) continue;
          const { mode, uid } = statSync(victim);
          expect([readFileSync(victim, 'utf8'), mode & 0o777, uid]).toEqual([
            'a secret',
            0o600,
            process.getuid?.(),
          ]);
        }
        for (const one of readdirSync(folder)) rmSync(join(folder, one), { force: true });
        writeFileSync(target, 'the old content');
      }
    },
  );
});

it.skipIf(process.getuid?.() !== 0)(
  'what root has just made is given to nobody through a link that was put in its place',
  async () => {
    for (const kind of ['directory', 'file'] as const) {
      const victim = temporaryFolder('victim', folder);
      const bin = temporaryFolder('bin', base);
      const made = join(folder, `made-${kind}`);
      const swap = `#!/bin/sh\nrm -r ${made}; ln -s ${victim} ${made}\nexec /bin/chown "$@"\n`;
      writeFileSync(join(bin, 'chown'), swap, { mode: 0o755 });
      const hostile = new OtherShell('/bin/dash', `${bin}:/usr/bin:/bin`);
      const files = new TransportFiles(hostile).on(thisMachine, { become: false });
      const attributes = { owner: '65534', group: '65534', mode: 0o777 };
      await files.shape(made, { kind }, attributes).catch(() => undefined);
      const { uid, gid, mode } = statSync(victim);
      expect([uid, gid, mode & 0o777], kind).toEqual([0, 0, 0o700]);
    }
  },
);

it('a writer that is at work keeps its temporary while others write the same file', async () => {
  const files = new TransportFiles(new LocalTransport(systemClock)).on(thisMachine, { become: false });
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const slow = files.write(
    target,
    contentOf('first half, second half', async function* () {
      yield Buffer.from('first half');
      await released;
      yield Buffer.from(', second half');
    }),
  );
  await until('the slow writer has begun', () => readdirSync(folder).length === 2);
  await files.write(target, contentOf('the quick one'));
  expect(readFileSync(target, 'utf8')).toBe('the quick one');
  expect(readdirSync(folder)).toHaveLength(2);
  release();
  await slow;
  expect(readFileSync(target, 'utf8')).toBe('first half, second half');
  expect(readdirSync(folder)).toEqual(['app.conf']);
});

describeWithSshd('over a real connection', () => {
  it('that is lost in the middle, the old file stays, and the next run leaves no litter', async () => {
    const sshd = await Sshd.start();
    const transport = sshd.transport();
    try {
      const files = new TransportFiles(transport).on(sshd.host(), { become: false });
      const text = 'x'.repeat(100_000);
      const write = files.write(
        target,
        contentOf(text, async function* () {
          yield Buffer.from(text.slice(0, 50_000));
          await until('the host has begun to write', () => readdirSync(folder).length === 2);
          sshd.killSessions();
          yield Buffer.from(text.slice(50_000));
        }),
      );
      const error: unknown = await write.catch((thrown: unknown) => thrown);
      expect(isUnreachable(error)).toBe(true);
      expect(readFileSync(target, 'utf8')).toBe('the old content');
      await nextRun(transport, sshd.host());
    } finally {
      await transport.close();
      await sshd.stop();
    }
  });

  it('a large file needs little memory, and arrives whole in both directions', async () => {
    const sshd = await Sshd.start();
    const transport = sshd.transport();
    try {
      const files = new TransportFiles(transport).on(sshd.host(), { become: false });
      const chunk = Buffer.alloc(1024 * 1024, 'adfpush\n');
      const count = breadth(60, 150);
      const hash = createHash('sha256');
      for (let sent = 0; sent < count; sent += 1) hash.update(chunk);
      const sha256 = hash.digest('hex');
      const before = process.memoryUsage().rss;
      let most = 0;
      const progress: number[] = [];
      const open = async function* (): AsyncIterable<Uint8Array> {
        for (let sent = 0; sent < count; sent += 1) {
          most = Math.max(most, process.memoryUsage().rss);
          yield chunk;
        }
      };
      const size = chunk.length * count;
      await files.write(target, { open, size, sha256 }, { onProgress: (sent) => progress.push(sent) });
      expect(progress.at(-1)).toBe(size);
      expect(statSync(target).size).toBe(size);
      expect(
        await files.fetch(target, async () => void (most = Math.max(most, process.memoryUsage().rss))),
      ).toBe(sha256);
      expect(most - before).toBeLessThan(120 * 1024 * 1024);
    } finally {
      await transport.close();
      await sshd.stop();
    }
  });
});
