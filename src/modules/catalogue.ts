import { addHost } from './add-host.js';
import { assert } from './assert.js';
import { asyncStatus } from './async-status.js';
import { blockinfile } from './blockinfile.js';
import { command } from './command.js';
import { copy } from './copy.js';
import { cron } from './cron.js';
import { debug } from './debug.js';
import { dockerContainer } from './docker-container.js';
import { dockerImage } from './docker-image.js';
import { dockerPrune } from './docker-prune.js';
import { elbTarget } from './elb-target.js';
import { fail } from './fail.js';
import { fetch } from './fetch.js';
import { file } from './file.js';
import { find } from './find.js';
import { getUrl } from './get-url.js';
import { git } from './git.js';
import { health } from './health.js';
import { lineinfile } from './lineinfile.js';
import { meta } from './meta.js';
import { register, registerReading, type ModulesByName, type RegisteredModule } from './module.js';
import { pause } from './pause.js';
import { replace } from './replace.js';
import { script } from './script.js';
import { setFact } from './set-fact.js';
import { setup } from './setup.js';
import { shell } from './shell.js';
import { stat } from './stat.js';
import { systemModules } from './system-modules.js';
import { template } from './template.js';
import { unarchive } from './unarchive.js';
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
  register(lineinfile),
  register(replace),
  register(blockinfile),
  register(cron),
  register(getUrl),
  register(unarchive),
  register(git),
  register(fetch),
  register(script),
  ...systemModules,
  registerReading(stat),
  registerReading(find),
  registerReading(uri),
  registerReading(asyncStatus),
  registerReading(health),
  registerReading(pause),
  registerReading(assert),
  registerReading(fail),
  registerReading(debug),
  registerReading(setFact),
  registerReading(addHost),
  registerReading(setup),
  registerReading(meta),
];

/** By name. */
export const modules: ModulesByName = new Map(all.map((module) => [module.name, module]));
