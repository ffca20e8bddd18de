import { createHash } from 'node:crypto';
import type { StepId } from '../../ports/transport.js';
import { quote } from '../quote.js';

/**
 * Where on a host the records of steps may be, best first, as the positional parameters of an sh script: in the user's state folder; where
 * there is no home, or it cannot be written to, in a folder of the user's own where everybody may make one.
 * The name comes from sshd's environment, since asking `id` would cost a process each time; who owns the folder is checked anyway.
 */
export const places = [
  'adf_u=${LOGNAME:-${USER:-$(id -u)}};',
  // A home that is not there is not made.
  'adf_h=; [ -d "$HOME" ] && adf_h=${XDG_STATE_HOME:-$HOME/.local/state};',
  'set -- ${adf_h:+"$adf_h/adfpush/steps"} "/var/tmp/adfpush-$adf_u" "/dev/shm/adfpush-$adf_u" "/tmp/adfpush-$adf_u";',
].join(' ');

/** `ours` is true for a place that is a folder of this user's own: others could have planted one, or a link, where all may write. */
export const ours = 'ours() { if [ -h "$adf_b" ]; then return 1; fi; [ -d "$adf_b" ] && [ -O "$adf_b" ]; };';

/** The folder of the run and the file of the step in it, for sh. The ids may hold anything: what is no name of a file is hashed. */
export const stepVariables = ({ run, id }: StepId): string =>
  `adf_n=${quote(fileName(run))}; adf_i=${quote(fileName(id))};`;

const fileName = (id: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,150}$/.test(id)
    ? id
    : createHash('sha256').update(id).digest('hex').slice(0, 40);

/**
 * Sets `t` to when a process began, in ticks since the boot, and `k` to the boot: together with its number they name a process
 * for all time. Empty where there is no /proc.
 */
export const processIdentity = [
  'adf_t=; adf_k=;',
  // A zombie has ended. The name in the second field may hold anything, so all up to its parenthesis is dropped: the 22nd field is the 20th then.
  'began() { adf_t=; { read -r adf_s </proc/$1/stat; } 2>/dev/null || return 0; set -- ${adf_s##*) }; [ "$1" = Z ] || adf_t=${20}; };',
  '{ read -r adf_k </proc/sys/kernel/random/boot_id; } 2>/dev/null || adf_k=none;',
].join(' ');
