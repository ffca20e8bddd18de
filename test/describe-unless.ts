import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';
import { everythingIsDemanded } from './demanded.js';

/**
 * Tests that need something this machine may not have; `missing` says what. They are then left out aloud, or fail where everything
 * is demanded.
 */
export function describeUnless(missing: string | undefined, name: string, body: () => void): void {
  if (missing !== undefined) {
    if (everythingIsDemanded()) throw new Error(`"${name}" is demanded, and ${missing}`);
    console.warn(`LEFT OUT: "${name}", because ${missing}`);
  }
  describe.skipIf(missing !== undefined)(name, body);
}

/** Why a program cannot be run, as `describeUnless` wants it; undefined when PATH has it. */
export const notOnPath = (program: string): string | undefined =>
  spawnSync('/bin/sh', ['-c', 'command -v "$0"', program]).status === 0
    ? undefined
    : `${program} is not installed`;
