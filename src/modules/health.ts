import { z } from 'zod';
import type { HealthProbe } from '../model/health.js';
import { healthSchema } from '../model/schema/health.js';
import { UnknownValue } from '../model/unknown.js';
import type { ReadingModule } from './module.js';

/** Proves the host healthy from its own side: the probe of `health:`, passed N times in a row without a restart in between. */
export const health: ReadingModule<HealthProbe | 'none'> = {
  name: 'health',
  docs: {
    summary:
      'Proves the host healthy from its own side: a probe that has to pass several times in a row, without a restart of a container in between. Its arguments are those of `health` in the settings of a group.',
    examples: [
      `- name: prove it healthy
  health: { port: 5060, path: /health, passes: 3, timeout: 60s }`,
      `- name: as the group says
  health: "{{ health }}"`,
    ],
  },
  looksAtHost: true,
  schema: z.union([z.literal('none'), healthSchema]),

  async read(probe, host) {
    if (probe === 'none') {
      if (!host.checkMode) await host.proveByDocker();
      return { changed: false, message: 'the group has no health check', values: {} };
    }
    // In a dry run nothing was changed that could become healthy: the probe is only described.
    if (host.checkMode) {
      const answer = new UnknownValue('the health check is not made');
      const message = `would prove: ${describeProbe(probe)}`;
      return { changed: false, message, values: { passes: answer, answer } };
    }
    const proof = await host.prove(probe);
    return {
      changed: false,
      message: `healthy, ${proof.passes} in a row: ${proof.lastAnswer}`,
      values: { passes: proof.passes, answer: proof.lastAnswer },
    };
  },
};

const describeProbe = (probe: HealthProbe): string =>
  probe.kind === 'http'
    ? `${probe.scheme}://127.0.0.1:${probe.port}${probe.path} answers ${probe.status.join(' or ')}, ${probe.passes} in a row`
    : `${probe.argv.join(' ')} exits with 0, ${probe.passes} in a row`;
