import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdfError } from '../../../src/errors/adf-error.js';
import { isUnreachable } from '../../../src/errors/ssh.js';
import type { Host, SshSettings } from '../../../src/model/host.js';
import type { SshTransportOptions } from '../../../src/transport/ssh/ssh-transport.js';
import { containing, matching } from '../../stages/matching.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { authorize, makeKey } from '../../stages/keys.js';
import { startAgent, type RunningAgent } from './ssh-agent.js';

describeWithSshd('which keys are offered', () => {
  let sshd: Sshd;
  let agent: RunningAgent;
  const strangers = Array.from({ length: 7 }, (_, index) => `stranger-${index}`);
  const file = (name: string): string => join(sshd.folder, name);

  beforeAll(async () => {
    sshd = await Sshd.start();
    for (const name of strangers) makeKey(sshd.folder, name);
    makeKey(sshd.folder, 'locked', { passphrase: 'secret' });
    agent = await startAgent(file('agent'));
    agent.add(...strangers.map(file));
  });
  afterAll(() => sshd.stop());

  /** Connects once; gives undefined, or why it was refused. */
  async function refusal(
    ssh: SshSettings,
    options: Partial<SshTransportOptions> = {},
    host: Host = sshd.host(ssh),
  ): Promise<AdfError | undefined> {
    const transport = sshd.transport(options);
    try {
      await transport.connect(host);
      return undefined;
    } catch (error) {
      if (error instanceof AdfError) return error;
      throw error;
    } finally {
      await transport.close();
    }
  }
  const hostWithoutIdentity = (): Host => {
    const { identityFile: _, ...ssh } = sshd.host().ssh;
    return { ...sshd.host(), ssh };
  };

  test('a key that is refused is named, and the server is not asked again at once', async () => {
    const transport = sshd.transport();
    const host = sshd.host({ identityFile: file('stranger-0') });
    const ended = (): number =>
      sshd.output.match(/Connection (closed|reset) by authenticating/g)?.length ?? 0;
    const before = ended();

    const first = await transport.connect(host).catch((error: unknown) => error);
    await until('the server noticed', () => ended() > before);
    const second = await transport.connect(host).catch((error: unknown) => error);
    await transport.close();

    expect(first).toMatchObject({ code: 'ssh.authentication', message: containing('stranger-0') });
    expect(second).toBe(first);
    expect(ended()).toBe(before + 1);
    expect(isUnreachable(first)).toBe(true);
  });

  test('without any key to offer it says what it looked at', async () => {
    expect(await refusal({ identityFile: '~/no-such-key' })).toMatchObject({
      code: 'ssh.no_key',
      message: matching(/^there is no key to offer .*no-such-key \(there is no such file\)/),
    });
    expect(await refusal({ identityFile: '~/locked' })).toMatchObject({
      code: 'ssh.no_key',
      message: matching(/^there is no key to offer .*locked \(it is encrypted, and there is no terminal/),
      hint: matching(/ssh-add '.*locked'.*ADFPUSH_SSH_PASSPHRASE/),
    });
  });

  test('a key in the usual place is found', async () => {
    const home = file('home');
    mkdirSync(join(home, '.ssh'), { recursive: true });
    copyFileSync(sshd.identityFile, join(home, '.ssh', 'id_ed25519'));

    expect(await refusal({}, { homeDirectory: home }, hostWithoutIdentity())).toBeUndefined();
  });

  test("a key of the agent is found where none is named, and five of the agent's keys are offered at most", async () => {
    const own = await startAgent(file('own-agent'));
    own.add(file('stranger-0'), sshd.identityFile);
    const options = { agentSocket: own.socket };

    expect(await refusal({}, options, hostWithoutIdentity())).toBeUndefined();
    const refused = await refusal({}, { agentSocket: agent.socket }, hostWithoutIdentity());

    expect(refused).toMatchObject({ code: 'ssh.authentication' });
    expect(refused?.message).toMatch(
      /with (stranger-\d in the agent(, )?){5}; not offered: stranger-5 in the agent \(5 others come first\)/,
    );
    expect(refused?.hint).toContain('identity_file');
    expect(sshd.output).not.toContain('Too many authentication failures');
  });

  test('a named key comes before the keys of the agent, which would use up what the server bears', async () => {
    const options = { agentSocket: agent.socket };

    expect(await refusal({ identitiesOnly: false }, options)).toBeUndefined();
  });

  test('with identities_only the agent is asked for the named keys and nothing else', async () => {
    const options = { agentSocket: agent.socket };
    const named = await refusal({ identityFile: '~/stranger-6', identitiesOnly: true }, options);
    const usual = await refusal({ identitiesOnly: true }, options, {
      ...hostWithoutIdentity(),
      ssh: { ...hostWithoutIdentity().ssh, identitiesOnly: true },
    });

    expect(named?.message).toMatch(/in with \S*stranger-6 in the agent$/);
    expect(usual?.message).toMatch(/^there is no key to offer/);
  });

  test('a public half is enough where the agent has the private one', async () => {
    const own = await startAgent(file('half-agent'));
    own.add(sshd.identityFile);
    copyFileSync(`${sshd.identityFile}.pub`, file('half.pub'));
    const options = { agentSocket: own.socket };

    expect(await refusal({ identityFile: '~/half' }, options)).toBeUndefined();
    expect(await refusal({ identityFile: '~/half.pub' }, options)).toBeUndefined();
    expect(await refusal({ identityFile: '~/half', identityAgent: own.socket })).toBeUndefined();
    expect(await refusal({ identityFile: '~/half', identityAgent: 'none' }, options)).toMatchObject({
      message: matching(/half \(only its public half is there, and no agent has the other\)/),
    });
  });

  test('an agent that is not there is named, and the other keys are offered', async () => {
    const options = { agentSocket: file('no-such-agent') };

    expect(await refusal({ identitiesOnly: false }, options)).toBeUndefined();
    expect(await refusal({ identityFile: '~/stranger-0', identitiesOnly: false }, options)).toMatchObject({
      message: matching(/the agent at .*no-such-agent \(it cannot be reached \(ENOENT\)\)/),
    });
  });

  test('a key that others may read is refused as ssh refuses it', async () => {
    const open = makeKey(sshd.folder, 'open');
    authorize(sshd, `${open}.pub`);
    for (const mode of [0o640, 0o604, 0o777]) {
      chmodSync(open, mode);
      expect(await refusal({ identityFile: open })).toMatchObject({
        code: 'ssh.no_key',
        message: containing(`open (its permissions 0${mode.toString(8)} let others read it)`),
        hint: containing(`chmod 600 '${open}'`),
      });
    }
    chmodSync(open, 0o400);
    expect(await refusal({ identityFile: open })).toBeUndefined();
  });
});
