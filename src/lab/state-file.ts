import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const stateSchema = z.object({
  pid: z.number(),
  directory: z.string(),
  project: z.string(),
  endpoint: z.string(),
  balancerUrl: z.string(),
  registryAddress: z.string(),
  /** `dockerSocket`: where a Docker client on this machine reaches the host's Engine. */
  hosts: z.array(
    z.object({ name: z.string(), id: z.string(), address: z.string(), dockerSocket: z.string() }),
  ),
  /** The hosts are reached through a bastion, so only the lab's own project reaches them. */
  bastion: z.boolean(),
  /** Where the lab's process is asked to end, and what proves who asks. */
  control: z.string(),
  token: z.string(),
});

/** A lab that runs in the background, as its own process wrote it down. */
export type BackgroundLab = z.infer<typeof stateSchema>;

const stateFile = (directory: string): string => join(directory, 'state.json');

export function writeState(lab: BackgroundLab): void {
  writeFileSync(stateFile(lab.directory), JSON.stringify(lab, undefined, 2), { mode: 0o600 });
}

/** Undefined when there is no lab, or nothing that can be read as one. */
export function readState(directory: string): BackgroundLab | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(stateFile(directory), 'utf8')));
  } catch {
    return undefined;
  }
}

export function removeState(directory: string): void {
  rmSync(stateFile(directory), { force: true });
}
