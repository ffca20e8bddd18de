import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithSshd, Sshd } from '../stages/sshd.js';
import { adfpush, projectOf } from '../stages/adfpush.js';

describeWithSshd('exec over a real sshd', () => {
  let sshd: Sshd;
  let project: string;
  beforeAll(async () => {
    sshd = await Sshd.start({ listenAddress: '0.0.0.0' });
    const hosts = [1, 2, 3].map((number) => `  api-${number}: { address: 127.0.0.${number}, groups: [api] }`);
    project = await projectOf({
      'inventory/prod.yml': `source: static
hosts:
${hosts.join('\n')}
ssh:
  config_file: none
  user: ${sshd.user}
  port: ${sshd.port}
  identity_file: ${sshd.identityFile}
  known_hosts_file: ${join(sshd.folder, 'known')}
  strict_host_key_checking: accept-new
`,
    });
    writeFileSync(
      join(project, 'look.sh'),
      'echo "$1 $SSH_CONNECTION" | cut -d" " -f1,4\necho to stderr >&2\nexit 0\n',
    );
    writeFileSync(
      join(project, 'look.py'),
      '#!/usr/bin/awk -f\nBEGIN { print "by awk:", ARGV[1]; exit 3 }\n',
    );
  });
  afterAll(() => sshd.stop());

  const exec = (...words: string[]) => adfpush(['exec', '-g', 'api', '--env', 'prod', ...words], project);

  test('tells hosts together whose commands ended alike', async () => {
    const { exit, stdout } = await exec('--no-timestamps', '--', 'echo', '{{ as }} it is');

    // On a busy machine with the duration, too.
    expect(stdout).toMatch(/^api-\[1:3\] \(3 hosts\): exited with 0( .*)?\n {2}\| \{\{ as \}\} it is$/m);
    expect(exit).toBe(0);
  });

  test('runs a script of this machine, by sh, and tells a line for each host', async () => {
    const { exit, stdout } = await exec(
      '--one-line',
      '--script',
      'look.sh',
      '--limit',
      'api-1:api-3',
      '--',
      'at',
    );

    expect(stdout.split('\n').toSorted()).toEqual([
      'api-1 | 0 | at 127.0.0.1\\nto stderr',
      'api-3 | 0 | at 127.0.0.3\\nto stderr',
    ]);
    expect(exit).toBe(0);
  });

  test('runs a script by the interpreter of its first line, and its exit code is in the document', async () => {
    const { exit, stdout, stderr } = await exec('--json', '--script', 'look.py', '-l', 'api-2', '--', 'a b');

    expect(JSON.parse(stdout)).toMatchObject({
      exit: 4,
      hosts: [
        {
          name: 'api-2',
          command: { outcome: 'exited', rc: 3, stdout: 'by awk: a b', stderr: '', truncated: false },
        },
      ],
    });
    expect(stderr).toContain('| by awk: a b');
    expect(exit).toBe(4);
  });
});
