import { diskFull } from '../../errors/preflight.js';
import type { Finding } from '../../model/doctor-report.js';
import type { Host } from '../../model/host.js';
import { neededBytes } from '../../plan/preflight.js';
import type { RuntimeInfo } from '../../ports/container-runtime.js';
import type { Attempt } from './attempt.js';
import { failed, ok, warning } from './findings.js';
import type { SessionLook } from './session-look.js';

export function dockerFinding(engine: Attempt<RuntimeInfo>): Finding<'docker'> {
  if ('error' in engine) return failed('docker', engine.error);
  const { version, apiVersion, address, elsewhere, os, architecture } = engine.value;
  const detail = `${version} (API ${apiVersion}) at ${address}, ${os}/${architecture}`;
  if (elsewhere === undefined) return ok('docker', detail);
  return warning(
    'docker',
    `${detail}; the login user's docker goes to ${elsewhere}`,
    'If that is the Engine to deploy to, write docker: { follow_context: true } into the inventory, or name its socket.',
  );
}

/** Room for images, and folders that can be written to. */
export function diskFinding(
  host: Host,
  engine: Attempt<RuntimeInfo>,
  session: Attempt<SessionLook>,
): Finding<'disk'> {
  const notWritable = 'value' in session ? session.value.notWritable : [];
  if (notWritable.includes('/var/tmp')) {
    return failed('disk', {
      message: '/var/tmp cannot be written to, where the lock of its groups would be',
      hint: 'Mount it writable, and give it the mode 1777.',
    });
  }
  const freeBytes = 'value' in engine ? engine.value.freeBytes : undefined;
  if (freeBytes !== undefined && freeBytes < neededBytes) {
    return failed('disk', diskFull(host, freeBytes, neededBytes));
  }
  if (notWritable.length > 0) {
    return warning(
      'disk',
      `the SSH user cannot write to ${notWritable.join(' and ')}`,
      'Give the user a home folder of its own.',
    );
  }
  if (freeBytes === undefined) return { check: 'disk', status: 'not_checked', detail: '' };
  return ok('disk', `${gigabytes(freeBytes)} free for Docker`);
}

const gigabytes = (bytes: number): string => `${(bytes / 1_073_741_824).toFixed(1)} GiB`;
