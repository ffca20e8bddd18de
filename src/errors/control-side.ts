import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

const failed = (code: string, host: Host, message: string, hint?: string): AdfError =>
  new AdfError({ code, class: 'failed', message, host: describeHost(host), ...defined({ hint }) });

/** `where` is the origin alone: the path of a webhook is often its password. */
export const webhookNotSent = (host: Host, where: string, reason: string): AdfError =>
  failed(
    'webhook.not_sent',
    host,
    `${where} was not reached: ${reason}.`,
    'The request was not delivered. A proxy is taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
  );

export const webhookUnknown = (host: Host, where: string, reason: string): AdfError =>
  failed(
    'command.unknown',
    host,
    `Whether ${where} got the request is not known: ${reason}.`,
    'Look there before it is sent again.',
  );

export const webhookStatus = (
  host: Host,
  where: string,
  status: number,
  expected: readonly number[],
  said: string,
): AdfError =>
  failed(
    'webhook.status',
    host,
    `${where} answered ${status}${expected.length === 0 ? '' : `, not ${expected.join(' or ')}`}${said === '' ? '' : `: ${said}`}.`,
  );

export const webhookSaysFailed = (host: Host, where: string, status: number, said: string): AdfError =>
  failed(
    'webhook.says_failed',
    host,
    `${where} answered ${status}, and says that it failed: ${said}.`,
    'If that is a success, write check_body: false.',
  );

export const noControlSide = (host: Host): AdfError =>
  failed('control_side.missing', host, 'Nothing can be done on the control machine here.');
