import type { Finding } from '../../model/doctor-report.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Attempt } from './attempt.js';
import { failed, ok, warning } from './findings.js';
import type { SessionLook } from './session-look.js';

/** What start-up files may cost every command before it is worth a word. */
const tolerable: Milliseconds = 50;

export function shellFinding(session: Attempt<SessionLook>): Finding<'shell'> {
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
export function startUpFinding(session: Attempt<SessionLook>): Finding<'start_up_files'> {
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
