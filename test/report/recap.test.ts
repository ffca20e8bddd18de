import { describe, expect, it } from 'vitest';
import type { ExitCode, RunOutcome } from '../../src/model/run-result.js';
import { renderRecap } from '../../src/report/recap.js';
import { digestOf, hostResult, hostsOf, resultFor } from './recorded-run.js';

describe('the recap', () => {
  it("counts each host's tasks as Ansible does, and ends with how it went", () => {
    expect(renderRecap(resultFor(hostsOf(2)))).toBe(
      `
RECAP
api-1 : ok=7 changed=4 unreachable=0 failed=0 skipped=1 restored=0 deployed v2 bbbbbbbbbbbb
api-2 : ok=7 changed=4 unreachable=0 failed=0 skipped=1 restored=0 deployed v2 bbbbbbbbbbbb

Release of api: v2, registry:5000/api@${digestOf('b')}

Converged: deploy of api in lab, 2 hosts, 3 m 21 s.`.trim(),
    );
  });

  it('folds hosts that ended alike when there are many', () => {
    const hosts = hostsOf(400);
    const hostResults = hosts.map((host, index) =>
      hostResult(host, index === 6 ? { status: 'failed', failed: 1 } : {}),
    );

    const text = renderRecap(resultFor(hosts, { hosts: hostResults, outcome: 'failed', exit: 4 }));

    expect(text.split('\n').length).toBeLessThan(10);
    expect(text).toMatch(/api-\[1:6\], api-\[8:400\] \(399\) +: ok=7/);
    expect(text).toMatch(/api-7 +: .*failed=1/);
    expect(text).toContain('Planned release of api: v2');
  });

  it('names, last and loud, the hosts that need a person, with what each held and what to do next', () => {
    const [host] = hostsOf(1);
    const text = renderRecap(
      resultFor([host!], {
        outcome: 'needs_person',
        exit: 5,
        mixed: true,
        named: [
          {
            host: host!.id,
            name: host!.name,
            held: ['api-http port 5060', 'container api'],
            reason: 'connection lost',
          },
        ],
        oneWay: ['Migrate the database'],
      }),
    );

    expect(text).toContain('1 host needs a person. The fleet is mixed');
    expect(text).toContain('One-way task ran and cannot be taken back: Migrate the database');
    const last = text.slice(text.indexOf('*** 1 HOST NEEDS A PERSON ***'));
    expect(last).toContain(
      `api-1 (${host!.id}): connection lost\n  held: api-http port 5060\n  held: container api\n`,
    );
    expect(last).toContain('adfpush status --group api --env lab');
  });

  it('shows errors with their place and hint', () => {
    const text = renderRecap(
      resultFor([], {
        outcome: 'refused',
        exit: 3,
        errors: [
          {
            code: 'inventory.empty_group',
            message: 'No host.',
            at: 'inventory/lab.yml:1:1',
            hint: 'Groups: web.',
          },
        ],
      }),
    );
    expect(text).toContain('Error [inventory.empty_group] No host.\n  inventory/lab.yml:1:1\n  Groups: web.');
    expect(text).toContain('Refused: deploy of api in lab changed nothing.');
  });

  it.each<[RunOutcome, ExitCode, string]>([
    ['converged', 0, 'Converged: '],
    ['failed', 4, 'nothing is held any more.'],
    ['refused', 3, 'changed nothing.'],
    ['needs_person', 5, 'need a person.'],
    ['interrupted', 130, 'Interrupted: '],
    ['drift', 6, 'would change something.'],
  ])('says %s in one sentence', (outcome, exit, words) => {
    expect(renderRecap(resultFor([], { outcome, exit }))).toContain(words);
  });

  it('says that a person is needed although no host is named, when something else stays held', () => {
    const text = renderRecap(resultFor(hostsOf(2), { outcome: 'needs_person', exit: 5, named: [] }));
    expect(text).toContain('what is left suspended will need a person.');
    expect(text).not.toContain('0 hosts');
  });
});
