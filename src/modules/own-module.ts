import { ownModuleFailed } from '../errors/own-modules.js';
import { AdfError } from '../errors/adf-error.js';
import {
  register,
  registerReading,
  type Module,
  type ModuleHost,
  type ReadingModule,
  type RegisteredModule,
} from './module.js';

/** A module that may change hosts, as a project writes it. Its name is the name of its file. */
export type ModuleDefinition<Args, Details> = Omit<Module<Args, Details>, 'name'>;

/** A module that changes nothing, as a project writes it. Its name is the name of its file. */
export type ReadingModuleDefinition<Args> = Omit<ReadingModule<Args>, 'name'>;

/** A module of a project, not named yet. */
export class OwnModule {
  constructor(readonly named: (name: string) => RegisteredModule) {}
}

/**
 * A module that may change hosts. `check` looks and says what would change; `apply` makes that change. An ordinary error that one of them
 * throws fails the task with its message.
 */
export const defineModule = <Args, Details>(definition: ModuleDefinition<Args, Details>): OwnModule =>
  new OwnModule((name) =>
    register<Args, Details>({
      ...definition,
      name,
      check: (args, host) => orFailure(name, host, () => definition.check(args, host)),
      apply: (args, details, host) => orFailure(name, host, () => definition.apply(args, details, host)),
    }),
  );

/** A module that only looks: `read` gives what it found. */
export const defineReadingModule = <Args>(definition: ReadingModuleDefinition<Args>): OwnModule =>
  new OwnModule((name) =>
    registerReading<Args>({
      looksAtHost: true,
      ...definition,
      name,
      read: (args, host) => orFailure(name, host, () => definition.read(args, host)),
    }),
  );

async function orFailure<T>(module: string, { host, signal }: ModuleHost, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    // What adfpush itself throws says best what it means, and so does the reason of a task that is cancelled.
    if (error instanceof AdfError || signal.aborted) throw error;
    throw ownModuleFailed(module, host, error);
  }
}
