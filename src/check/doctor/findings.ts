import type { AdfError } from '../../errors/adf-error.js';
import { defined } from '../../model/defined.js';
import { hostChecks, type Finding, type HostCheck } from '../../model/doctor-report.js';

export const ok = <Check extends string>(check: Check, detail: string): Finding<Check> => ({
  check,
  status: 'ok',
  detail,
});

export const warning = <Check extends string>(
  check: Check,
  detail: string,
  hint: string,
): Finding<Check> => ({
  check,
  status: 'warning',
  detail,
  hint,
});

export const failed = <Check extends string>(
  check: Check,
  { message, hint }: Pick<AdfError, 'message' | 'hint'>,
): Finding<Check> => ({
  check,
  status: 'failed',
  detail: message,
  ...defined({ hint }),
});

/** A connection that failed: what came before that is proven, the rest is not known. Of a host that was left alone nothing is. */
export function unreached(error: AdfError): readonly Finding<HostCheck>[] {
  const stopped = checkOf(error);
  const before = error.code === leftAlone ? [] : hostChecks.slice(0, hostChecks.indexOf(stopped));
  return [...before.map((check) => ok(check, '')), failed(stopped, error)];
}

/** Others refused the same keys before its turn came. */
const leftAlone = 'ssh.authentication_stopped';

/** Errors that say by their code where the connection stopped. */
const checks: Readonly<Record<string, HostCheck>> = {
  'ssh.host_key': 'host_key',
  'ssh.authentication': 'authentication',
  [leftAlone]: 'authentication',
  'aws.instance_connect': 'authentication',
  'ssh.proxy_command': 'tcp',
};

/** The check that a failed connection did not pass: the name, where settings kept it from being tried. */
function checkOf({ code, phase }: AdfError): HostCheck {
  const check = checks[code];
  if (check !== undefined) return check;
  switch (phase) {
    case 'tcp':
    case 'banner':
    case 'bastion':
      return 'tcp';
    case 'handshake':
      return 'host_key';
    case 'authentication':
      return 'authentication';
    case 'channel':
      return 'shell';
    default:
      return 'name';
  }
}
