import { z } from 'zod';
import { factsScript } from './facts-script.js';
import { factsOf, readFacts } from './facts-values.js';
import { hostScript, runScript } from './host-script.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({});

/** Asks a host what it is, with one command, and sets the variable `facts`. A play does it first with `gather_facts: true`. */
export const setup: ReadingModule<z.infer<typeof schema>> = {
  name: 'setup',
  docs: {
    summary: 'Asks a host what it is, with one command, and sets the variable `facts`.',
    examples: [
      `- setup:
- debug: '{{ facts.distribution }} {{ facts.distribution_version }} on {{ facts.architecture }}'
- shell: apt-get -y autoremove
  when: facts.os_family == "debian" && facts.memory.available_mb > 256
  become: true`,
    ],
  },
  foresees: (value) => ({ facts: factsOf(value) }),
  schema,

  async read(_args, host) {
    const said = await runScript(host, hostScript(factsScript, {}), 'gather facts');
    const facts = readFacts(said, host.clock.now());
    const message = [facts['distribution'], facts['distribution_version'], facts['architecture']]
      .filter((fact) => typeof fact === 'string')
      .join(' ');
    return { changed: false, message, values: { facts }, facts: { facts } };
  },
};
