import { join } from 'node:path';
import { beforeEach } from 'vitest';
import type { ModuleResult } from '../../src/modules/module.js';
import type { RunOptions, Transport } from '../../src/ports/transport.js';
import { TransportFiles } from '../../src/transport/host-files/transport-files.js';
import { LocalTransport } from '../../src/transport/local-connection.js';
import { World } from '../fakes/world/world.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { shells, thisMachine, type OtherShell } from '../stages/host-shells.js';
import { systemClock } from '../stages/system-clock.js';
import { FakeModuleHost } from './fake-module-host.js';

/** A host whose commands and files are real: those of this machine, in a folder that is gone after the test. */
export interface RealHost {
  readonly host: FakeModuleHost;
  readonly folder: string;
  path(name: string): string;
  /** Checks and applies. */
  run(module: string, args: Readonly<Record<string, unknown>>): Promise<ModuleResult>;
}

/** One for each test of a block. Its fields are there from the first hook on. */
export function realHost(makeTransport: () => Transport = () => new LocalTransport(systemClock)): RealHost {
  const real: { host?: FakeModuleHost; folder?: string } = {};
  beforeEach(() => {
    real.folder = temporaryFolder('module-test');
    real.host = hostOf(makeTransport());
  });
  const known = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the test has not begun');
    return value;
  };
  return {
    get host() {
      return known(real.host);
    },
    get folder() {
      return known(real.folder);
    },
    path: (name) => join(known(real.folder), name),
    async run(module, args) {
      const checked = await known(real.host).check(module, args);
      return checked.changes ? checked.apply() : checked.result;
    },
  };
}

function hostOf(transport: Transport): FakeModuleHost {
  const world = new World();
  const host = new FakeModuleHost(world, world.addHost('h1'));
  host.run = async (command, options?: RunOptions) =>
    (await transport.connect(thisMachine)).run(command, { ...options });
  const files = new TransportFiles(transport).on(thisMachine, { become: false });
  Object.defineProperty(host, 'files', { value: files });
  return host;
}

const applets = temporaryFolder('module-shells');

/** The shells that hosts have, each with its own programs. */
export const hostShells: readonly (readonly [string, () => OtherShell])[] = shells(applets);
