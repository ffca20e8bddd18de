import { describeHost } from '../model/host.js';
import type { Place } from '../model/source.js';
import { AdfError } from './adf-error.js';
import type { ErrorHost } from './ssh.js';

/** OpenSSH itself cannot read its configuration. `words` are its own; they name file and line. */
export const openSshConfigRefused = (name: string, words: string): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'invalid',
    message: `OpenSSH's configuration has no answer for ${name}: ${words}`,
    ...positionOf(words),
    hint: /jumphost loop/.test(words)
      ? 'Give the bastion a Host section of its own with ProxyJump none, before the one for all hosts.'
      : `See what ssh says: ssh -G ${name}`,
  });

/** `~/.ssh/config line 3: …` or `~/.ssh/config: line 3: …`, as OpenSSH says where. It counts lines only. */
function positionOf(words: string): { readonly at?: Place } {
  const [, file, line] = /^(\/[^\n]*?):? line (\d+):/m.exec(words) ?? [];
  return file === undefined ? {} : { at: { file, line: Number(line), column: 1 } };
}

/** `ssh -G` did not come to an end. */
export const openSshConfigSlow = (name: string, seconds: number): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'invalid',
    message: `ssh -G ${name} gave no answer within ${seconds} s`,
    hint: 'A Match exec or a name server may be slow. ssh: { config_file: none } leaves the configuration out.',
  });

/** `ssh -G` could not be started, though it is there. */
export const openSshNotStarted = (reason: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'failed',
    message: `ssh, which knows OpenSSH's configuration, could not be started: ${reason}`,
    hint: 'ssh: { config_file: none } does without it.',
    cause,
  });

/** The configuration asks for something that adfpush's own SSH does not do. */
export const openSshSettingUnsupported = (name: string, setting: string, why: string): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'invalid',
    message: `OpenSSH's configuration for ${name} says ${setting}: ${why}`,
    hint: 'Reach such hosts with ssh: { transport: openssh }, or change that line for them.',
  });

/** Without an `ssh` to ask, our own reading of its configuration came upon something that it must not guess. */
export const openSshLineRefused = (at: Place, sourceLine: string, why: string): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'invalid',
    message: why,
    at,
    sourceLine,
    hint: 'Install the OpenSSH client, which adfpush then asks, or name another file in ssh: { config_file }.',
  });

/** A file of the configuration that is there and cannot be read, or was named and is not there. */
export const openSshFileUnreadable = (file: string, reason: string): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'invalid',
    message: `OpenSSH's configuration ${file} cannot be read: ${reason}`,
    hint: 'Make it readable, or name another in ssh: { config_file }; none reads none.',
  });

/** A name that a shell would not take as one word; OpenSSH's configuration may hand it to one. */
export const unsafeName = (kind: 'host' | 'user', name: string): AdfError =>
  new AdfError({
    code: 'ssh.unsafe_name',
    class: 'invalid',
    message: `${JSON.stringify(name)} cannot be the name of a ${kind}: it has characters that mean something to a shell`,
    hint: `A ${kind === 'host' ? 'ProxyCommand or Match exec' : 'ProxyCommand'} of OpenSSH's configuration may be given it. Use letters, digits, dots and dashes.`,
  });

/** A token that the setting it stands in does not have. */
export const unknownToken = (setting: string, template: string, token: string): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'invalid',
    message: `"${token}" in ${setting} "${template}" stands for nothing`,
    hint: 'See TOKENS in ssh_config(5); a percent sign itself is written %%.',
  });

/** `${NAME}` where the environment has no NAME. */
export const unsetVariable = (setting: string, template: string, name: string): AdfError =>
  new AdfError({
    code: 'ssh.config',
    class: 'invalid',
    message: `${setting} "${template}" needs the environment variable ${name}, which is not set`,
    hint: `Set ${name}, or write the value itself.`,
  });

/** A ProxyCommand could not be started, or ended other than with exit code 0. `stderr` is the end of what it said. */
export const proxyCommandFailed = (
  host: ErrorHost,
  command: string,
  how: string,
  stderr: string,
): AdfError => {
  const shown = command.length > 200 ? `${command.slice(0, 200)}…` : command;
  return new AdfError({
    code: 'ssh.proxy_command',
    class: 'failed',
    message: `the ProxyCommand of ${describeHost(host)} (${shown}) ${how}${stderr === '' ? '' : `: ${stderr}`}`,
    host: describeHost(host),
    hint: 'Run it by hand: the banner of an SSH server, such as SSH-2.0-OpenSSH_9.2, should come out.',
  });
};
