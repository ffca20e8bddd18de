import { join, resolve } from 'node:path';
import type { Host } from '../../model/host.js';

/** What is true on this machine, whatever the host. */
export interface Surroundings {
  /** OpenSSH's client. */
  readonly program: string;
  /** Where `~` is. */
  readonly homeDirectory: string;
  /** What relative paths of an inventory begin at. */
  readonly baseDirectory: string;
}

export const absolute = (path: string, { homeDirectory, baseDirectory }: Surroundings): string =>
  path === '~' || path.startsWith('~/') ? join(homeDirectory, path.slice(1)) : resolve(baseDirectory, path);

export const isNone = (setting: string): boolean => setting.toLowerCase() === 'none';

/** The configuration that the inventory names: `none`, or an absolute path. */
export const configFileOf = ({ ssh }: Host, surroundings: Surroundings): string | undefined =>
  ssh.configFile === undefined || isNone(ssh.configFile)
    ? ssh.configFile
    : absolute(ssh.configFile, surroundings);
