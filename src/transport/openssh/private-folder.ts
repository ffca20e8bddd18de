import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

const prefix = 'adfpush-ssh-';
const leftover = /^adfpush-ssh-(\d+)-/;
/** A socket's path may have 103 bytes on macOS, 107 on Linux; ssh adds 17 while it makes one (mux.c, muxserver_listen). */
const longestSocket = 103 - 17;
/** Of a run that has only just begun no socket may be there yet. */
const youngest = 10 * 60 * 1_000;

/** A folder that other users cannot look into, for the sockets of masters. */
export class PrivateFolder {
  #count = 0;

  private constructor(readonly path: string) {}

  /** In the first of `parents` whose path is short enough. What runs that were killed left there is removed. */
  static async make(parents: readonly string[], now: number): Promise<PrivateFolder> {
    const name = `${prefix}${process.pid}-`;
    const fits = (parent: string): boolean =>
      Buffer.byteLength(join(parent, `${name}XXXXXX/99999.s`)) <= longestSocket;
    const parent = parents.find(fits) ?? '/tmp';
    await removeLeftovers(parent, now);
    return new PrivateFolder(await mkdtemp(join(parent, name)));
  }

  /** Paths for one more connection. */
  next(): { readonly config: string; readonly socket: string } {
    this.#count += 1;
    return { config: join(this.path, `${this.#count}.c`), socket: join(this.path, `${this.#count}.s`) };
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function removeLeftovers(parent: string, now: number): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = Number(leftover.exec(name)?.[1]);
    const path = join(parent, name);
    if (Number.isNaN(pid) || isAlive(pid) || !(await isOldAndOurs(path, now))) continue;
    // A process of another container may share the folder, and has a number of its own.
    if (await isInUse(path)) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function isOldAndOurs(path: string, now: number): Promise<boolean> {
  try {
    const { uid, mtimeMs } = await lstat(path);
    return uid === process.getuid?.() && now - mtimeMs > youngest;
  } catch {
    return false;
  }
}

async function isInUse(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const answers = await Promise.all(
    names.filter((name) => name.endsWith('.s')).map((name) => answersAt(join(folder, name))),
  );
  return answers.includes(true);
}

const answersAt = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
