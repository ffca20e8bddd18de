import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { AdfError } from '../../../src/errors/adf-error.js';
import { beyond, parseDump, type Dump } from '../../../src/transport/ssh/openssh-config/dump.js';
import { readConfiguration, type Local } from '../../../src/transport/ssh/openssh-config/own/read.js';
import type { Question } from '../../../src/transport/ssh/openssh-config/settings.js';
import { breadth } from '../../deep.js';
import { describeUnless, notOnPath } from '../../describe-unless.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';
import { RandomConfig } from './random-config.js';

const compared = new Set(
  `user hostname port identityfile certificatefile identitiesonly identityagent proxyjump proxycommand userknownhostsfile
   globalknownhostsfile hostkeyalias stricthostkeychecking connecttimeout serveraliveinterval serveralivecountmax hashknownhosts
   revokedhostkeys knownhostscommand checkhostip proxyusefdpass`.split(/\s+/),
);

const environment = { PATH: process.env['PATH'], HOME: userInfo().homedir, AGENT: '/run/agent' };
const local: Local = {
  homeDirectory: userInfo().homedir,
  localUser: userInfo().username,
  localUid: userInfo().uid,
  localHost: hostname(),
  environment,
  systemDirectory: '/etc/ssh',
};

type Reading =
  { readonly kind: 'said'; readonly dump: Dump } | { readonly kind: 'refused'; readonly why: string };

function sshReads({ name, user, port, configFile }: Question): Reading {
  const given = [
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
  ];
  const args = ['-TG', '-F', configFile ?? 'none', ...given, '--', name];
  const { status, stdout, stderr } = spawnSync('ssh', args, { env: environment, encoding: 'utf8' });
  return status === 0 ? { kind: 'said', dump: parseDump(stdout) } : { kind: 'refused', why: stderr };
}

async function weRead(question: Question): Promise<Reading> {
  try {
    return { kind: 'said', dump: await readConfiguration(question, local) };
  } catch (error) {
    if (!(error instanceof AdfError) || error.code !== 'ssh.config') throw error;
    return { kind: 'refused', why: `${error.at?.line}: ${error.message}` };
  }
}

describeUnless(notOnPath('ssh'), 'reading a configuration without ssh', () => {
  let folder: string;
  beforeAll(() => {
    folder = temporaryFolder('ssh-config');
    mkdirSync(join(folder, 'conf.d'));
  });

  test('says what ssh -G says, or refuses, for random configurations', async () => {
    const defaults = parseDump(
      spawnSync('ssh', ['-TG', '-F', 'none', '--', 'x'], { encoding: 'utf8' }).stdout,
    );
    const counts = { equal: 0, both: 0, cautious: 0 };
    const configFile = join(folder, 'config');
    for (let seed = 0; seed < breadth(60, 400); seed += 1) {
      const random = new RandomConfig(seed);
      const includes = ['10-a.conf', '20-b.conf'].map((name) => join(folder, 'conf.d', name));
      for (const file of includes) {
        writeFileSync(file, random.file([]));
        chmodSync(file, 0o600);
      }
      writeFileSync(
        configFile,
        random.file([...includes, join(folder, 'conf.d/*.conf'), join(folder, 'absent')]),
      );
      const user = random.pick([undefined, undefined, 'bob']);
      const port = random.pick([undefined, undefined, 2200]);
      const question: Question = {
        name: random.pick(['api-1', 'api-2', 'web-1', 'db', 'x.example.com', '10.0.0.5', 'API-1', '::1']),
        configFile,
        ...(user === undefined ? {} : { user }),
        ...(port === undefined ? {} : { port }),
      };

      const theirs = sshReads(question);
      const ours = await weRead(question);

      const context = `seed ${seed}, ${JSON.stringify(question)}`;
      if (theirs.kind === 'refused') {
        // A way in a circle is seen when the way is put together, and then refused.
        if (!theirs.why.includes('jumphost loop'))
          expect(ours, `${context}: ${theirs.why}`).toMatchObject({ kind: 'refused' });
        counts.both += 1;
      } else if (ours.kind === 'refused') {
        counts.cautious += 1;
      } else {
        expect(meant(ours.dump, defaults, question), context).toEqual(meant(theirs.dump, defaults, question));
        counts.equal += 1;
      }
    }
    expect(counts.equal).toBeGreaterThan(breadth(40, 300));
    // Not by refusing what ssh understands: those are the lines that are left to it on purpose.
    expect(counts.cautious).toBeLessThan(25);
  });
});

function meant(dump: Dump, defaults: Dump, { name }: Question): unknown {
  const said = [...beyond(defaults, dump)].filter(([keyword]) => compared.has(keyword));
  const own = said.filter(
    ([keyword, [value]]) =>
      !(keyword === 'hostname' && value?.toLowerCase() === name.toLowerCase()) &&
      !(keyword.startsWith('proxy') && value === 'none'),
  );
  return Object.fromEntries(
    own.map(([keyword, values]) => [keyword, keyword === 'user' ? values.slice(0, 1) : values]),
  );
}
