import { expect, it } from 'vitest';
import { Tally } from '../../src/engine/tally.js';
import { hostId } from '../../src/model/ids.js';

it('counts as Ansible does: a task that changed something is ok, too', () => {
  const [tally, host] = [new Tally(), hostId('i-1')];
  for (const status of ['changed', 'ok', 'skipped', 'changed', 'failed'] as const) tally.count(host, status);

  expect(tally.of(host)).toEqual({
    ok: 3,
    changed: 2,
    skipped: 1,
    failed: 1,
    unreachable: 0,
    restored: 0,
    rescued: 0,
    ignored: 0,
  });
});
