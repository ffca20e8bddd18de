import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { durationOf, fleetFlags, forksFlag, jsonFlag, variableFlags } from '../cli/flags.js';
import { repaintOn } from '../cli/repaint.js';
import { inSession, onlyProgress } from '../cli/session.js';
import { intervalTooShort } from '../errors/cli.js';
import type { EndpointChange, PingReport } from '../model/endpoint.js';
import { exitOfSignal, type ExitCode } from '../model/run-result.js';
import { renderPing, renderPingChange } from '../report/ping-view.js';

const everySoOften = 5_000;

export default class Ping extends BaseCommand {
  static override summary = 'Check every service URL of an environment';
  static override description = `Asks each endpoint that inventory/endpoints.yml has for the environment, from this machine and all side by side, and shows which of them answer as they should. A proxy is taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY; further authorities of certificates from NODE_EXTRA_CA_CERTS. Changes nothing, and asks no host.

With --watch it asks again and again until it is interrupted: on a terminal the table is refreshed, elsewhere each change is a line.`;
  static override usage = 'ping --env E [FLAGS]';
  static override examples = [
    {
      description: 'Do all services of production answer?',
      command: '<%= config.bin %> ping --env prod',
    },
    {
      description: 'See them come back',
      command: '<%= config.bin %> ping --env prod --watch --interval 2s',
    },
  ];
  static override flags = {
    env: fleetFlags.env,
    watch: Flags.boolean({ char: 'w', description: 'Check again and again, until interrupted' }),
    interval: Flags.string({
      description: 'How long to wait between two rounds of --watch; 5s by default',
      helpValue: 'DURATION',
      dependsOn: ['watch'],
    }),
    ...variableFlags,
    forks: { ...forksFlag.forks, description: 'Endpoints asked at the same time' },
    json: {
      ...jsonFlag.json,
      description: 'Print one document on stdout; with --watch one for each change, on a line',
    },
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 6, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(Ping);
    const interval = durationOf('--interval', flags.interval) ?? everySoOften;
    if (interval < 100) throw intervalTooShort('--interval', flags.interval ?? '');
    const options = this.common(flags);
    const session = { ...onlyProgress(process.stderr), listener: process.stdout, onlyReads: true };
    return inSession(session, async ({ hooks }) => {
      const { ping } = await import('../operate/ping.js');
      if (!flags.watch) {
        const report = await ping(options, hooks);
        if (flags.json) this.print(report);
        else this.printText(renderPing(report, this.view));
        return report.failed > 0 ? 6 : 0;
      }
      const painting = flags.json ? undefined : repaintOn(process.stdout);
      const onRound = (report: PingReport, changes: readonly EndpointChange[]): void => {
        if (painting !== undefined) {
          painting.paint(this.redaction.redactText(renderPing(report, this.view)));
          return;
        }
        for (const change of changes) {
          if (flags.json) this.printLine(change);
          else this.printText(renderPingChange(change, this.view.palette));
        }
      };
      try {
        await ping({ ...options, watch: { interval, onRound } }, hooks);
      } finally {
        painting?.done();
      }
      return exitOfSignal(hooks.stop.name() ?? 'SIGTERM');
    });
  }
}
