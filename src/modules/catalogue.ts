import { assert } from './assert.js';
import { command } from './command.js';
import { copy } from './copy.js';
import { debug } from './debug.js';
import { dockerContainer } from './docker-container.js';
import { dockerImage } from './docker-image.js';
import { dockerPrune } from './docker-prune.js';
import { elbTarget } from './elb-target.js';
import { fail } from './fail.js';
import { fetch } from './fetch.js';
import { file } from './file.js';
import { health } from './health.js';
import { meta } from './meta.js';
import { register, registerReading, type RegisteredModule } from './module.js';
import { pause } from './pause.js';
import { script } from './script.js';
import { setFact } from './set-fact.js';
import { shell } from './shell.js';
import { template } from './template.js';
import { uri } from './uri.js';

/** Every module a task can name. */
const all: readonly RegisteredModule[] = [
  register(elbTarget),
  register(dockerImage),
  register(dockerContainer),
  register(dockerPrune),
  register(command),
  register(shell),
  register(copy),
  register(template),
  register(file),
  register(fetch),
  register(script),
  registerReading(uri),
  registerReading(health),
  registerReading(pause),
  registerReading(assert),
  registerReading(fail),
  registerReading(debug),
  registerReading(setFact),
  registerReading(meta),
];

/** By name. */
export const modules: ReadonlyMap<string, RegisteredModule> = new Map(
  all.map((module) => [module.name, module]),
);
