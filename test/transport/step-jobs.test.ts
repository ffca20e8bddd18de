import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  CommandResult,
  Connection,
  RemoteCommand,
  RunOptions,
  StepId,
  StepRecord,
} from '../../src/ports/transport.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import { jobNote } from '../../src/model/job-on-host.js';
import { HoldsOnHosts } from '../../src/state/host-holds.js';
import { runningJobs } from '../../src/transport/step-runner/running-jobs.js';
import { isDeep } from '../deep.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { isRunning } from '../stages/processes.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';

/** What /bin/sh is on the host; and a login shell that is no sh. */
const shells = [
  { name: 'dash', sh: '/usr/bin/dash' },
  { name: 'bash', sh: '/usr/bin/bash', calledSh: true },
  { name: 'busybox', sh: '/usr/bin/busybox sh' },
  { name: 'fish before it', sh: '/bin/sh', login: '/usr/bin/fish --no-config', isDeep: true },
] as const;

for (const shell of shells.filter((one) => !('isDeep' in one) || isDeep())) {
  const programs = [shell.sh, 'login' in shell ? shell.login : shell.sh].map(
    (words) => words.split(' ')[0] ?? '',
  );
  const missing = programs.find((program) => !existsSync(program));
  if (missing !== undefined)
    console.warn(`LEFT OUT: jobs with ${shell.name}, because there is no ${missing}`);
  else describeWithSshd(`a job on a host with ${shell.name}`, () => jobsWith(shell));
}

const doNothing = (): Promise<void> => Promise.resolve();

function jobsWith(shell: (typeof shells)[number]): void {
  let folder: string;
  let sshd: Sshd;
  let transport: SshTransport;
  let steps = 0;
  const newStep = (): StepId => ({ run: '20261121T100000Z-abcd', id: `job-${(steps += 1)}` });
  const connect = (): Promise<Connection> => transport.connect(sshd.host());
  const recordOf = async (step: StepId): Promise<StepRecord> => (await connect()).recordOf(step);
  const pathOf = (name: string): string => join(folder, `${name}-${steps}`);
  const start = async (
    command: RemoteCommand,
    step: StepId,
    options: RunOptions = {},
  ): Promise<CommandResult> => (await connect()).run(command, { step, detach: 60_000, ...options });
  const endOf = async (step: StepId): Promise<StepRecord> => {
    // The connection may not know yet that its session was killed.
    await until('it ended', () =>
      recordOf(step).then(
        ({ state }) => state !== 'running',
        () => false,
      ),
    );
    return recordOf(step);
  };

  beforeAll(async () => {
    folder = temporaryFolder('jobs');
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

  test('goes on when its connection is lost, and its record has its end and what it wrote', async () => {
    const [step, go] = [newStep(), pathOf('go')];
    const script = `while [ ! -e ${go} ]; do sleep 0.1; done; echo "out $COLOUR"; echo err >&2; exit 3`;

    const begun = await start({ script }, step, { env: { COLOUR: 'red' } });
    const meanwhile = await recordOf(step);
    sshd.killSessions();
    writeFileSync(go, '');

    expect(begun).toMatchObject({ outcome: { kind: 'exited', code: 0 }, record: 'kept', stdout: '' });
    expect(meanwhile.state).toBe('running');
    expect(await endOf(step)).toEqual({
      state: 'ended',
      outcome: { kind: 'exited', code: 3 },
      stdout: 'out red\n',
      stderr: 'err\n',
    });
  });

  test('is told by its host while it runs, with whose it is and how long it may still run', async () => {
    const [step, silent, go] = [newStep(), newStep(), pathOf('go')];
    const noEngine = { keep: doNothing, forget: doNothing, list: () => Promise.resolve([]) };
    const notes = new HoldsOnHosts({ on: () => noEngine }, transport, new FakeClock(), runningJobs).on(
      sshd.host(),
    );
    const ofNote = {
      environment: environmentName('prod'),
      verb: 'run',
      who: "Ann O'Hara! $HOME",
      groups: ['api', 'größe 2'].map(groupName),
    };
    const script = `while [ ! -e ${go} ]; do sleep 0.1; done`;

    await start({ script }, step, { note: jobNote(ofNote) });
    await start({ script }, silent);
    const { held, jobs } = await notes.look();
    sshd.killSessions();
    writeFileSync(go, '');
    await Promise.all([endOf(step), endOf(silent)]);

    expect(held).toEqual([]);
    const ours = jobs.filter(({ id }) => id === step.id);
    expect(ours).toMatchObject([{ run: step.run, ...ofNote }]);
    expect(ours[0]?.left).toBeLessThanOrEqual(60_000);
    expect(ours[0]?.left).toBeGreaterThan(0);
    expect((await notes.look()).jobs.filter(({ id }) => [step.id, silent.id].includes(id))).toEqual([]);
  });

  test('gets its arguments and its stdin byte for byte, and may wait for its own children', async () => {
    const [argument, input] = [newStep(), newStep()];
    const odd = `it's "odd" $HOME \`id\` \\ * ! ä€😀`;
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);

    await start({ argv: ['printf', '%s', odd] }, argument);
    await start({ script: 'wc -c; sleep 0.1 & wait' }, input, { stdin: bytes });

    expect(await endOf(argument)).toMatchObject({ stdout: odd });
    expect(await endOf(input)).toMatchObject({
      outcome: { code: 0 },
      stdout: expect.stringContaining('100000') as string,
    });
  });

  test('is started once', async () => {
    const [step, counted] = [newStep(), pathOf('counted')];
    const command = { script: `echo once >> ${counted}` };

    const answers = [await start(command, step), await start(command, step)];
    await endOf(step);

    expect(answers.map(({ record }) => record)).toEqual(['kept', 'found']);
    expect(readFileSync(counted, 'utf8')).toBe('once\n');
  });

  test('is ended at its limit by its host, with its whole family, and its record says so', async () => {
    const [step, asRoot, file] = [newStep(), newStep(), pathOf('pids')];
    const script = (name: string): string =>
      `echo before; sleep 60 & echo $$ $PPID $! > ${file}.${name}; wait`;

    await start({ script: script('own') }, step, { detach: 1_000 });
    await start({ script: script('root') }, asRoot, { detach: 1_000, become: true });
    sshd.killSessions();

    for (const one of [step, asRoot])
      expect(await endOf(one)).toEqual({
        state: 'ended',
        outcome: { kind: 'timed_out' },
        stdout: 'before\n',
        stderr: '',
      });
    for (const pid of ['own', 'root'].flatMap((one) =>
      readFileSync(`${file}.${one}`, 'utf8').trim().split(' '),
    ))
      await until(`${pid} is gone`, () => !isRunning(pid));
  });

  test('can be ended before, also as another user', async () => {
    const file = pathOf('pids');
    for (const become of [false, true]) {
      const step = newStep();
      const stubborn = become ? "trap '' TERM; " : '';
      await start({ script: `${stubborn}sleep 60 & echo $$ $PPID $! > ${file}; wait` }, step, { become });
      await until('its processes are known', () => existsSync(file) && readFileSync(file, 'utf8') !== '');

      await (await connect()).endStep(step, { become });

      for (const pid of readFileSync(file, 'utf8').trim().split(' '))
        await until(`${pid} is gone`, () => !isRunning(pid));
      expect((await recordOf(step)).state).not.toBe('running');
      rmSync(file);
    }
  });
}
