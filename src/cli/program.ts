import { userInfo } from 'node:os';
import { Config, run, settings } from '@oclif/core';
import { AdfError, AdfErrors } from '../errors/adf-error.js';
import type { ExitCode } from '../model/run-result.js';
import { renderErrors } from '../report/error-view.js';
import { programFile } from '../program-files.js';
import { choosePalette } from '../report/palette.js';
import { visibleText } from '../model/visible.js';
import { ignoreClosedOutputs } from './closed-outputs.js';
import { readCommandLine, type Asked } from './command-line.js';
import { reportCrashes } from './crash.js';
import { exitOfThrown } from './exit-codes.js';
import { warnOfUnknown } from './variables.js';

/** What the program knows of its own package.json. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
}

const description = `Push deployer over SSH: rolls Docker images over EC2 hosts in batches, each host out of its load balancer first.
Start with: adfpush lab demo. For a fleet of your own: adfpush inventory graph --env ENV, then adfpush plan, then adfpush deploy.`;

/** How long open connections may keep a finished program alive. In milliseconds. */
const patience = 2_000;

/** Runs one command. Sets the process's exit code. */
export async function main(argv: readonly string[], root: string, pack: Package): Promise<void> {
  // Again, after oclif was loaded and listens too.
  ignoreClosedOutputs();
  reportCrashes();
  haveShell();
  process.exitCode = await perform(argv, root, pack);
  setTimeout(() => process.exit(), patience).unref();
}

/** oclif asks the passwd entry for the user's shell where SHELL does not say it; a user of a container may have none. */
function haveShell(): void {
  if (process.env['SHELL'] !== undefined) return;
  try {
    userInfo();
  } catch {
    process.env['SHELL'] = '/bin/sh';
  }
}

async function perform(argv: readonly string[], root: string, pack: Package): Promise<ExitCode> {
  try {
    const config = await loadConfig(root, pack);
    const ids = new Map(config.commandIDs.map((id) => [id.replaceAll(':', ' '), id]));
    const asked = readCommandLine(argv, [...ids.keys()]);
    const flags = config.commands.flatMap((command) => Object.keys(command.flags));
    for (const warning of warnOfUnknown(flags, process.env))
      process.stderr.write(`Warning: ${visibleText(warning)}\n`);
    // oclif would take each word that follows a command for a part of its name.
    const exit: unknown =
      asked.kind === 'command'
        ? await config.runCommand(ids.get(asked.name) ?? asked.name, [...asked.words])
        : await run(asFlag(asked), config);
    return isExit(exit) ? exit : 0;
  } catch (thrown) {
    const palette = choosePalette(process.stderr.isTTY, process.env);
    process.stderr.write(`${renderErrors(thrown, undefined, palette)}\n`);
    return thrown instanceof AdfError || thrown instanceof AdfErrors ? exitOfThrown(thrown) : 1;
  }
}

/** `adfpush help deploy` is what `adfpush deploy --help` is. */
const asFlag = (asked: Exclude<Asked, { readonly kind: 'command' }>): string[] =>
  asked.kind === 'version' ? ['--version'] : [...(asked.name?.split(' ') ?? []), '--help'];

const isExit = (value: unknown): value is ExitCode => typeof value === 'number';

/** The settings of oclif are here and not in package.json, so that nothing is searched for at the start. */
async function loadConfig(root: string, pack: Package): Promise<Config> {
  // Commands are compiled; oclif would look for a TypeScript loader while NODE_ENV is "test" or "development".
  settings.enableAutoTranspile = false;
  return Config.load({
    root,
    isRoot: true,
    ignoreManifest: true,
    userPlugins: false,
    devPlugins: false,
    pjson: {
      name: pack.name,
      version: pack.version,
      type: 'module',
      oclif: {
        bin: 'adfpush',
        dirname: 'adfpush',
        description,
        topicSeparator: ' ',
        additionalHelpFlags: ['-h'],
        helpClass: programFile('cli/help'),
        helpOptions: {
          maxWidth: 110,
          flagSortOrder: 'none',
          docopts: false,
        },
        commands: {
          strategy: 'explicit',
          target: programFile('commands/table'),
          identifier: 'commands',
        },
        topics: {
          inventory: { description: 'The hosts of an environment' },
          lock: { description: 'Who may change a group' },
          lab: { description: 'A fleet in a box: try a rolling deploy without an AWS account' },
        },
      },
    },
  });
}
