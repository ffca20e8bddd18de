import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/model/host.js';
import { environmentName, hostId } from '../../src/model/ids.js';
import type {
  CommandResult,
  Connection,
  RemoteCommand,
  RunOptions,
  Transport,
} from '../../src/ports/transport.js';
import { commandLine } from '../../src/transport/command-line.js';
import { LocalConnection, LocalProcess } from '../../src/transport/local-connection.js';
import { runToEnd } from '../../src/transport/run-to-end.js';
import { isDeep } from '../deep.js';
import { everythingIsDemanded } from '../demanded.js';
import { systemClock } from './system-clock.js';

export const thisMachine: Host = {
  id: hostId('here'),
  name: 'here',
  environment: environmentName('test'),
  groups: [],
  address: '127.0.0.1',
  targetIds: [],
  ssh: {},
  docker: {},
  facts: {},
};

/** This machine, its scripts run by another sh, and with nothing but the programs of `path`; more of sh may come after that and a `;`. */
export class OtherShell implements Transport {
  readonly started: LocalProcess[] = [];

  constructor(
    readonly shell: string,
    readonly path?: string,
  ) {}

  connect(host: Host): Promise<Connection> {
    const local = new LocalConnection(host, systemClock);
    const run = (command: RemoteCommand, options: RunOptions = {}): Promise<CommandResult> =>
      this.#run(command, options);
    return Promise.resolve({
      host,
      alive: true,
      run,
      stream: local.stream.bind(local),
      recordOf: () => Promise.reject(new Error('not used by files')),
      endStep: () => Promise.reject(new Error('not used by files')),
      forward: local.forward.bind(local),
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #run(command: RemoteCommand, options: RunOptions): Promise<CommandResult> {
    const { line, stdin } = commandLine(command, options);
    const path = this.path === undefined ? '' : `export PATH; PATH=${this.path}; `;
    const process = new LocalProcess(path + line.replace('/bin/sh', this.shell));
    this.started.push(process);
    const { result } = await runToEnd(process, systemClock, {
      ...options,
      ...(stdin === undefined ? {} : { input: stdin }),
      terminate: async () => process.signal('SIGKILL'),
      whyLost: () => undefined,
    });
    return result;
  }
}

/** Where busybox is, if it is anywhere. */
const busybox = [process.env['ADFPUSH_BUSYBOX'], '/bin/busybox', '/usr/bin/busybox'].find(
  (path) => path !== undefined && existsSync(path),
);

/** The shells that hosts have, by name; busybox comes with its own programs and no others, as on Alpine. */
export function shells(folder: string): readonly (readonly [string, () => OtherShell])[] {
  if (busybox === undefined) {
    if (everythingIsDemanded())
      throw new Error('files of a host with busybox are demanded, and there is none here');
    console.warn('LEFT OUT: the files of a host with busybox, because there is none here');
  }
  return [
    ['dash', () => new OtherShell('/bin/dash')],
    // It differs in little that scripts use.
    ...(isDeep() ? [['bash', () => new OtherShell('/bin/bash --posix')] as const] : []),
    ...(busybox === undefined
      ? []
      : [
          [
            'busybox',
            () => new OtherShell(join(applets(folder, busybox), 'sh'), applets(folder, busybox)),
          ] as const,
        ]),
  ];
}

function applets(folder: string, program: string): string {
  const bin = join(folder, 'busybox');
  if (existsSync(bin)) return bin;
  mkdirSync(bin, { recursive: true });
  for (const applet of execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    symlinkSync(program, join(bin, applet));
  }
  return bin;
}
