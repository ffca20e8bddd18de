import { AdfError } from './adf-error.js';
import { describeHost } from '../model/host.js';
import type { ErrorHost } from './ssh.js';

/** No HTTP answer came: refused, reset, timed out, or not HTTP. */
export const noAnswer = (host: ErrorHost, url: string, reason: string): AdfError =>
  new AdfError({
    code: 'http.no_answer',
    class: 'failed',
    message: `${url} on ${describeHost(host)} gives no answer: ${reason}`,
    host: describeHost(host),
  });
