import { readFileSync } from 'node:fs';

/** The names of Linux's capabilities by their bit, from linux/capability.h. */
const names = [
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE',
  'NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT',
  'SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE',
  'AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ',
  'PERFMON BPF CHECKPOINT_RESTORE',
]
  .join(' ')
  .split(' ');

/**
 * The capabilities this machine's root was never given, as some virtual machines withhold them. With none
 * missing a container may be `privileged`; otherwise that fails with "unable to apply caps".
 */
export function missingCapabilities(): readonly string[] {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
  const bits = BigInt(`0x${bounding ?? 'ffffffffffffffff'}`);
  return names.filter((_, bit) => bit <= last && (bits & (1n << BigInt(bit))) === 0n);
}
