import { z } from 'zod';
import { notBack, notRestarted, rebootOfControlMachine, rebootTestFailed } from '../errors/reboot.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import { durationSchema, positiveDurationSchema } from '../model/schema/duration.js';
import { succeeded, type CommandResult, type Outcome } from '../ports/transport.js';
import { announce, bootOf, bootOnceThere, requestRestart } from './boot.js';
import type { Module, ModuleHost } from './module.js';

const schema = z.strictObject({
  reboot_timeout: positiveDurationSchema
    .default(600_000)
    .describe('How long it may take until the host is back and `test_command` has succeeded.'),
  pre_reboot_delay: durationSchema
    .default(0)
    .describe('How long it waits before the restart; who is logged in there gets `msg` first.'),
  post_reboot_delay: durationSchema
    .default(0)
    .describe('How long it waits after the restart was asked for, before it looks whether the host is back.'),
  connect_timeout: positiveDurationSchema
    .default(10_000)
    .describe('How long the host may take for one answer, connecting included, before it is asked again.'),
  msg: z
    .string()
    .default('Restarted by adfpush')
    .describe('What those who are logged in on the host are told.'),
  test_command: z
    .string()
    .min(1)
    .optional()
    .describe('A command of the shell that only looks: the host counts as back when it succeeds.'),
});
type Args = z.infer<typeof schema>;

interface Details {
  /** The boot that it runs since, before the restart. */
  readonly before: string;
}

/** Restarts a host and waits until it is back. */
export const reboot: Module<Args, Details> = {
  name: 'reboot',
  effect: 'one_way',
  takesHostOut: true,
  schema,
  shellArguments: ['test_command'],
  visibleArguments: ['msg'],
  refusedArguments: {
    boot_time_command:
      "Leave it out: the host's boot id says whether it was restarted, whatever its clock says.",
    reboot_command: 'Leave it out: it is shutdown -r now, or reboot where there is no shutdown.',
    search_paths: 'Leave it out: shutdown and reboot are looked for in PATH and the sbin folders.',
  },
  docs: {
    summary: 'Restarts the host, once, and waits until it is back.',
    examples: [
      `- reboot:
  become: true`,
      `- name: restart after a new kernel
  reboot:
    reboot_timeout: 15m
    msg: A new kernel was installed.
    test_command: systemctl is-active docker
  become: true`,
    ],
  },

  async check(_args, host) {
    if (host.host.ssh.transport === 'local') throw rebootOfControlMachine(host.host);
    return { changes: true, summary: 'reboot', takes: [], details: { before: await bootOf(host) } };
  },

  async apply(args, { before }, host) {
    const { reboot_timeout: timeout } = args;
    await host.takeDown('reboot', timeout);
    if (args.pre_reboot_delay > 0) {
      await announce(args.msg, host);
      await host.clock.sleep(args.pre_reboot_delay, host.signal);
      // The wait may have been long, and somebody may have put the host back.
      await host.takeDown('reboot', timeout);
    }
    const begun = host.clock.elapsed();
    const wait = new Wait(args, begun + timeout, host);
    host.progress('asking the host to restart');
    const request = await requestRestart(before, args.msg, timeout, host);
    host.signal.throwIfAborted();
    await host.clock.sleep(args.post_reboot_delay, host.signal);
    await wait.untilRestarted(before, request);
    if (args.test_command !== undefined) await wait.untilSuccess(args.test_command);
    const elapsed = host.clock.elapsed() - begun;
    return {
      changed: true,
      message: `restarted, and back after ${formatDuration(elapsed)}`,
      values: { rebooted: true, elapsed: Math.round(elapsed / 1_000) },
    };
  },
};

/** Between two looks at a host that is away; the first ones follow sooner. A refused login each 5 s gets no one banned (OpenSSH 9.8). */
const pauseAfter = (attempt: number): Milliseconds => Math.min(5_000, attempt * 1_000);

/** The time that a host has to come back. */
class Wait {
  constructor(
    private readonly args: Args,
    private readonly deadline: Milliseconds,
    private readonly host: ModuleHost,
  ) {}

  /** Throws `reboot.not_restarted` and `reboot.not_back` when the time is over. */
  async untilRestarted(before: string, request: Outcome): Promise<void> {
    const { args, host } = this;
    let last: string | undefined;
    const isBack = await this.#until(async () => {
      last = await bootOnceThere(host, args.connect_timeout);
      host.progress(last === before ? 'waiting until the host goes down' : 'waiting until the host is back');
      return last !== undefined && last !== before;
    });
    if (isBack) return;
    throw (last === before ? notRestarted : notBack)(host.host, args.reboot_timeout, request);
  }

  /** Throws `reboot.test_failed` when the time is over. */
  async untilSuccess(script: string): Promise<void> {
    const { args, host } = this;
    let last: CommandResult | undefined;
    host.progress('waiting until test_command succeeds');
    const isGood = await this.#until(async () => {
      last = await host.askOnce({ script }, Math.max(1, this.deadline - host.clock.elapsed()));
      return last !== undefined && succeeded(last);
    });
    if (isGood) return;
    const said = last?.stderr.trim().split('\n').at(-1) ?? '';
    throw rebootTestFailed(host.host, args.reboot_timeout, last?.outcome, said);
  }

  /** True as soon as a look is; false when the time is over. It looks once at least. */
  async #until(look: () => Promise<boolean>): Promise<boolean> {
    const { clock, signal } = this.host;
    for (let attempt = 1; ; attempt += 1) {
      if (await look()) return true;
      const left = this.deadline - clock.elapsed();
      if (left <= 0) return false;
      await clock.sleep(Math.min(pauseAfter(attempt), left), signal);
    }
  }
}
