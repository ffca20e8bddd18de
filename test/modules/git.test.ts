import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import { LocalTransport } from '../../src/transport/local-connection.js';
import { describeUnless, notOnPath } from '../describe-unless.js';
import { systemClock } from '../stages/system-clock.js';
import { realHost } from './real-host.js';

type Args = Readonly<Record<string, unknown>>;

describeUnless(notOnPath('git'), 'git', () => {
  const real = realHost(() => new LocalTransport(systemClock));
  const source = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', real.path('a source'), ...args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        ...{
          GIT_AUTHOR_NAME: 'a',
          GIT_AUTHOR_EMAIL: 'a@b',
          GIT_COMMITTER_NAME: 'a',
          GIT_COMMITTER_EMAIL: 'a@b',
        },
      },
    }).trim();
  const commit = (text: string): string => {
    writeFileSync(real.path('a source/file'), text);
    source('add', 'file');
    source('commit', '-qm', text);
    return source('rev-parse', 'HEAD');
  };
  const text = (): string => readFileSync(real.path('dest/file'), 'utf8');
  const args = (more: Args = {}): Args => ({ repo: real.path('a source'), dest: real.path('dest'), ...more });
  let first: string;
  beforeEach(() => {
    mkdirSync(real.path('a source'));
    source('init', '-q', '-b', 'main');
    first = commit('one');
  });

  it('clones, follows its branch, and changes nothing the second time', async () => {
    const checked = await real.host.check('git', args());
    expect(checked).toMatchObject({
      summary: `clone ${real.path('a source')} to ${real.path('dest')} at HEAD`,
      diff: `${real.path('dest')} commit: none → ${first}`,
    });
    expect(existsSync(real.path('dest'))).toBe(false);
    mkdirSync(real.path('dest'));
    mkdirSync(real.path('.dest.adfpush-git/.git'), { recursive: true });
    expect(await real.run('git', args())).toMatchObject({
      changed: true,
      values: { before: null, after: first, remote_url_changed: false },
    });
    expect(await real.run('git', args())).toMatchObject({
      changed: false,
      values: { before: first, after: first },
    });
    const second = commit('two');
    expect(await real.run('git', args({ update: false }))).toMatchObject({ changed: false });
    expect(await real.run('git', args())).toMatchObject({
      changed: true,
      values: { before: first, after: second },
    });
    expect([text(), readdirSync(real.folder).sort()]).toEqual(['two', ['a source', 'dest']]);
  });

  it('goes to a tag, a branch and a commit, with all of the history or some', async () => {
    source('tag', '-a', '-m', 'x', 'v1');
    const second = commit('two');
    source('checkout', '-q', '-b', 'side/one');
    const third = commit('three');
    const file = { repo: `file://${real.path('a source')}`, depth: 1 };
    for (const [version, after, more] of [
      ['v1', first, file],
      ['main', second, file],
      ['side/one', third, {}],
      [first, first, {}],
      [third.slice(0, 8), third, {}],
    ] as const) {
      expect(await real.run('git', args({ ...more, version }))).toMatchObject({
        changed: true,
        values: { after },
      });
      expect(await real.run('git', args({ ...more, version }))).toMatchObject({ changed: false });
    }
    await expect(real.run('git', args({ version: 'sidee' }))).rejects.toMatchObject({
      code: 'git.no_version',
    });
  });

  it('throws changes away only when told to', async () => {
    await real.run('git', args());
    writeFileSync(real.path('dest/file'), 'mine');
    writeFileSync(real.path('dest/untracked'), 'mine');
    await expect(real.run('git', args())).rejects.toMatchObject({
      ...{ code: 'git.changed', message: expect.stringContaining('file') as string },
    });
    expect(text()).toBe('mine');
    expect(await real.run('git', args({ force: true }))).toMatchObject({ changed: true });
    expect([text(), existsSync(real.path('dest/untracked'))]).toEqual(['one', true]);
  });

  it('moves to another repository, and into no folder with something in it', async () => {
    await real.run('git', args());
    const repo = `file://${real.path('a source')}`;
    expect(await real.run('git', args({ repo }))).toMatchObject({
      changed: true,
      values: { remote_url_changed: true },
    });
    mkdirSync(real.path('full/x'), { recursive: true });
    await expect(real.run('git', args({ dest: real.path('full') }))).rejects.toMatchObject({
      code: 'git.not_empty',
    });
    await expect(real.run('git', args({ repo: real.path('none') }))).rejects.toMatchObject({
      code: 'git.no_remote',
    });
  });

  it('shows user and password to the server alone', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.writeHead(request.headers.authorization === undefined ? 401 : 404, {
        'www-authenticate': 'Basic realm="x"',
      });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const commands: unknown[] = [];
    const run = real.host.run.bind(real.host);
    real.host.run = (command, options) => {
      commands.push('script' in command ? command.exposes : command);
      return run(command, options);
    };
    try {
      const repo = new Secret(`http://deploy:p%40ssw0rd@127.0.0.1:${port}/app.git`);
      const failure: unknown = await real.run('git', args({ repo })).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'git.no_remote' });
      expect(asked).toContain(`Basic ${Buffer.from('deploy:p@ssw0rd').toString('base64')}`);
      expect(JSON.stringify([commands, failure, String(failure)])).not.toMatch(/ssw0rd/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it.each<[Args, string]>([
    [{ repo: '--upload-pack=x' }, 'must be a repository'],
    [{ version: '-x' }, 'must be a branch'],
    [{ versoin: 'x' }, 'versoin'],
  ])('%j is refused', async (more, message) => {
    await expect(real.host.check('git', args(more))).rejects.toThrow(message);
  });
});
