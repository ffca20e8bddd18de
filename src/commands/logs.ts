import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import {
  anyGroupFlag,
  becomePasswordFlag,
  fleetFlags,
  jsonFlag,
  retryLimitFlag,
  variableFlags,
} from '../cli/flags.js';
import { momentOf } from '../cli/moment.js';
import { inSession, onlyProgress } from '../cli/session.js';
import { invalidPattern } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import type { GroupLogLine } from '../model/group-log.js';
import type { Pattern } from '../model/pattern/pattern.js';
import { exitOfSignal, type ExitCode } from '../model/run-result.js';
import { visibleJson, visibleText } from '../model/visible.js';
import { LogLines } from '../report/log-lines.js';
import { choosePalette } from '../report/palette.js';

/** Lines of each container, when neither --since nor --tail says how much. */
const fewLines = 100;

export default class Logs extends BaseCommand {
  static override summary = 'Show what the containers of a group print, merged by time';
  static override description = `Reads the logs of the group's containers on all hosts and merges them by time. Each line begins with the host and the release; ! instead of | marks stderr. Without --since and --tail it begins with the last ${fewLines} lines of each container. Containers that ended are read too when they ended since --since, or when none of their name runs. Only containers that adfpush started belong to a group. Takes no lease, and changes nothing.

With --follow it goes on until it is interrupted. A host that is lost is read on from where it was when it answers again, and a container that takes the place of another is read from its beginning; both are said on stderr. A host that cannot be read is named there, and the exit code is 4.`;
  static override usage = 'logs --group G[,G2] --env E [FLAGS]';
  static override examples = [
    {
      description: 'What all hosts say from now on, during a deploy',
      command: '<%= config.bin %> logs --group api --env prod --follow --tail 0',
    },
    {
      description: 'Errors of the last ten minutes on two hosts',
      command:
        "<%= config.bin %> logs -g api --env prod --since 10m --grep 'ERROR|panic' --limit api-1,api-2",
    },
    {
      description: 'For other programs: an object for each line',
      command: '<%= config.bin %> logs -g api --env prod --since 1h --json',
    },
  ];
  static override flags = {
    ...fleetFlags,
    ...anyGroupFlag,
    limit: retryLimitFlag(['host']),
    container: Flags.string({
      description: 'Only the container of this name, in a group of several',
      helpValue: 'NAME',
    }),
    follow: Flags.boolean({ char: 'f', description: 'Go on with what is printed from now on' }),
    since: Flags.string({
      description: 'Only what was printed since then: 10m ago, or a time such as 2026-01-31T12:00:00Z',
      helpValue: 'TIME',
    }),
    tail: Flags.integer({
      description: 'So many lines from the end of each container',
      min: 0,
      helpValue: 'N',
    }),
    grep: Flags.string({
      description: 'Only lines in which this regular expression matches; (?i) in front ignores case',
      helpValue: 'RE',
    }),
    timestamps: Flags.boolean({ description: 'Begin each line with its time', helpGroup: 'output' }),
    ...variableFlags,
    ...becomePasswordFlag,
    json: { ...jsonFlag.json, description: 'Print one object for each line, on a line of its own' },
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 4, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(Logs);
    const { follow, container, since, json } = flags;
    const pattern = flags.grep === undefined ? undefined : await patternOf('--grep', flags.grep);
    const tail = flags.tail ?? (since === undefined ? fewLines : undefined);
    const lines = new LogLines({ palette: this.view.palette, timestamps: flags.timestamps });
    const notices = choosePalette(process.stderr.isTTY, process.env);
    const options = {
      ...this.common(flags),
      groups: this.groups(flags),
      follow,
      ...defined({ container, tail, since: since === undefined ? undefined : momentOf('--since', since) }),
      onHosts: (hosts: readonly { readonly name: string }[]) => lines.hosts(hosts.map(({ name }) => name)),
      onLine: async (line: GroupLogLine) => {
        if (pattern !== undefined && pattern.firstIn([line.text])[0] === undefined) return;
        await written(process.stdout, json ? visibleJson(line) : lines.render(line));
      },
      onNotice: ({ name }: { readonly name: string }, what: string) => {
        process.stderr.write(`${notices.yellow(visibleText(`${name} ${what}`))}\n`);
      },
    };
    const session = { ...onlyProgress(process.stderr), listener: process.stdout, onlyReads: true };
    return inSession(session, async ({ hooks }) => {
      const { logs } = await import('../operate/logs/logs.js');
      const { unread } = await logs(options, hooks);
      const interrupted = hooks.stop.name();
      if (interrupted !== undefined) return exitOfSignal(interrupted);
      return unread.length > 0 ? 4 : 0;
    });
  }
}

async function patternOf(flag: string, source: string): Promise<Pattern> {
  const [{ compilePattern }, { PatternFault }] = await Promise.all([
    import('../model/pattern/pattern.js'),
    import('../model/pattern/python-syntax.js'),
  ]);
  try {
    return compilePattern(source);
  } catch (error) {
    if (error instanceof PatternFault) throw invalidPattern(flag, source, error.message);
    throw error;
  }
}

/** Resolves when the stream has taken the line. */
const written = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve) => {
    stream.write(`${text}\n`, () => resolve());
  });
