import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { endedWithTest } from '../stages/processes.js';
import { until } from '../stages/sshd.js';

export interface Sightings {
  /** `cmdline of sh -c …: the secret`. */
  readonly hits: readonly string[];
  /** How often all processes were looked at. */
  readonly rounds: number;
}

/** Looks for secrets in the arguments and environments of all processes, from one of its own, until the result is called. */
export async function watchProcesses(secrets: readonly string[]): Promise<() => Promise<Sightings>> {
  const child = endedWithTest(
    spawn(process.execPath, [join(import.meta.dirname, 'sampler.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {},
    }),
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const needles = secrets.map((secret) => Buffer.from(secret).toString('latin1'));
  child.stdin.write(`${JSON.stringify(needles)}\n`);
  await until('the sampler looks', () => said.startsWith('looking\n'));
  return async () => {
    child.stdin.end();
    await until('the sampler tells', () => said.endsWith('}\n'), 120_000);
    return JSON.parse(said.slice('looking\n'.length)) as Sightings;
  };
}
