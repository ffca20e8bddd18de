import { apt } from './apt.js';
import { register, registerReading, type RegisteredModule } from './module.js';
import { dockerExec } from './docker-exec.js';
import { dockerLogin } from './docker-login.js';
import { dockerLogs } from './docker-logs.js';
import { dockerNetwork } from './docker-network.js';
import { dockerVolume } from './docker-volume.js';
import { group } from './group.js';
import { includeVars } from './include-vars.js';
import { localCommand } from './local-command.js';
import { packageModule } from './package.js';
import { ping } from './ping.js';
import { reboot } from './reboot.js';
import { service } from './service.js';
import { systemd } from './systemd.js';
import { user } from './user.js';
import { waitFor } from './wait-for.js';
import { webhook } from './webhook.js';

/** Modules for the software of a host, for the control machine, and for the run itself. */
export const systemModules: readonly RegisteredModule[] = [
  register(apt),
  register(packageModule),
  register(service),
  register(systemd),
  register(reboot),
  register(user),
  register(group),
  register(dockerNetwork),
  register(dockerVolume),
  register(dockerExec),
  registerReading(dockerLogin),
  registerReading(dockerLogs),
  registerReading(ping),
  registerReading(waitFor),
  registerReading(includeVars),
  register(localCommand),
  register(webhook),
];
