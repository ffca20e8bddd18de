import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endedWithTest } from '../stages/processes.js';
import { authorize, makeKey } from '../stages/keys.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';
import { program, projectOf } from '../stages/adfpush.js';

const passphrase = 'open sesame, please';

describeWithSshd('the passphrase of a key', () => {
  let sshd: Sshd;
  let project: string;
  let seen: string;
  beforeAll(async () => {
    sshd = await Sshd.start();
    const key = makeKey(sshd.folder, 'locked', { passphrase });
    authorize(sshd, `${key}.pub`);
    seen = join(sshd.folder, 'environment-of-the-proxy');
    // Tells which environment it was given, and then is the connection.
    const pipe = `const s = require('node:net').connect(Number(process.argv[2]), process.argv[1]); process.stdin.pipe(s).pipe(process.stdout)`;
    const proxy = join(sshd.folder, 'proxy.sh');
    writeFileSync(proxy, `env > '${seen}'; exec '${process.execPath}' -e "${pipe}" "$1" "$2"\n`);
    const host = (name: string): string => `      ${name}: { address: 127.0.0.1, groups: [api] }\n`;
    project = await projectOf({
      'inventory/prod.yml': `source: static
hosts:
${['one', 'two', 'three'].map(host).join('').replaceAll('      ', '  ')}ssh:
  config_file: none
  user: ${sshd.user}
  port: ${sshd.port}
  identity_file: ${key}
  known_hosts_file: ${sshd.knownHostsFile}
  proxy_command: "/bin/sh ${proxy} %h %p"
`,
    });
  });
  afterAll(() => sshd.stop());
  const words = ['exec', '--group', 'api', '--env', 'prod', '--', 'echo', 'let in'];
  const environment = { TERM: 'xterm', NO_COLOR: '1', CI: '', LANG: 'C.UTF-8', SSH_AUTH_SOCK: '' };

  test('comes from the environment where there is no terminal, and no helper inherits it', async () => {
    const { exitCode, all } = await execa(process.execPath, [program, ...words], {
      cwd: project,
      stdin: 'ignore',
      all: true,
      reject: false,
      env: { ...environment, ADFPUSH_SSH_PASSPHRASE: passphrase },
    });

    expect(all).not.toContain(passphrase);
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(readFileSync(seen, 'utf8')).toContain('TERM=xterm');
    expect(readFileSync(seen, 'utf8')).not.toMatch(/sesame|ADFPUSH_SSH_PASSPHRASE/);
  });

  test('is what is missing without either, and it is said what to do', async () => {
    const { exitCode, all } = await execa(process.execPath, [program, ...words], {
      cwd: project,
      stdin: 'ignore',
      all: true,
      reject: false,
      env: environment,
    });

    expect(exitCode).toBe(4);
    expect(all).toContain('it is encrypted, and there is no terminal to ask for its passphrase on');
    expect(all).toContain('ADFPUSH_SSH_PASSPHRASE');
  });

  // `script` of util-linux gives a program a terminal of its own.
  test.skipIf(!existsSync('/usr/bin/script'))(
    'is asked for on a terminal, once for all hosts, and never shown; Ctrl-C interrupts',
    async () => {
      for (const [size, answer, expected] of [
        ['cols 100 rows 30', `${passphrase}\r`, 0],
        // As where nobody says how large it is.
        ['cols 0 rows 0', `${passphrase}\r`, 0],
        ['cols 100 rows 30', '\u0003', 130],
      ] as const) {
        const quoted = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');
        const command = `stty ${size}; exec ${quoted}`;
        const terminal = endedWithTest(
          spawn('script', ['-qefc', command, '/dev/null'], {
            cwd: project,
            env: { ...process.env, ...environment },
          }),
        );
        let screen = '';
        terminal.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
        const ended = new Promise<number | null>((resolve) => terminal.once('close', resolve));
        await until('the question stands', () => screen.includes('Passphrase for the key'), 120_000);
        terminal.stdin.write(answer);
        const code = await ended;

        expect(screen).not.toContain('sesame');
        expect({ code, screen }).toMatchObject({ code: expected });
        expect(screen).not.toContain('That does not open it');
      }
    },
  );
});
