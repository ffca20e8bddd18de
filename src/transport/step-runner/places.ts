import { createHash } from 'node:crypto';
import type { StepId } from '../../ports/transport.js';
import { quote } from '../quote.js';

/**
 * Where on a host the records of steps may be, best first, as the positional parameters of an sh script: in the user's state folder; where
 * there is no home, or it cannot be written to, in a folder of the user's own where everybody may make one.
 * The name comes from sshd's environment, since asking `id` would cost a process each time; who owns the folder is checked anyway.
 */
export const places = [
  'u=${LOGNAME:-${USER:-$(id -u)}};',
  // A home that is not there is not made.
  'h=; [ -d "$HOME" ] && h=${XDG_STATE_HOME:-$HOME/.local/state};',
  'set -- ${h:+"$h/adfpush/steps"} "/var/tmp/adfpush-$u" "/dev/shm/adfpush-$u" "/tmp/adfpush-$u";',
].join(' ');

/** `ours` is true for a place that is a folder of this user's own: others could have planted one, or a link, where all may write. */
export const ours = 'ours() { if [ -h "$b" ]; then return 1; fi; [ -d "$b" ] && [ -O "$b" ]; };';

/** The folder of the run and the file of the step in it, for sh. The ids may hold anything: what is no name of a file is hashed. */
export const stepVariables = ({ run, id }: StepId): string =>
  `n=${quote(fileName(run))}; i=${quote(fileName(id))};`;

const fileName = (id: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,150}$/.test(id)
    ? id
    : createHash('sha256').update(id).digest('hex').slice(0, 40);

/**
 * Sets `t` to when a process began, in ticks since the boot, and `k` to the boot: together with its number they name a process
 * for all time. Empty where there is no /proc.
 */
export const processIdentity = [
  't=; k=;',
  // A zombie has ended. The name in the second field may hold anything, so all up to its parenthesis is dropped: the 22nd field is the 20th then.
  'began() { t=; { read -r s </proc/$1/stat; } 2>/dev/null || return 0; set -- ${s##*) }; [ "$1" = Z ] || t=${20}; };',
  '{ read -r k </proc/sys/kernel/random/boot_id; } 2>/dev/null || k=none;',
].join(' ');
