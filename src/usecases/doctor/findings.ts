import type { AdfError } from '../../errors/adf-error.js';
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
  ...(hint === undefined ? {} : { hint }),
});

/** A connection that failed: what came before that is proven, the rest is not known. */
export function unreached(error: AdfError): readonly Finding<HostCheck>[] {
  const stopped = checkOf(error);
  const before = hostChecks.slice(0, hostChecks.indexOf(stopped));
  return [...before.map((check) => ok(check, '')), failed(stopped, error)];
}

/** The check that a failed connection did not pass. */
function checkOf({ code, phase }: AdfError): HostCheck {
  if (code === 'ssh.host_key') return 'host_key';
  if (code === 'ssh.authentication') return 'authentication';
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
