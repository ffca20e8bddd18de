import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endedWithTest } from '../stages/processes.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';
import { program, projectOf } from '../stages/adfpush.js';

const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];

describeWithSshd('a command whose connection is lost', () => {
  let sshd: Sshd;
  let project: string;
  beforeAll(async () => {
    sshd = await Sshd.start();
    project = await projectOf({
      'inventory/prod.yml': `source: static
hosts:
  one: { address: 127.0.0.1, groups: [api] }
ssh:
  config_file: none
  user: ${sshd.user}
  port: ${sshd.port}
  identity_file: ${sshd.identityFile}
  known_hosts_file: ${sshd.knownHostsFile}
`,
    });
  });
  afterAll(() => sshd.stop());

  /** Runs a script on the host by the built program, and kills the session that it runs in when it has begun. */
  async function execAndLose(name: string, script: string) {
    const [begun, goOn] = [join(sshd.folder, `${name}.begun`), join(sshd.folder, `${name}.go-on`)];
    const whole = `echo begun >> '${begun}'; while ! [ -e '${goOn}' ]; do sleep 0.1; done; ${script}`;
    const options = {
      cwd: project,
      stdin: 'ignore',
      all: true,
      reject: false,
      timeout: 60_000,
    } as const satisfies Options;
    const words = ['exec', '-g', 'api', '--env', 'prod', '--', 'sh', '-c', whole];
    const running = endedWithTest(execa(process.execPath, [program, ...words], options));
    await until('the command has begun', () => linesOf(begun).length > 0, 120_000);
    sshd.killSessions();
    await execa('touch', [goOn]);
    const { exitCode, all } = await running;
    return { exitCode, all, begun: linesOf(begun) };
  }

  test('is not run again: the host is asked how it ended, and that is its result', async () => {
    const { exitCode, all, begun } = await execAndLose('well', 'echo all is well | tr a-z A-Z');

    expect(all).toContain('ALL IS WELL');
    expect({ exitCode, begun }).toEqual({ exitCode: 0, begun: ['begun'] });
  });

  test('has failed when it failed, as the host recorded it', async () => {
    const { exitCode, all, begun } = await execAndLose('badly', 'echo no luck | tr a-z A-Z >&2; exit 7');

    expect(all).toContain('NO LUCK');
    expect(all).toContain('exited with 7');
    expect({ exitCode, begun }).toEqual({ exitCode: 4, begun: ['begun'] });
  });

  test('was interrupted when it was killed on the host too, and is told so', async () => {
    const { exitCode, all, begun } = await execAndLose('killed', 'kill -KILL 0');

    expect(all).toMatch(/interrupted|stopped on the host/);
    expect({ exitCode, begun }).toEqual({ exitCode: 4, begun: ['begun'] });
  });
});
