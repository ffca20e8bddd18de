import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ModuleResult } from '../../src/modules/module.js';
import type { RunOptions } from '../../src/ports/transport.js';
import { LocalConnection } from '../../src/transport/local-connection.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { World } from '../fakes/world/world.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { systemClock } from '../stages/system-clock.js';
import { thisMachine } from '../stages/host-shells.js';
import { FakeModuleHost } from './fake-module-host.js';

/** The module `script`, its commands run by a real shell. */
describe('a script on a host', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('script-test');
  });

  async function run(
    content: string | Uint8Array,
    cmd: string | readonly string[] = 'job',
    env: Readonly<Record<string, string>> = {},
    /** How much of what is sent arrives before the connection is lost. */
    arrives?: number,
  ): Promise<ModuleResult> {
    const world = new World();
    const host = new FakeModuleHost(world, world.addHost('h1'));
    host.project = new MemoryFiles({ 'files/job': content });
    const connection = new LocalConnection(thisMachine, systemClock);
    const options = { env: { XDG_RUNTIME_DIR: folder, ...env } };
    host.run = (command, given?: RunOptions) => {
      const stdin = (given?.stdin as Uint8Array | undefined)?.subarray(0, arrives);
      return connection.run(command, { ...given, ...(stdin === undefined ? {} : { stdin }), ...options });
    };
    const checked = await host.check('script', { cmd, chdir: folder });
    return checked.changes ? checked.apply() : checked.result;
  }

  it.each([
    ['sh, where it names nothing', 'echo "$0" | sed "s|.*/||"; echo "$1|$2"', 'script\na b|*'],
    ['the interpreter of its first line', '#!/bin/bash\necho "${BASH##*/} $1|$2"', 'bash a b|*'],
    ['one with an argument', '#!/usr/bin/env bash\necho "${BASH##*/} $1|$2"', 'bash a b|*'],
    ['one with an option', '#! /bin/sh -e \nfalse; echo not reached', ''],
  ])('is run by %s', async (_, content, said) => {
    const { values } = await run(content, 'job "a b" "*"');
    expect(values['stdout']).toBe(said);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('may be a program', async () => {
    const basename = execFileSync('sh', ['-c', 'command -v basename'], { encoding: 'utf8' }).trim();
    const program = readFileSync(basename);
    expect((await run(program, 'job /srv/hello')).values).toMatchObject({ rc: 0, stdout: 'hello' });
  });

  it('tells its own exit code, and leaves nothing behind', async () => {
    const result = await run('echo why >&2; exit 7');
    expect(result.values).toMatchObject({ rc: 7, stderr: 'why' });
    expect(result.failure).toMatchObject({ code: 'command.failed' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does nothing when a part of it is missing, and says so', async () => {
    const content = 'echo begun\nrm -r old/archive\n';
    for (let length = 0; length < content.length; length += 1) {
      const { values } = await run(content, 'job', {}, length);
      expect(values, `cut after ${length}`).toMatchObject({ rc: 126, stdout: '' });
      expect(values['stderr']).toContain('nothing of it was run');
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it('has nothing on its stdin, and is where nobody else can read it', async () => {
    const { values } = await run('cat; ls -ld "${0%/*}" | cut -c1-10; ls -l "$0" | cut -c1-10');
    expect(values['stdout']).toBe('drwx------\n-rwx------');
  });

  it('hands on any argument as it is', async () => {
    const args = ["it's", '"', '\\', '$HOME', '`id`', 'a\nb', '', '-n', 'ö', '!x'];
    const { values } = await run('printf "[%s]" "$@"', ['job', ...args]);
    expect(values['stdout']).toBe(args.map((one) => `[${one}]`).join(''));
  });

  it('finds a folder where the usual ones cannot be written to', async () => {
    const { values } = await run('echo "${0%/.adfpush*}"', 'job', {
      XDG_RUNTIME_DIR: '/proc',
      TMPDIR: folder,
    });
    expect(values['stdout']).toBe(folder);
  });

  it('removes what one that was killed left, and nothing of one that runs', async () => {
    const began = readFileSync(`/proc/${process.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[19];
    const [living, dead] = [`.adfpush-script-${process.pid}-${began}`, `.adfpush-script-${process.pid}-1`];
    for (const one of [living, dead]) mkdirSync(join(folder, one));
    writeFileSync(join(folder, dead, 'script'), '');
    chmodSync(join(folder, dead, 'script'), 0o700);
    await run('true');
    expect(readdirSync(folder)).toEqual([living]);
  });
});
