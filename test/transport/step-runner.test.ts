import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandResult, Connection, StepId, StepRecord } from '../../src/ports/transport.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { everyNth } from '../deep.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { isRunning } from '../stages/processes.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';

/** What /bin/sh is on the hosts of the world; and login shells that are no sh, which read the line before it. */
const shells = [
  { name: 'dash', sh: '/usr/bin/dash' },
  { name: 'bash', sh: '/usr/bin/bash', calledSh: true },
  { name: 'busybox', sh: '/usr/bin/busybox sh' },
  { name: 'tcsh before it', sh: '/bin/sh', login: '/usr/bin/tcsh -f' },
  { name: 'fish before it', sh: '/bin/sh', login: '/usr/bin/fish --no-config' },
] as const;

for (const shell of everyNth(2, shells)) {
  const programs = [shell.sh, 'login' in shell ? shell.login : shell.sh].map(
    (words) => words.split(' ')[0] ?? '',
  );
  const missing = programs.find((program) => !existsSync(program));
  if (missing !== undefined)
    console.warn(`LEFT OUT: steps with ${shell.name}, because there is no ${missing}`);
  else describeWithSshd(`a step on a host with ${shell.name}`, () => stepsWith(shell));
}

function stepsWith(shell: (typeof shells)[number]): void {
  let folder: string;
  let sshd: Sshd;
  let transport: SshTransport;
  let steps = 0;
  const newStep = (): StepId => ({ run: '20261121T100000Z-abcd', id: `step-${(steps += 1)}` });
  const connect = (): Promise<Connection> => transport.connect(sshd.host());
  const recordOf = async (step: StepId): Promise<StepRecord> => (await connect()).recordOf(step);
  const fileOf = ({ run, id }: StepId): string => join(sshd.folder, '.local/state/adfpush/steps', run, id);
  const pathOf = (name: string): string => join(folder, `${name}-${steps}`);
  /** Begins a command, and takes its connection away as soon as it runs. */
  const lose = async (script: string, step: StepId): Promise<CommandResult> => {
    const begun = pathOf('begun');
    const running = (await connect()).run({ script: `: > ${begun}; ${script}` }, { step });
    await until('the command began', () => existsSync(begun));
    sshd.killSessions();
    return running;
  };

  beforeAll(async () => {
    folder = temporaryFolder('steps');
    const wrapper = join(folder, 'wrapper');
    const calledSh = join(folder, 'sh');
    if ('calledSh' in shell) symlinkSync(shell.sh, calledSh);
    const sh = 'calledSh' in shell ? calledSh : shell.sh;
    const login = 'login' in shell ? shell.login : sh;
    writeFileSync(
      wrapper,
      `#!/bin/bash\nexec ${login} -c "\${SSH_ORIGINAL_COMMAND//\\/bin\\/sh/${sh.replaceAll('/', '\\/')}}"\n`,
      { mode: 0o755 },
    );
    sshd = await Sshd.start({ config: [`ForceCommand exec ${wrapper}`] });
    transport = sshd.transport();
  });
  afterAll(async () => {
    await transport.close();
    await sshd.stop();
  });

  test('ends as it would without a record, and the record says the same', async () => {
    for (const [script, outcome] of [
      ['exit 0', { kind: 'exited', code: 0 }],
      ['exit 3', { kind: 'exited', code: 3 }],
      ['exit 137', { kind: 'exited', code: 137 }],
      ['exit 255', { kind: 'exited', code: 255 }],
      ['kill -KILL $$', { kind: 'signalled', signal: 'SIGKILL' }],
      ['kill -TERM $$', { kind: 'signalled', signal: 'SIGTERM' }],
    ] as const) {
      const step = newStep();
      const result = await (await connect()).run({ script: `echo out; echo err >&2; ${script}` }, { step });

      expect(result, script).toMatchObject({ outcome, stdout: 'out\n', stderr: 'err\n', record: 'kept' });
      expect(await recordOf(step), script).toEqual({ state: 'ended', outcome, stdout: '', stderr: '' });
    }
  });

  test('gets its arguments, its variables and its stdin byte for byte', async () => {
    const odd = `it's "odd" $HOME \`id\` \\ * \n ! ä€😀`;
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const script = 'printf %s "$ODD"; od -An -v -tx1 | tr -d " \\n"';

    const argument = await (await connect()).run({ argv: ['printf', '%s', odd] }, { step: newStep() });
    const rest = await (
      await connect()
    ).run({ script }, { step: newStep(), env: { ODD: odd }, stdin: bytes });

    expect(argument).toMatchObject({ stdout: odd, record: 'kept' });
    expect(rest).toMatchObject({ stdout: odd + Buffer.from(bytes).toString('hex'), record: 'kept' });
  });

  test('finds none of the runner in its own shell: a program may have any name', async () => {
    const script = `for name in say ours began parent; do command -V "$name" 2>/dev/null; done; echo "$#"`;
    const result = await (await connect()).run({ script }, { step: newStep() });
    expect(result.stdout).not.toContain('function');
  });

  test('that was begun before is not begun again, and tells its first result', async () => {
    const [step, counted] = [newStep(), pathOf('counted')];
    const command = { script: `echo once >> ${counted}; exit 5` };

    const first = await (await connect()).run(command, { step });
    const again = await (await connect()).run(command, { step });

    expect(first).toMatchObject({ outcome: { kind: 'exited', code: 5 }, record: 'kept' });
    expect(again).toMatchObject({ outcome: { kind: 'exited', code: 5 }, record: 'found' });
    expect(readFileSync(counted, 'utf8')).toBe('once\n');
  });

  test('that is begun by many at the same moment is begun once', async () => {
    const [step, counted] = [newStep(), pathOf('counted')];
    const connection = await connect();

    const results = await Promise.all(
      Array.from({ length: 8 }, () =>
        connection.run({ script: `echo once >> ${counted}; sleep 0.2` }, { step }),
      ),
    );

    expect(readFileSync(counted, 'utf8')).toBe('once\n');
    expect(results.filter(({ record }) => record === 'kept')).toHaveLength(1);
    const kinds = new Set(results.map(({ outcome }) => outcome.kind));
    expect([...kinds].filter((kind) => kind !== 'exited' && kind !== 'unknown')).toEqual([]);
  });

  test('goes on when its connection is lost, and its end is told afterwards', async () => {
    const [step, go] = [newStep(), pathOf('go')];

    const result = await lose(
      `while [ ! -e ${go} ]; do sleep 0.1; done; echo done; echo oh >&2; exit 4`,
      step,
    );
    const meanwhile = await recordOf(step);
    // sshd's parent is asked for once a second.
    await until('somebody else reads', () => existsSync(`${fileOf(step)}.lost`));
    writeFileSync(go, '');
    await until('it ended', async () => (await recordOf(step)).state === 'ended');

    expect(result.outcome.kind).toBe('unknown');
    expect(meanwhile.state).toBe('running');
    expect(await recordOf(step)).toEqual({
      state: 'ended',
      outcome: { kind: 'exited', code: 4 },
      stdout: 'done\n',
      stderr: 'oh\n',
    });
  });

  test('that has much to say does not die with its connection, and the end of what it said is kept', async () => {
    const step = newStep();

    await lose('n=0; while [ $n -lt 60000 ]; do echo "line $n"; n=$((n + 1)); done; echo the end', step);
    await until('it ended', async () => (await recordOf(step)).state === 'ended', 120_000);

    const record = await recordOf(step);
    expect(record).toMatchObject({ outcome: { kind: 'exited', code: 0 } });
    const { stdout } = record as Extract<StepRecord, { state: 'ended' }>;
    expect(stdout.endsWith('line 59999\nthe end\n')).toBe(true);
    expect(stdout.length).toBeLessThanOrEqual(65_536);
  });

  test('that was killed with its runner was interrupted, and is not begun again', async () => {
    const step = newStep();
    const command = { script: 'kill -KILL 0' };

    await (await connect()).run(command, { step });
    const again = await (await connect()).run(command, { step });

    expect(await recordOf(step)).toMatchObject({ state: 'interrupted' });
    expect(again).toMatchObject({ outcome: { kind: 'interrupted' }, record: 'found' });
  });

  test('whose host was restarted, or whose record is torn, was interrupted', async () => {
    const step = newStep();
    await (await connect()).run({ argv: ['true'] }, { step });
    const whole = readFileSync(fileOf(step), 'utf8');
    const says = async (content: string): Promise<StepRecord> => {
      writeFileSync(fileOf(step), content);
      return recordOf(step);
    };

    expect(await says(whole)).toMatchObject({ state: 'ended' });
    const begun = whole.replace('=000=', '-----');
    expect(await says(begun.replace(/\S+ \.\n$/, 'another-boot .\n'))).toMatchObject({
      state: 'interrupted',
      reason: 'the host was restarted before it came to its end',
    });
    for (let length = 0; length < begun.trimEnd().length; length += 7) {
      expect(await says(begun.slice(0, length)), `${length} bytes`).toMatchObject({ state: 'interrupted' });
    }
  });

  test('that never began has no record, and the host says how long it is up', async () => {
    const record = await recordOf({ run: 'no-such-run', id: 'never' });

    expect(record.state).toBe('absent');
    expect((record as Extract<StepRecord, { state: 'absent' }>).upFor).toBeGreaterThan(1_000);
  });

  test('that leaves a child behind which holds its output does not wait for it', async () => {
    const step = newStep();
    const result = await (await connect()).run({ script: 'sleep 60 & echo "$!"' }, { step });
    process.kill(Number(result.stdout), 'SIGKILL');

    expect(result).toMatchObject({ outcome: { kind: 'exited', code: 0 }, record: 'kept' });
    expect(result.duration).toBeLessThan(10_000);
    expect(await recordOf(step)).toMatchObject({ state: 'ended' });
  });

  test('is ended at its timeout with its whole family, and leaves no runner', async () => {
    const [step, file] = [newStep(), pathOf('pids')];
    const script = `trap '' TERM; echo $$ $PPID > ${file}; sh -c 'echo $$ >> ${file}; sleep 60 & echo $! >> ${file}; wait' & sleep 61; wait`;

    const result = await (await connect()).run({ script }, { step, timeout: 700 });

    expect(result.outcome).toEqual({ kind: 'timed_out' });
    const family = readFileSync(file, 'utf8').trim().split(/\s+/);
    expect(family).toHaveLength(4);
    for (const pid of family) await until(`${pid} is gone`, () => !isRunning(pid));
    expect(await recordOf(step)).toMatchObject({ state: 'interrupted' });
  });

  test('can be ended after its connection was lost', async () => {
    const [step, file] = [newStep(), pathOf('pids')];
    await lose(`sleep 60 & echo $$ $PPID $! > ${file}; wait`, step);
    await until('its processes are known', () => existsSync(file) && readFileSync(file, 'utf8') !== '');

    await (await connect()).endStep(step);

    for (const pid of readFileSync(file, 'utf8').trim().split(' ')) {
      await until(`${pid} is gone`, () => !isRunning(pid));
    }
    expect(await recordOf(step)).toMatchObject({ state: 'interrupted' });
  });

  test('under sudo is recorded by the login user, and ended with all that sudo runs', async () => {
    const [step, file] = [newStep(), pathOf('pids')];
    const done = await (await connect()).run({ script: 'id -u; exit 6' }, { step: newStep(), become: true });
    await lose(`sleep 60 & echo $$ $PPID $! > ${file}; wait`, step);
    const again = newStep();
    const running = (await connect()).run(
      { script: `sleep 60 & echo $$ $PPID $! > ${file}.more; wait` },
      { step: again, become: true, timeout: 1_000 },
    );

    expect(done).toMatchObject({ outcome: { kind: 'exited', code: 6 }, stdout: '0\n', record: 'kept' });
    await (await connect()).endStep(step, { become: true });
    expect((await running).outcome).toEqual({ kind: 'timed_out' });
    for (const pid of [file, `${file}.more`].flatMap((one) => readFileSync(one, 'utf8').trim().split(' '))) {
      await until(`${pid} is gone`, () => !isRunning(pid));
    }
  });
}
