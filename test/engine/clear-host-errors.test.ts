import { describe, expect, it } from 'vitest';
import { FleetStage } from '../stages/fleet-stage.js';

const play = (tasks: string, keywords = 'strategy: linear'): string =>
  `- hosts: api\n  ${keywords}\n  tasks:\n${tasks.replace(/^/gm, '    ')}\n`;
const next = play('- shell: next');

/** `i-2 a`: which of these commands ran on which host. */
const ran = (fleet: FleetStage, id: string): readonly string[] =>
  fleet.transport.commands
    .filter(({ host, text }) => host.id === id && ['a', 'b', 'next'].includes(text.trim()))
    .map(({ text }) => text.trim());

const failing = `- shell: a\n  failed_when: inventory_hostname == 'i-2'\n`;
const clear = '- meta: clear_host_errors\n';

function stage(): FleetStage {
  return new FleetStage({ groupVars: { target_groups: 'none' } });
}

describe('meta: clear_host_errors', () => {
  it('has a host that failed before it take part in the next play; the run does not end with 0', async () => {
    const fleet = stage();
    const result = await fleet.run(play(`${failing}${clear}- shell: b`) + next);
    expect(ran(fleet, 'i-1')).toEqual(['a', 'b', 'next']);
    expect(ran(fleet, 'i-2')).toEqual(['a', 'next']);
    expect(result).toMatchObject({
      exit: 4,
      hosts: [{ status: 'ok' }, { status: 'failed' }, { status: 'ok' }],
    });
  });

  it.each([
    ['without it', play(`${failing}- shell: b`)],
    ['when the host fails after it', play(`${clear}${failing}- shell: b`)],
    [
      'when its condition does not hold',
      play(`${failing}- { meta: clear_host_errors, when: false }\n- shell: b`),
    ],
  ])('a host that failed has no part in the next play %s', async (_, first) => {
    const fleet = stage();
    await fleet.run(first + next);
    expect(ran(fleet, 'i-2')).not.toContain('next');
    expect(ran(fleet, 'i-1')).toContain('next');
  });

  it('does not depend on which host comes to it first', async () => {
    const fleet = stage();
    await fleet.run(play(`${failing}${clear}- shell: b`, 'strategy: free') + next);
    expect(ran(fleet, 'i-2')).toEqual(['a', 'next']);
  });

  it('in a later play clears what failed before that', async () => {
    const fleet = stage();
    await fleet.run(play(`${failing}- shell: b`) + play(clear) + next);
    expect(ran(fleet, 'i-2')).toEqual(['a', 'next']);
  });

  it('tries a lost host again, once while it is still away', async () => {
    const fleet = stage();
    fleet.atTask('i-2', 'shell', 'task.started', () => fleet.host('i-2').lose());
    fleet.at(
      (event) => event.type === 'play.ended',
      () => fleet.host('i-2').find(),
    );
    const result = await fleet.run(play(`- shell: a\n${clear}`) + next + next);
    expect(ran(fleet, 'i-2')).toEqual(['next', 'next']);
    expect(result.exit).toBe(4);
  });
});
