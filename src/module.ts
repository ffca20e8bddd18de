/**
 * What a project's own modules are written with: `import { defineModule, z } from 'adfpush/module'`. It is the same interface that the
 * modules of adfpush have.
 */
export { defineModule, defineReadingModule } from './modules/own-module.js';
export type { ModuleDefinition, ReadingModuleDefinition } from './modules/own-module.js';
export { shWith } from './modules/on-the-host.js';
export { requireSuccess } from './modules/require-success.js';
export { Secret } from './model/secret.js';
export { UnknownValue } from './model/unknown.js';
export { z } from 'zod';
export type { Change, Effect, ModuleHost, ModuleResult } from './modules/module.js';
export type { CommandResult, RemoteCommand } from './ports/transport.js';
