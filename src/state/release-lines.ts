import { z } from 'zod';
import { environmentName, groupName, hostId, isDigest, runId } from '../model/ids.js';
import { releaseOutcomes, type ReleaseRecord } from '../model/release-record.js';
import type { WrittenReleases } from '../ports/releases.js';

/** Rises when a record of this version would be misread by the versions before. */
const format = 1;

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

const anyRecord = z.object({ adfpush: z.literal('release'), format: z.number().int() });

/** A record as one line, without its newline. */
export const releaseLine = (record: ReleaseRecord): string =>
  JSON.stringify({ adfpush: 'release', format, ...record });

/** What lines tell. A line that is torn or foreign, or of a newer version, is passed over and counted. */
export function readReleaseLines(lines: readonly string[]): WrittenReleases {
  const records: ReleaseRecord[] = [];
  let [unreadable, newer] = [0, 0];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const value = parsed(line);
    const known = anyRecord.safeParse(value).data;
    const record = known?.format === format ? shape.safeParse(value).data : undefined;
    if (record !== undefined) records.push(record);
    else if (known !== undefined && known.format > format) newer += 1;
    else unreadable += 1;
  }
  return { records, unreadable, newer };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
