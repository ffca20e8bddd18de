import { z } from 'zod';
import type { DrainedHosts } from '../model/drained-hosts.js';
import { environmentName, groupName, hostId, runId } from '../model/ids.js';
import { ledgerText } from './ledger-text.js';

const text = z.string();
const run = text.transform(runId);

/** Records of drained hosts as lines of text. */
export const drainedText = ledgerText<DrainedHosts>(
  { kind: 'drained', name: 'drained', letter: 'd', format: 1 },
  z.object({
    number: z.number().int().min(1),
    environment: text.transform(environmentName),
    group: text.transform(groupName),
    run,
    at: z.number(),
    drained: z.array(
      z.object({
        host: text.transform(hostId),
        name: text,
        run,
        who: text,
        since: z.number(),
        reason: text.exactOptional(),
      }),
    ),
  }),
);
