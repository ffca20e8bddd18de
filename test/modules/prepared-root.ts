import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../stages/temporary-folder.js';

/** A folder that programs take for the whole file system, so that they change no user of this machine. */
export class PreparedRoot {
  readonly folder = temporaryFolder('root');

  /** Programs of this machine, with the libraries that they need. */
  constructor(programs: readonly string[]) {
    for (const folder of ['bin', 'etc/skel', 'home', 'tmp', 'var/mail', 'dev'])
      mkdirSync(join(this.folder, folder), { recursive: true });
    writeFileSync(join(this.folder, 'dev/null'), '');
    for (const program of programs) {
      const path = execFileSync('/bin/sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).trim();
      this.#copy(realpathSync(path), `bin/${program}`);
      const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
      for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) this.#copy(library, library);
    }
  }

  /** busybox is many programs in one. */
  linkAll(names: readonly string[], to: string): void {
    for (const name of names)
      if (!existsSync(join(this.folder, 'bin', name))) symlinkSync(to, join(this.folder, 'bin', name));
  }

  /** A script for sh. */
  program(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}`);
    chmodSync(join(this.folder, 'bin', name), 0o755);
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** How sh is begun there. */
  get shell(): string {
    return `chroot ${this.folder} /bin/sh`;
  }

  #copy(from: string, to: string): void {
    const target = join(this.folder, to);
    if (existsSync(target)) return;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(from), target);
  }
}

/** Why no such root can be made here, as `describeUnless` wants it. */
export const noRootFor = (programs: readonly string[]): string | undefined => {
  if (process.getuid?.() !== 0) return 'only root may use chroot';
  const lacking = ['chroot', 'ldd', ...programs].find(
    (program) => spawnSync('/bin/sh', ['-c', 'command -v "$0"', program]).status !== 0,
  );
  return lacking === undefined ? undefined : `${lacking} is not installed`;
};
