import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { everyNth } from '../deep.js';
import type { Connection } from '../../src/ports/transport.js';
import { commandLine } from '../../src/transport/command-line.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { describeConnections, describeTransports, placeOn, type Place } from '../stages/transports.js';
import { isRunning } from '../stages/processes.js';
import { until } from '../stages/sshd.js';
import { matching } from '../stages/matching.js';

describeConnections('commands', (open) => {
  let place: Place;
  let connection: Connection;
  beforeAll(async () => {
    place = await open();
    ({ connection } = place);
  });
  afterAll(() => place.close());

  test('every exit code is told, and only 0 is no failure', async () => {
    const all = Array.from({ length: 256 }, (_, code) => code);
    const codes = [...everyNth(16, all), 1, 126, 127, 255];
    const results = await Promise.all(codes.map((code) => connection.run({ script: `exit ${code}` })));
    expect(results.map(({ outcome }) => outcome)).toEqual(codes.map((code) => ({ kind: 'exited', code })));
    const missing = await connection.run({ argv: ['there-is-no-such-program'] });
    expect(missing.outcome).toEqual({ kind: 'exited', code: 127 });
  });

  test('a command that is killed was signalled, and did not succeed', async () => {
    const result = await connection.run({ script: 'echo before; kill -KILL $$' });

    expect(result).toMatchObject({ outcome: { kind: 'signalled', signal: 'SIGKILL' }, stdout: 'before\n' });
  });

  test('stdout and stderr come apart, as they come, with nothing of ours in them', async () => {
    const seen: [string, string][] = [];
    const result = await connection.run(
      { argv: ['sh', '-c', 'echo out; echo err >&2'] },
      { onOutput: (stream, text) => seen.push([stream, text]) },
    );

    expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n', truncated: false });
    expect(seen).toHaveLength(2);
    expect(new Map(seen)).toEqual(
      new Map([
        ['stdout', 'out\n'],
        ['stderr', 'err\n'],
      ]),
    );
  });

  test('arguments, variables and stdin arrive byte for byte, also all together and in a script', async () => {
    const odd = `it's "odd" $HOME \`id\` \\ * \n ä€😀`;
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const octal = 'od -An -v -tx1 | tr -d " \\n"';
    const hex = Buffer.from(bytes).toString('hex');

    const argument = await connection.run({ argv: ['printf', '%s', odd] });
    const variable = await connection.run({ argv: ['sh', '-c', 'printf %s "$ODD"'] }, { env: { ODD: odd } });
    const stdin = await connection.run({ argv: ['sh', '-c', octal] }, { stdin: bytes });
    const both = await connection.run(
      { argv: ['sh', '-c', `printf %s "$ODD"; ${octal}`] },
      { stdin: bytes, env: { ODD: odd } },
    );
    const script = await connection.run(
      { script: `printf %s "$ODD"; ${octal}` },
      { stdin: bytes, env: { ODD: odd } },
    );

    expect(argument.stdout).toBe(odd);
    expect(variable.stdout).toBe(odd);
    expect(stdin.stdout).toBe(hex);
    expect(both.stdout).toBe(odd + hex);
    expect(script.stdout).toBe(odd + hex);
  });

  test('variables are in no argument that others on the host could read', () => {
    const secret = 'hunter2';
    for (const command of [{ argv: ['env'] }, { script: 'env' }]) {
      for (const stdin of [undefined, 'input']) {
        const { line } = commandLine(command, {
          env: { TOKEN: secret },
          ...(stdin === undefined ? {} : { stdin }),
        });
        expect(line).not.toContain(secret);
      }
    }
  });

  test('a script of 300 KB runs to its last line, and no command in it eats the rest', async () => {
    const lines = Array.from(
      { length: 5_000 },
      (_, index) => `total=$((total + ${index})) # ${'x'.repeat(40)}`,
    );
    const script = `total=0\ncat\nread -r nothing\n${lines.join('\n')}\necho "the total is $total"`;

    const result = await connection.run({ script });

    expect(script.length).toBeGreaterThan(300_000);
    expect(result).toMatchObject({ outcome: { kind: 'exited', code: 0 }, stdout: 'the total is 12497500\n' });
  });

  test('an argument of 120 KB arrives', async () => {
    const result = await connection.run({
      argv: ['sh', '-c', 'printf %s "$1" | wc -c', 'sh', 'x'.repeat(120_000)],
    });

    expect(result.stdout.trim()).toBe('120000');
  });

  test('a megabyte of output arrives whole', async () => {
    const result = await connection.run({ argv: ['sh', '-c', 'head -c 1048576 /dev/zero | tr "\\0" x'] });

    expect(result.stdout.length).toBe(1_048_576);
    expect(result.truncated).toBe(false);
  });

  test('a working directory that is not there fails the command before it begins', async () => {
    const there = await connection.run({ argv: ['pwd'] }, { cwd: '/' });
    const missing = await connection.run({ argv: ['echo', 'began'] }, { cwd: '/no/such/folder' });

    expect(there.stdout).toBe('/\n');
    expect(missing.stdout).toBe('');
    expect(missing.outcome).not.toEqual({ kind: 'exited', code: 0 });
  });

  test('a child in the background that holds the output does not hold up the result', async () => {
    const result = await connection.run({ script: 'sleep 60 & echo "$!"' });
    process.kill(Number(result.stdout), 'SIGKILL');

    expect(result.outcome).toEqual({ kind: 'exited', code: 0 });
    expect(result.duration).toBeLessThan(10_000);
  });

  test('a timeout ends the command and its children on the host', async () => {
    const file = join(place.folder, 'pids');
    const script = `sleep 61 & echo "$$ $!" > ${file}; sleep 62; wait`;

    const result = await connection.run({ script }, { timeout: 500 });

    expect(result.outcome).toEqual({ kind: 'timed_out' });
    for (const pid of readFileSync(file, 'utf8').trim().split(' '))
      await until(`process ${pid} has ended`, () => !isRunning(pid));
  });

  test('a command that will not hear of it is killed', async () => {
    const file = join(place.folder, 'stubborn');
    const script = `trap '' TERM; echo $$ > ${file}; while :; do sleep 0.1; done`;

    const result = await connection.run({ script }, { timeout: 300 });

    expect(result.outcome).toEqual({ kind: 'timed_out' });
    expect(isRunning(readFileSync(file, 'utf8').trim())).toBe(false);
  });

  test('an abort cancels the command and ends it on the host', async () => {
    const file = join(place.folder, 'cancelled');
    const abort = new AbortController();
    const running = connection.run({ script: `echo $$ > ${file}; exec sleep 63` }, { signal: abort.signal });
    await until('the command began', () => existsSync(file) && readFileSync(file, 'utf8') !== '');

    abort.abort();
    const { outcome } = await running;

    expect(outcome).toEqual({ kind: 'cancelled' });
    expect(isRunning(readFileSync(file, 'utf8').trim())).toBe(false);
  });

  test('what is aborted before it began never begins', async () => {
    const file = join(place.folder, 'never');
    const result = await connection.run({ argv: ['touch', file] }, { signal: AbortSignal.abort() });

    expect(result.outcome).toEqual({ kind: 'cancelled' });
    expect(existsSync(file)).toBe(false);
  });

  test('a stream carries both directions, and ends when the program does', async () => {
    const stream = await connection.stream(['cat']);
    stream.end('there and back');

    const chunks = await stream.toArray();

    expect(Buffer.concat(chunks).toString()).toBe('there and back');
  });

  test('a stream whose program fails tells its last words', async () => {
    const stream = await connection.stream(['sh', '-c', 'echo no such engine >&2; exit 3']);

    await expect(stream.toArray()).rejects.toMatchObject({
      code: 'command.ended',
      message: matching(/exit code 3.*no such engine/s),
    });
  });

  test('far more commands at once than sshd allows sessions all run', async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => connection.run({ argv: ['echo', String(index)] })),
    );

    expect(results.map(({ stdout }) => stdout.trim())).toEqual(
      Array.from({ length: 40 }, (_, index) => String(index)),
    );
  });
});

