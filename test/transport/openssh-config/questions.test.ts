import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localFacts } from '../../../src/transport/ssh/openssh-config/local-facts.js';
import { OpenSshConfig } from '../../../src/transport/ssh/openssh-config/openssh-config.js';
import { readConfiguration } from '../../../src/transport/ssh/openssh-config/own/read.js';
import { describeUnless, notOnPath } from '../../describe-unless.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';
import { systemClock } from '../../stages/system-clock.js';

let folder: string;
let configFile: string;
beforeAll(() => {
  folder = temporaryFolder('ssh-config');
  configFile = join(folder, 'config');
});

describeUnless(notOnPath('ssh'), 'asking ssh', () => {
  let program: string;
  const calls = (): number => readFileSync(join(folder, 'calls'), 'utf8').length;
  beforeEach(() => {
    // The real ssh, with its calls counted.
    program = join(folder, 'ssh');
    writeFileSync(program, `#!/bin/sh\nprintf . >> ${folder}/calls\nexec ssh "$@"\n`);
    chmodSync(program, 0o755);
    writeFileSync(join(folder, 'calls'), '');
  });
  const config = (): OpenSshConfig => new OpenSshConfig({ clock: systemClock, local: localFacts(), program });
  const names = Array.from({ length: 50 }, (_, index) => `10.0.0.${index}`);

  test('once is enough when the configuration says the same of all hosts', async () => {
    writeFileSync(configFile, '# Host x\nUser deploy\nHost *\n  ConnectTimeout 7\n  SendEnv LANG\n');
    const asked = config();

    const all = await Promise.all(names.map((name) => asked.settingsFor({ name, configFile })));

    expect(all).toEqual(names.map(() => ({ user: 'deploy', connectTimeout: 7_000 })));
    // What ssh does by itself, and what it does with this configuration.
    expect(calls()).toBe(2);
  });

  test.each([
    ['Host 10.0.0.1?', '  User other'],
    ['Match host 10.0.0.1?', '  User other'],
    ['User deploy', 'Host * !10.0.0.1', 'Port 1'],
    ['ProxyCommand nc %h %p'],
    ['HostName=%h'],
    ['"Host" 10.0.0.1?', 'User other'],
    ['HOST=10.0.0.1?', 'User other'],
  ])('is done for each host when it may not: %s', async (...lines: string[]) => {
    writeFileSync(configFile, `${lines.join('\n')}\n`);
    const asked = config();
    const few = names.slice(8, 14);

    const first = await Promise.all(few.map((name) => asked.settingsFor({ name, configFile })));
    const again = await Promise.all(few.map((name) => asked.settingsFor({ name, configFile })));
    const alone = await Promise.all(few.map((name) => config().settingsFor({ name, configFile })));

    expect(first).toEqual(alone);
    expect(again).toEqual(first);
    // One for itself and one for each; and two for each that was asked about alone.
    expect(calls()).toBe(1 + few.length + 2 * few.length);
  });

  test('is done for each host when a file that is included speaks of some', async () => {
    writeFileSync(join(folder, 'more'), 'Host 10.0.0.7\n  User seven\n');
    chmodSync(join(folder, 'more'), 0o600);
    writeFileSync(configFile, `Include ${folder}/more\n`);
    const asked = config();

    expect(await asked.settingsFor({ name: '10.0.0.6', configFile })).toEqual({});
    expect(await asked.settingsFor({ name: '10.0.0.7', configFile })).toEqual({ user: 'seven' });
  });

  test('is given up when it takes for ever, with all that it started', async () => {
    writeFileSync(configFile, `Match exec "echo $$ > ${folder}/pid; sleep 600"\n`);
    const hasty = new OpenSshConfig({
      clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) },
      local: localFacts(),
    });

    await expect(hasty.settingsFor({ name: 'x', configFile })).rejects.toMatchObject({ code: 'ssh.config' });

    const pid = readFileSync(join(folder, 'pid'), 'utf8').trim();
    await expect.poll(() => spawnSync('kill', ['-0', pid]).status, { timeout: 10_000 }).not.toBe(0);
  });

  test('does not wait for what a Match exec leaves running, as ssh does not', async () => {
    const pidFile = join(folder, 'left');
    writeFileSync(configFile, `Match exec "sleep 60 & echo $! > ${pidFile}"\n  User deploy\n`);

    await expect(config().settingsFor({ name: 'x', configFile })).resolves.toEqual({ user: 'deploy' });

    // It is still there: this throws where it is not.
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
  });

  test('is not done at all where no configuration is wanted', async () => {
    expect(await config().settingsFor({ name: 'x', configFile: 'none' })).toEqual({});
    expect(calls()).toBe(0);
  });
});

describe('the files that are read without being named', () => {
  const question = { name: 'api-1' };

  test('are the user’s, then the system’s; the first value wins, keys are gathered, includes are relative', async () => {
    const home = temporaryFolder('home', folder);
    const system = temporaryFolder('etc', folder);
    for (const [path, text] of [
      [
        join(home, '.ssh/config'),
        'Include conf.d/*.conf ~/.ssh/extra\nHost *\nUser later\nIdentityFile ~/a\n',
      ],
      [join(home, '.ssh/conf.d/1.conf'), 'Host api-*\nUser first\n'],
      [join(home, '.ssh/conf.d/.hidden.conf'), 'User hidden\n'],
      [join(home, '.ssh/extra'), 'Port 2222\n'],
      [join(system, 'ssh_config'), 'Include more.d/*\nPort 1\nIdentityFile /b\n'],
      [join(system, 'more.d/x'), 'HashKnownHosts yes\n'],
    ] as const) {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, text, { mode: 0o600 });
    }
    const local = { ...localFacts(), homeDirectory: home, systemDirectory: system };

    expect(Object.fromEntries(await readConfiguration(question, local))).toEqual({
      user: ['first'],
      port: ['2222'],
      identityfile: ['~/a', '/b'],
      hashknownhosts: ['yes'],
    });

    chmodSync(join(home, '.ssh/config'), 0o666);
    await expect(readConfiguration(question, local)).rejects.toMatchObject({ code: 'ssh.config' });
    rmSync(join(home, '.ssh'), { recursive: true });
    rmSync(join(system, 'ssh_config'));
    expect(await readConfiguration(question, local)).toEqual(new Map());
  });

  test('may include each other, but not for ever', async () => {
    writeFileSync(configFile, `Include ${configFile}\n`, { mode: 0o600 });

    await expect(readConfiguration({ ...question, configFile }, localFacts())).rejects.toMatchObject({
      code: 'ssh.config',
      message: expect.stringContaining('more than 16 deep') as string,
    });
  });
});
