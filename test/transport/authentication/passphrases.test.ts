import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostId } from '../../../src/model/ids.js';
import { Secret } from '../../../src/model/secret.js';
import type { SecretPrompt } from '../../../src/ports/secret-keeper.js';
import { containing, matching } from '../../stages/matching.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { authorize, makeKey } from '../../stages/keys.js';
import { startAgent } from './ssh-agent.js';

/** A person who gives these answers one after the other, and then none. */
class Person implements SecretPrompt {
  readonly questions: string[] = [];

  constructor(private readonly answers: (string | Promise<string>)[]) {}

  async ask(question: string): Promise<Secret | undefined> {
    this.questions.push(question);
    const answer = await this.answers.shift();
    return answer === undefined ? undefined : new Secret(answer);
  }
}

describeWithSshd('passphrases', () => {
  let sshd: Sshd;
  let locked: string;
  let other: string;
  beforeAll(async () => {
    sshd = await Sshd.start({ config: ['LoginGraceTime 120'] });
    locked = makeKey(sshd.folder, 'locked', { passphrase: 'right' });
    other = makeKey(sshd.folder, 'other', { passphrase: 'right' });
    authorize(sshd, `${locked}.pub`);
  });
  afterAll(() => sshd.stop());

  test('one is asked for once, however many hosts wait for it, and is good for later connections', async () => {
    const person = new Person(['right']);
    const transport = sshd.transport({ prompt: person });
    const hosts = Array.from({ length: 12 }, (_, index) =>
      sshd.host({ identityFile: locked }, { id: hostId(`host-${index}`) }),
    );

    const connections = await Promise.all(hosts.map((host) => transport.connect(host)));
    sshd.killSessions();
    await until('they are known to be lost', () => connections.every(({ alive }) => !alive));
    const again = await transport.connect(hosts[0]!);
    await transport.close();

    expect(connections).toHaveLength(12);
    expect(again).not.toBe(connections[0]);
    expect(person.questions).toEqual([`Passphrase for the key ${locked}:`]);
  });

  test('no passphrase is asked for a key that the server does not take, as with ssh', async () => {
    const person = new Person(['right']);
    const transport = sshd.transport({ prompt: person });

    const refused = transport.connect(sshd.host({ identityFile: other }));

    await expect(refused).rejects.toMatchObject({ code: 'ssh.authentication' });
    expect(person.questions).toEqual([]);
    await transport.close();
  });

  test('no passphrase is asked when an agent has the key', async () => {
    const person = new Person(['right']);
    const agent = await startAgent(join(sshd.folder, 'agent'));
    agent.add(sshd.identityFile);
    const transport = sshd.transport({ prompt: person, agentSocket: agent.socket });

    await transport.connect(sshd.host({ identityFile: other, identitiesOnly: false }));

    expect(person.questions).toEqual([]);
    await transport.close();
  });

  test('a file whose public half cannot be read is opened when its turn has come', async () => {
    const pem = makeKey(sshd.folder, 'pem', {
      type: 'ecdsa-256',
      passphrase: 'right',
      more: ['-m', 'PKCS8'],
    });
    authorize(sshd, `${pem}.pub`);
    rmSync(`${pem}.pub`);
    const person = new Person(['right']);
    const transport = sshd.transport({ prompt: person });

    await transport.connect(sshd.host({ identityFile: pem }));

    expect(person.questions).toHaveLength(1);
    await transport.close();
  });

  test('a wrong one is asked for again, three times in all', async () => {
    const forgetful = new Person(['wrong', 'also wrong', 'right']);
    const transport = sshd.transport({ prompt: forgetful });
    await transport.connect(sshd.host({ identityFile: locked }));
    await transport.close();
    expect(forgetful.questions[1]).toBe(`That does not open it. Passphrase for the key ${locked}:`);

    const stranger = new Person(['wrong', 'wrong', 'wrong', 'right']);
    const second = sshd.transport({ prompt: stranger });
    await expect(second.connect(sshd.host({ identityFile: locked }))).rejects.toMatchObject({
      code: 'ssh.no_key',
      message: matching(
        /^there is no key to offer .*locked \(it is encrypted, and none of 3 passphrases opens it\)/,
      ),
    });
    await second.close();
    expect(stranger.questions).toHaveLength(3);
  });

  test('who gives none is not asked again in the same run', async () => {
    for (const answers of [[], ['']]) {
      const person = new Person([...answers]);
      const transport = sshd.transport({ prompt: person });
      for (const id of ['one', 'two']) {
        const host = sshd.host({ identityFile: locked }, { id: hostId(id) });
        await expect(transport.connect(host)).rejects.toMatchObject({
          message: containing('no passphrase was given'),
          hint: matching(/ssh-add .*locked.*ADFPUSH_SSH_PASSPHRASE/),
        });
      }
      expect(person.questions).toHaveLength(1);
      await transport.close();
    }
  });

  test('the one from the environment is tried first, and a person only asked when it does not fit', async () => {
    const person = new Person(['right']);
    const fits = sshd.transport({ prompt: person, passphrase: new Secret('right') });
    await fits.connect(sshd.host({ identityFile: locked }));
    await fits.close();
    expect(person.questions).toEqual([]);

    const unfit = sshd.transport({ prompt: person, passphrase: new Secret('of another key') });
    await unfit.connect(sshd.host({ identityFile: locked }));
    await unfit.close();
    expect(person.questions).toHaveLength(1);

    const alone = sshd.transport({ passphrase: new Secret('of another key') });
    const refused = await alone.connect(sshd.host({ identityFile: locked })).catch((error: unknown) => error);
    await alone.close();
    expect(refused).toMatchObject({
      message: containing(
        'locked (it is encrypted, and the passphrase in ADFPUSH_SSH_PASSPHRASE does not open it)',
      ),
    });
    expect(JSON.stringify(refused)).not.toContain('of another key');
  });

  test('a public half that belongs to another key is told, not signed with', async () => {
    const mixed = makeKey(sshd.folder, 'mixed', {
      type: 'ecdsa-256',
      passphrase: 'right',
      more: ['-m', 'PKCS8'],
    });
    copyFileSync(`${locked}.pub`, `${mixed}.pub`);
    const transport = sshd.transport({ passphrase: new Secret('right') });

    await expect(transport.connect(sshd.host({ identityFile: mixed }))).rejects.toMatchObject({
      message: containing('the public key beside it belongs to another private key'),
      hint: containing('ssh-keygen -y'),
    });
    await transport.close();
  });

  describe('the time in which a person thinks', () => {
    test('does not count against the server', async () => {
      let answer = (_text: string): void => undefined;
      const person = new Person([new Promise<string>((resolve) => (answer = resolve))]);
      const transport = sshd.transport({ prompt: person });
      const connecting = transport.connect(sshd.host({ identityFile: locked, connectTimeout: 1_000 }));
      await until('the question stands', () => person.questions.length === 1);
      const asked = performance.now();
      await until('more time passed than the server has', () => performance.now() - asked > 1_500);
      answer('right');

      expect((await connecting).alive).toBe(true);
      await transport.close();
    });

    test('may be longer than the server waits: then it is connected to anew once the answer is there', async () => {
      const hasty = await Sshd.start({ config: ['LoginGraceTime 1'] });
      try {
        authorize(hasty, `${locked}.pub`);
        let answer = (_text: string): void => undefined;
        const person = new Person([new Promise<string>((resolve) => (answer = resolve))]);
        const transport = hasty.transport({ prompt: person });
        const connecting = transport.connect(hasty.host({ identityFile: locked, connectTimeout: 1_900 }));
        const connections = (): number => hasty.output.match(/Connection from/g)?.length ?? 0;
        await until('the question stands', () => person.questions.length === 1);
        const asked = performance.now();
        await until('the server lost its patience', () => performance.now() - asked > 2_000);
        const before = connections();
        answer('right');

        expect((await connecting).alive).toBe(true);
        // The first is the fixture's own, which looks whether the server is there.
        expect([before, connections()]).toEqual([2, 3]);
        expect(person.questions).toHaveLength(1);
        await transport.close();
      } finally {
        await hasty.stop();
      }
    });
  });
});
