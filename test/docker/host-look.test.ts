import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { engineAddresses } from '../../src/docker/engine-address.js';
import { dataFolderVariable, hostLookScript, readHostLook } from '../../src/docker/host-look.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

let home: string;
beforeEach(() => {
  home = temporaryFolder('look');
});

/** Runs the script as a host would, for a user with this environment. */
const look = (environment: Readonly<Record<string, string>> = {}) => {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, ...environment };
  return readHostLook(execFileSync('/bin/sh', ['-s'], { input: hostLookScript, env, encoding: 'utf8' }));
};

function configure(folder: string, config: object): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config, undefined, '\t'));
}

/** As `docker context create` writes it. */
function makeContext(folder: string, name: string, address: string): void {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = join(folder, 'contexts', 'meta', id);
  mkdirSync(meta, { recursive: true });
  const endpoints = { docker: { Host: address, SkipTLSVerify: false } };
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Metadata: {}, Endpoints: endpoints }));
}

describe('what a host is asked besides its Engine', () => {
  test('is the room where the Engine keeps its data', () => {
    expect(look({ [dataFolderVariable]: home }).freeBytes).toBeGreaterThan(0);
    expect(look({ [dataFolderVariable]: '/no/such/folder' }).freeBytes).toBeUndefined();
    expect(look()).toEqual({});
  });

  test('is DOCKER_HOST of the login user, which counts before any context', () => {
    configure(join(home, '.docker'), { currentContext: 'other' });
    expect(look({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }).login).toEqual({
      by: 'DOCKER_HOST',
      address: 'unix:///run/user/1000/docker.sock',
    });
  });

  test('is the current context of the login user, with its endpoint', () => {
    configure(join(home, '.docker'), {
      auths: { 'r:5000': { auth: 'c2VjcmV0' } },
      currentContext: 'rootless',
    });
    makeContext(join(home, '.docker'), 'rootless', 'unix:///run/user/1000/docker.sock');

    expect(look().login).toEqual({
      by: 'docker context "rootless"',
      address: 'unix:///run/user/1000/docker.sock',
    });
  });

  test('is the context that DOCKER_CONTEXT names, in the folder that DOCKER_CONFIG names, though it is not there', () => {
    const folder = join(home, 'elsewhere');
    configure(folder, { currentContext: 'rootless' });
    expect(look({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'gone' }).login).toEqual({
      by: 'docker context "gone"',
    });
  });

  test.each([
    ['no configuration', undefined],
    ['a configuration without a context', { auths: {} }],
    ['the default context', { currentContext: 'default' }],
  ])('is nothing more with %s', (_what, config) => {
    if (config !== undefined) configure(join(home, '.docker'), config);
    expect(look().login).toBeUndefined();
  });
});

describe('the Engine that is spoken to', () => {
  const rootless = { by: 'DOCKER_HOST', address: 'unix:///run/user/1000/docker.sock' };

  test.each([
    ['the usual one', {}, undefined, { address: 'unix:///var/run/docker.sock' }],
    [
      'the usual one, though the login user’s docker goes elsewhere',
      {},
      rootless,
      {
        address: 'unix:///var/run/docker.sock',
        elsewhere: 'unix:///run/user/1000/docker.sock (DOCKER_HOST)',
      },
    ],
    [
      'the usual one, which the login user’s docker goes to by another name',
      {},
      { by: 'docker context "x"', address: 'unix:///run/docker.sock' },
      { address: 'unix:///var/run/docker.sock' },
    ],
    [
      'the one that the settings name',
      { socket: '/run/user/1000/docker.sock' },
      rootless,
      { address: 'unix:///run/user/1000/docker.sock' },
    ],
    [
      'the login user’s, where the settings ask for it',
      { followContext: true },
      rootless,
      { address: 'unix:///run/user/1000/docker.sock' },
    ],
    [
      'a context whose endpoint is not known',
      {},
      { by: 'docker context "gone"' },
      { address: 'unix:///var/run/docker.sock', elsewhere: 'docker context "gone"' },
    ],
  ])('is %s', (_what, settings, login, expected) => {
    expect(engineAddresses(settings, login)).toEqual(expected);
  });
});
