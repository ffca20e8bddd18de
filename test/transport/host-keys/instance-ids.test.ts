import { beforeAll, expect, test } from 'vitest';
import { HostKeys } from '../../../src/transport/ssh/host-keys.js';
import { describeWithSshd } from '../../stages/sshd.js';
import { systemClock } from '../../stages/system-clock.js';
import { PipedSshd, type Asked } from './openssh-verdict.js';

const [id, address] = ['i-0abc', '10.0.0.7'];
const kinds = ['none', 'right', 'wrong', 'revoked', 'authority'] as const;
type Kind = (typeof kinds)[number];

describeWithSshd(
  'an EC2 instance is known by its id, and by its address where nothing speaks of the id',
  () => {
    let sshd: PipedSshd;
    let lines: (name: string, kind: Kind) => string;
    beforeAll(() => {
      sshd = new PipedSshd(['ed25519']);
      const right = sshd.key('host_ed25519');
      const wrong = sshd.makeKey('other', 'ed25519');
      lines = (name, kind) =>
        ({
          none: '',
          right: `${name} ${right}\n`,
          wrong: `${name} ${wrong}\n`,
          revoked: `@revoked ${name} ${right}\n`,
          authority: `@cert-authority ${name} ${wrong}\n`,
        })[kind];
    });

    const cases = kinds.flatMap((ofId) => kinds.map((ofAddress) => [ofId, ofAddress] as const));

    test.each(cases)('with a line for the id that is %s, and for the address %s', async (ofId, ofAddress) => {
      const file = sshd.file(`${ofId}-${ofAddress}`, `${lines(id, ofId)}${lines(address, ofAddress)}`);
      const asked: Asked = { address, port: 22, userFiles: [file], globalFiles: [] };
      const [byId, byAddress, { verdict }] = await Promise.all([
        sshd.ssh({ ...asked, alias: id }),
        sshd.ssh(asked),
        sshd.ours({ ...asked, permanentName: id }, new HostKeys({ clock: systemClock })),
      ]);

      const idSpeaks = byId.verdict !== 'unknown';
      const expected = byAddress.verdict === 'revoked' ? 'revoked' : (idSpeaks ? byId : byAddress).verdict;
      expect(verdict).toBe(expected);
      if (verdict === 'known') expect([byId.verdict, byAddress.verdict]).toContain('known');
    });

    test('an alias of its own makes that the only name', async () => {
      const file = sshd.file('alias', `${lines(id, 'right')}${lines(address, 'right')}`);
      const asked = { address, port: 22, userFiles: [file], globalFiles: [], permanentName: id };
      const hostKeys = new HostKeys({ clock: systemClock });

      expect((await sshd.ours({ ...asked, alias: 'web' }, hostKeys)).verdict).toBe('unknown');
      expect((await sshd.ours({ ...asked, alias: id }, hostKeys)).verdict).toBe('known');
    });
  },
);
