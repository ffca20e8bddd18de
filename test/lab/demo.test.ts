import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { runDemo, type Deploy } from '../../src/lab/demo.js';
import { startLab, type Lab } from '../../src/lab/lab.js';
import { deploy as rollRelease } from '../../src/deploy/deploy.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

let directory: string;
let lab: Lab;
let lines: string[];

beforeEach(async () => {
  directory = temporaryFolder('lab-demo');
  lab = await startLab({ directory, hosts: 3 });
  lines = [];
});

afterEach(() => lab.stop());

const deploy: Deploy = async (args) => {
  const version = args[args.indexOf('--version') + 1]!;
  const result = await rollRelease(
    {
      project: lab.project,
      environment: 'lab',
      groups: ['api'],
      version,
      extraVars: [],
      check: false,
      diff: false,
    },
    { readers: [], stop: { signal: new AbortController().signal, name: () => undefined, grace: 4_000 } },
  ).catch((error: unknown) => {
    throw new Error(
      errorsOf(error)
        .map(({ message }) => message)
        .join('\n'),
    );
  });
  return { exit: result.exit };
};

describe('the demo', () => {
  it('rolls v2, comes back from a broken v3, and loses no request', async () => {
    const result = await runDemo(lab, deploy, (line) => lines.push(line));

    expect(result.broken, lines.join('\n')).toEqual([]);
    expect(result).toMatchObject({ exit: 0, failed: 0 });
    expect(result.sent).toBeGreaterThan(1_000);
    expect(lines.join('\n')).toContain(`${result.sent} requests were sent, 0 failed`);
  });

  it("does not take deploy's word for what it promises", async () => {
    const idle: Deploy = async (args) => ({ exit: args.includes('v3') ? 4 : 0 });

    const result = await runDemo(lab, idle, (line) => lines.push(line));

    expect(result.exit).toBe(1);
    expect(result.failed).toBe(result.sent);
    expect(result.broken).toContainEqual(expect.stringContaining('every host runs v1'));
  });
});
