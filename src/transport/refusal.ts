import type { AdfError } from '../errors/adf-error.js';
import { runsNoCommands, type ErrorHost } from '../errors/ssh.js';

/**
 * What images of the cloud say to root instead of running a command, before they wait some seconds and end the session: it is not waited for. Undefined
 * for all other words. Source: cloud-init, `disable_root_opts`.
 */
export const refusalIn = (host: ErrorHost, words: string): AdfError | undefined =>
  /please log ?in as the user .* rather than the user/i.test(words) ? runsNoCommands(host, words) : undefined;
