import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { InterruptedRun } from '../cli/session.js';
import { graceOnTerminal, Interruption } from '../cli/signals.js';
import type { Deploy } from '../lab/demo.js';
import type { ExitCode } from '../model/run-result.js';
import DeployCommand from './deploy.js';

/** The story is the same whatever variables are set for other deploys. */
class DemoDeploy extends DeployCommand {
  protected override readonly environmentVariables = {};
}

export default class LabDemo extends BaseCommand {
  static override summary = 'Watch a rolling deploy on an embedded fleet, in about a minute';
  static override description = `Starts a fleet in a box, deploys v1 to it, puts its load balancer under load, rolls v2, rolls a v3 that is broken on purpose, watches it come back to v2, and prints how many requests were sent and how many failed. Needs Node and nothing else; leaves nothing behind.`;
  static override usage = 'lab demo [--hosts N]';
  static override examples = [{ description: 'The whole story', command: '<%= config.bin %> lab demo' }];
  static override flags = {
    hosts: Flags.integer({ description: 'Hosts of the fleet', default: 4, min: 2, max: 64, helpValue: 'N' }),
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 4, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(LabDemo);
    const [{ startLab }, { runDemo }] = await Promise.all([
      import('../lab/lab.js'),
      import('../lab/demo.js'),
    ]);
    const directory = await mkdtemp(join(tmpdir(), 'adfpush-demo-'));
    const lab = await startLab({ directory, hosts: flags.hosts });
    const interruption = new Interruption(process, {
      grace: graceOnTerminal,
      exitNow: () => process.exit(130),
    });
    let underway: Promise<ExitCode> = Promise.resolve(0);
    const deploy: Deploy = async (args) => {
      interruption.signal.throwIfAborted();
      underway = new DemoDeploy([...args, '--project', lab.project], this.config).run();
      const exit = await underway;
      interruption.signal.throwIfAborted();
      return { exit };
    };
    try {
      const story = runDemo(lab, deploy, (line) => this.printText(line));
      const { exit } = await Promise.race([story, abortOf(interruption.signal)]);
      return exit;
    } catch (thrown) {
      const name = interruption.name();
      throw name === undefined ? thrown : new InterruptedRun(name === 'SIGINT' ? 130 : 143, [], thrown);
    } finally {
      // A deploy that was interrupted restores its hosts first; they must still be there.
      await underway;
      await lab.stop();
      await rm(directory, { recursive: true, force: true });
      interruption.dispose();
    }
  }
}

/** Rejects when the signal comes, with its reason. */
const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
