import { z } from 'zod';
import { environmentName, groupName, hostId, isDigest, runId } from '../model/ids.js';
import { releaseOutcomes, type ReleaseRecord } from '../model/release-record.js';
import { ledgerText } from './ledger-text.js';

const text = z.string();
const names = z.record(text, text);
const count = z.number().int().min(1);

const shape = z.object({
  number: count,
  environment: text.transform(environmentName),
  group: text.transform(groupName),
  run: text.transform(runId),
  verb: text,
  version: text,
  image: z.object({ repository: text, digest: text.refine(isDigest) }),
  platforms: z.array(text),
  configuration: z.object({
    hash: text,
    keys: names,
    secrets: z.object({ key: text, hashes: names }).exactOptional(),
  }),
  files: names,
  project: z.object({ commit: text, dirty: z.boolean() }).exactOptional(),
  labels: z
    .object({ revision: text.exactOptional(), source: text.exactOptional(), created: text.exactOptional() })
    .exactOptional(),
  who: text,
  link: text.exactOptional(),
  build: text.exactOptional(),
  reason: text.exactOptional(),
  parent: count.exactOptional(),
  rollbackOf: count.exactOptional(),
  restores: count.exactOptional(),
  promotedFrom: z.object({ environment: text, number: count.exactOptional() }).exactOptional(),
  skippedGates: z.array(text).exactOptional(),
  startedAt: z.number(),
  endedAt: z.number().exactOptional(),
  outcome: z.enum(releaseOutcomes),
  hosts: z.array(
    z.object({
      host: text.transform(hostId),
      name: text,
      status: z.enum([
        'converged',
        'deployed',
        'restored',
        'rolled_back',
        'untouched',
        'failed',
        'named',
        'ok',
      ]),
    }),
  ),
});

/** Records of releases as lines of text. */
export const releaseText = ledgerText<ReleaseRecord>(
  { kind: 'release', name: 'releases', letter: 'r', format: 1 },
  shape,
);
