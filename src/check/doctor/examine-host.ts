import { diskFull } from '../../errors/preflight.js';
import { defined } from '../../model/defined.js';
import { hostChecks, type Finding, type HostCheck, type HostDiagnosis } from '../../model/doctor-report.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { neededBytes } from '../../plan/preflight.js';
import type { Clock, Patience } from '../../ports/clock.js';
import type { ContainerRuntime, RuntimeInfo } from '../../ports/container-runtime.js';
import type { Transport } from '../../ports/transport.js';
import { attempt, type Attempt } from './attempt.js';
import { clockFinding } from './clocks.js';
import { failed, ok, unreached, warning } from './findings.js';
import { lookAtSession, type SessionLook } from './session-look.js';

/** What start-up files may cost every command before it is worth a word. */
const tolerable: Milliseconds = 50;

function shellFinding(session: Attempt<SessionLook>): Finding<'shell'> {
  if ('error' in session) return failed('shell', session.error);
  const { shell, command, printed } = session.value;
  if (printed !== '') {
    return warning(
      'shell',
      `${filesOf(shell)} prints "${printed.trim()}" for every command`,
      'Let it print only in a terminal: what it prints stands in front of what each command prints.',
    );
  }
  return ok('shell', `${nameOf(shell)}, ${milliseconds(command)} a command`);
}

/** Whether the login shell's start-up files cost every command more than is tolerable. */
function startUpFinding(session: Attempt<SessionLook>): Finding<'start_up_files'> {
  if ('error' in session) return { check: 'start_up_files', status: 'not_checked', detail: '' };
  const { shell, startUp } = session.value;
  if (startUp === undefined) {
    return {
      check: 'start_up_files',
      status: 'not_checked',
      detail: 'its date has no fractions of a second',
    };
  }
  if (startUp < tolerable) return ok('start_up_files', milliseconds(startUp));
  return warning(
    'start_up_files',
    `${filesOf(shell)} costs every command ${milliseconds(startUp)}`,
    nameOf(shell) === 'bash'
      ? 'sshd runs ~/.bashrc for every command: begin it with `case $- in *i*) ;; *) return ;; esac`, or give this user /bin/sh as login shell.'
      : 'sshd runs every command through the login shell: give this user /bin/sh, or let its start-up files end early where there is no terminal.',
  );
}

const nameOf = (shell: string): string => shell.split('/').at(-1) ?? shell;

/** What a shell reads when it is given a command by sshd; each shell's manual, under startup files. */
function filesOf(shell: string): string {
  const files: Readonly<Record<string, string>> = {
    bash: '~/.bashrc (or what it reads)',
    zsh: '~/.zshenv',
    fish: '~/.config/fish/config.fish',
    csh: '~/.cshrc',
    tcsh: '~/.tcshrc',
  };
  const name = nameOf(shell);
  return files[name] ?? `the start-up of ${name}`;
}

const milliseconds = (duration: Milliseconds): string => `${Math.round(duration)} ms`;

function dockerFinding(engine: Attempt<RuntimeInfo>): Finding<'docker'> {
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
function diskFinding(
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

interface Ports {
  readonly transport: Transport;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  /** What is asked of the host is asked again by this, when a blip kept it from being answered. */
  readonly outlast: Patience['outlast'];
}

/** Goes phase by phase as far as the host lets it. What does not work is a finding; a bug of ours is thrown. */
export async function examineHost(
  host: Host,
  { transport, runtime, clock, outlast }: Ports,
  signal: AbortSignal,
): Promise<HostDiagnosis> {
  const reached = await attempt(() =>
    outlast(async () => {
      const begun = clock.elapsed();
      await transport.connect(host, signal);
      return clock.elapsed() - begun;
    }),
  );
  if ('error' in reached) return diagnosis(host, unreached(reached.error));
  const way = throughTheDoor(host, reached.value);
  const session = await attempt(() =>
    outlast(async () => lookAtSession(await transport.connect(host, signal), clock, signal)),
  );
  const engine = await attempt(() => outlast(() => runtime.on(host).info()));
  const clockAhead = 'value' in session ? session.value.clockAhead : undefined;
  return {
    ...diagnosis(host, [
      ...way,
      shellFinding(session),
      startUpFinding(session),
      clockFinding(clockAhead),
      dockerFinding(engine),
      diskFinding(host, engine, session),
    ]),
    ...defined({ clockAhead }),
  };
}

/** What is proven by having a connection. */
const throughTheDoor = ({ address, ssh }: Host, duration: Milliseconds): readonly Finding<HostCheck>[] => [
  ok('name', address),
  ok('tcp', ssh.proxyJump === undefined ? 'answers' : `answers, through ${ssh.proxyJump}`),
  ok('host_key', 'known'),
  ok('authentication', `connected in ${Math.round(duration)} ms`),
];

/** A check without a finding was not made. */
const diagnosis = ({ id, name, address }: Host, findings: readonly Finding<HostCheck>[]): HostDiagnosis => ({
  host: id,
  name,
  address,
  findings: hostChecks.map(
    (check) =>
      findings.find((finding) => finding.check === check) ?? { check, status: 'not_checked', detail: '' },
  ),
});
