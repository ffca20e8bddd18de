import { afterEach, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { describeWithSshd, Sshd } from '../stages/sshd.js';

const cloud = `echo 'Please login as the user "ec2-user" rather than the user "root".'; echo; sleep 60; exit 142`;

describeWithSshd('a host that lets the login in and runs no command', () => {
  let sshd: Sshd;
  let transport: SshTransport;
  afterEach(async () => {
    await transport.close();
    await sshd.stop();
  });

  it.each([
    [
      'as images of the cloud do for root',
      cloud,
      'Please login as the user "ec2-user"',
      'ssh: { user: ec2-user }',
    ],
    [
      'as an account without a shell',
      'echo This account is currently not available.; exit 1',
      'This account is currently not available.',
      'by hand',
    ],
    [
      'as with a password that expired',
      'echo Password change required but no TTY available. >&2; exit 1',
      'Password',
      'by hand',
    ],
    ['and ends well', 'echo Welcome; exit 0', 'Welcome', 'by hand'],
    ['and says nothing', 'exit 7', '(nothing; ', 'by hand'],
  ])('is told in its own words, %s', async (_, forced, words, hint) => {
    sshd = await Sshd.start({ config: [`ForceCommand ${forced}`] });
    transport = sshd.transport();
    const connection = await transport.connect(sshd.host());
    const attempts = [
      () => connection.run({ argv: ['true'] }),
      () => connection.run({ script: 'echo hi' }, { step: { run: 'r', id: 's' } }),
      () => connection.run({ argv: ['true'] }, { become: true }),
    ];
    for (const run of attempts) {
      const error = await run().then(
        (result) => Promise.reject(new Error(JSON.stringify(result))),
        (thrown: unknown) => errorsOf(thrown)[0],
      );
      expect(error).toMatchObject({ code: 'ssh.runs_no_commands' });
      expect(error.message).toContain(words);
      expect(error.hint).toContain(hint);
    }
  });

  it('is told at once, also where a program’s stream was asked for', async () => {
    sshd = await Sshd.start({ config: [`ForceCommand ${cloud}`] });
    transport = sshd.transport();
    const stream = await (await transport.connect(sshd.host())).stream(['cat']);
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'ssh.runs_no_commands' });
  });
});