describeTransports('sessions of a server that allows few', (reach) => {
  test('its limit is learnt, and nothing fails', async () => {
    const few = await placeOn(reach, { config: ['MaxSessions 3'] });
    const { connection } = few;
    try {
      const results = await Promise.all(
        Array.from({ length: 20 }, () => connection.run({ argv: ['sleep', '0.05'] })),
      );

      expect(results.every(({ outcome }) => outcome.kind === 'exited' && outcome.code === 0)).toBe(true);
      expect(connection.alive).toBe(true);
    } finally {
      await few.close();
    }
  });
});

describeTransports('commands of another user', (reach) => {
  let place: Place;
  let connection: Connection;
  let folder: string;
  beforeAll(async () => {
    folder = temporaryFolder('sudo');
    place = await placeOn(reach, { environment: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } });
    ({ connection } = place);
  });
  afterAll(() => place.close());
  /** A sudo that stays above its command, as the real one does. */
  const sudoIs = (behaviour: string): void =>
    writeFileSync(join(folder, 'sudo'), `#!/bin/sh\n${behaviour}\n`, { mode: 0o755 });

  test('go through sudo, variables and all', async () => {
    sudoIs('echo "$1 $2" > "$(dirname "$0")/options"; shift 2; env -i /bin/sh -c \'"$@"; exit $?\' sh "$@"');

    const result = await connection.run(
      { argv: ['sh', '-c', 'printf %s "$TOKEN"; exit 4'] },
      { become: true, env: { TOKEN: 'a b' } },
    );

    expect(result).toMatchObject({ stdout: 'a b', outcome: { kind: 'exited', code: 4 } });
    expect(readFileSync(join(folder, 'options'), 'utf8')).toBe('-n --\n');
  });

  test('are ended with their children at a timeout', async () => {
    sudoIs('shift 2; "$@"; exit $?');
    const file = join(folder, 'pids');

    const result = await connection.run(
      { script: `sleep 64 & echo "$$ $PPID $!" > ${file}; wait` },
      { become: true, timeout: 400 },
    );

    expect(result.outcome).toEqual({ kind: 'timed_out' });
    for (const pid of readFileSync(file, 'utf8').trim().split(' ')) expect(isRunning(pid)).toBe(false);
  });

  test('fail with what to do where sudo wants a password', async () => {
    sudoIs('echo "sudo: a password is required" >&2; exit 1');

    const result = await connection.run({ argv: ['id'] }, { become: true });

    expect(result.outcome).toEqual({ kind: 'exited', code: 1 });
    expect(result.stderr).toMatch(/a password is required\n.*NOPASSWD/s);
  });
});
