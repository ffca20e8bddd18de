import { assert } from './assert.js';
import { command } from './command.js';
import { debug } from './debug.js';
import { dockerContainer } from './docker-container.js';
import { dockerImage } from './docker-image.js';
import { dockerPrune } from './docker-prune.js';
import { elbTarget } from './elb-target.js';
import { fail } from './fail.js';
import { health } from './health.js';
import { register, registerReading, type RegisteredModule } from './module.js';
import { pause } from './pause.js';
import { setFact } from './set-fact.js';
import { shell } from './shell.js';
import { uri } from './uri.js';

/** Every module a task can name. */
const all: readonly RegisteredModule[] = [
  register(elbTarget),
  register(dockerImage),
  register(dockerContainer),
  register(dockerPrune),
  register(command),
  register(shell),
  registerReading(uri),
  registerReading(health),
  registerReading(pause),
  registerReading(assert),
  registerReading(fail),
  registerReading(debug),
  registerReading(setFact),
];

/** By name. */
export const modules: ReadonlyMap<string, RegisteredModule> = new Map(
  all.map((module) => [module.name, module]),
);
