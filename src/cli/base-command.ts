import { Command, Flags, type Interfaces } from '@oclif/core';
import { missingEnvironment, missingGroup, repeatedGroup } from '../errors/cli.js';
import { errorsOf } from '../errors/adf-error.js';
import { Redaction } from '../events/redaction.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { renderErrors, type SourceLines } from '../report/error-view.js';
import { errorDocument } from '../events/event-json.js';
import { choosePalette } from '../report/palette.js';
import { visibleJson } from '../model/visible.js';
import { redactCrashes } from './crash.js';
import { readExtraVars } from './extra-vars.js';
import { readLimit } from './limit.js';
import { exitOfThrown, readingExits } from './exit-codes.js';
import { splitNames } from './flags.js';
import { environmentsOf, projectFolder, sourceLinesOf } from './project.js';
import { heldLines, InterruptedRun } from './session.js';
import { usageErrorOf } from './usage-errors.js';
import {
  readSwitch,
  refuseEmpty,
  refuseEmptyValues,
  variableOf,
  variablesFor,
  type GivenVariable,
} from './variables.js';

/** The flags that say where a use case happens. */
export interface PlaceFlags {
  readonly project: string;
  readonly env?: string | undefined;
  readonly group?: readonly string[] | undefined;
}

/**
 * What all commands share: reading flags, telling errors, and the exit code as the result. A command reads its flags, calls one
 * use case, and says how it ended.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    help: Flags.boolean({ char: 'h', description: 'Show this help', helpGroup: 'global' }),
    project: Flags.string({
      description: 'Folder of the project',
      default: '.',
      helpValue: 'DIR',
      helpGroup: 'global',
    }),
  };

  /** The exit codes it may end with, for help. */
  static exits: readonly ExitCode[] = readingExits;

  /** Knows every secret that the command met: whatever it prints passes through here. */
  protected readonly redaction = new Redaction();

  /** Where the variables of flags are looked up. */
  protected readonly environmentVariables: Readonly<Record<string, string | undefined>> = process.env;
  #variables: readonly GivenVariable[] = [];

  /** The command's own part. */
  protected abstract perform(): Promise<ExitCode>;

  override async run(): Promise<ExitCode> {
    redactCrashes((text) => this.redaction.redactText(text));
    try {
      return await this.perform();
    } catch (thrown) {
      return this.tell(thrown);
    }
  }

  /**
   * Reads the command line, and for the flags that are not on it their variables. A value that is empty is refused, of a flag as of an
   * argument: read as absent it would widen a limit to all hosts.
   */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, words = this.argv): Promise<Interfaces.ParserOutput<F, B, A>> {
    const own = [...words];
    refuseEmptyValues(own, this.#flags);
    const parsed = await super.parse(options, own);
    for (const token of parsed.raw) {
      if (token.type === 'arg') refuseEmpty(token.arg.toUpperCase(), token.input);
    }
    const given = new Set(parsed.raw.flatMap((token) => (token.type === 'flag' ? [token.flag] : [])));
    this.#variables = variablesFor(this.#flags, given, this.environmentVariables);
    const more = this.#variables.flatMap((variable) => (variable.used ? variable.words : []));
    return more.length === 0 ? parsed : super.parse(options, [...more, ...own]);
  }

  /** `inventory list`. */
  protected get words(): string {
    return (this.id ?? '').replaceAll(':', ' ');
  }

  /** The environment, or an error that names those that exist. */
  protected environment({ project, env }: PlaceFlags, flag = '--env'): string {
    if (env !== undefined && env !== '') return env;
    throw missingEnvironment(environmentsOf(projectFolder(project)), flag);
  }

  /** Several environments, with commas between them; without any, all of the project. */
  protected environments({ project, env }: PlaceFlags): readonly string[] {
    const existing = environmentsOf(projectFolder(project));
    if (env === undefined && existing.length === 0) throw missingEnvironment(existing, '--env');
    return env === undefined ? existing : splitNames('--env', [env]);
  }

  /** The groups, at least one, each once. */
  protected groups({ group, env }: PlaceFlags): readonly string[] {
    const groups = splitNames('--group', group);
    if (groups.length === 0) throw missingGroup(this.words, env ?? 'prod');
    const again = groups.find((name, index) => groups.indexOf(name) < index);
    if (again !== undefined) throw repeatedGroup(again);
    return groups;
  }

  /** What use cases need to know of the place and the values. */
  protected common(
    flags: PlaceFlags & {
      readonly limit?: readonly string[] | undefined;
      readonly forks?: number | undefined;
      readonly 'extra-vars'?: readonly string[] | undefined;
      readonly 'ask-become-pass'?: boolean;
    },
  ) {
    return {
      ...this.values(flags),
      environment: this.environment(flags),
      ...defined({ limit: readLimit(flags.limit) }),
    };
  }

  /** The same, of a use case that finds out for itself which environment it is about. */
  protected values(flags: {
    readonly project: string;
    readonly forks?: number | undefined;
    readonly 'extra-vars'?: readonly string[] | undefined;
    readonly 'ask-become-pass'?: boolean;
  }) {
    return {
      project: projectFolder(flags.project),
      extraVars: readExtraVars(flags['extra-vars'] ?? []),
      redaction: this.redaction,
      askBecomePass: flags['ask-become-pass'] ?? false,
      variables: this.#variables.map(({ words: _, ...variable }) => variable),
      ...defined({ forks: flags.forks }),
    };
  }

  /** One document on stdout. */
  protected print(document: unknown): void {
    process.stdout.write(`${visibleJson(this.redaction.redact(document), undefined, 2)}\n`);
  }

  /** A document on a line of its own. */
  protected printLine(document: unknown): void {
    process.stdout.write(`${visibleJson(this.redaction.redact(document))}\n`);
  }

  protected printText(text: string): void {
    process.stdout.write(`${this.redaction.redactText(text)}\n`);
  }

  /** How to show a table on stdout. */
  protected get view() {
    const { columns } = process.stdout;
    return {
      palette: choosePalette(process.stdout.isTTY, process.env),
      ...(process.stdout.isTTY ? { width: columns } : {}),
    };
  }

  /** How often a flag without a value was given: `-vv` is 2. */
  protected times(raw: readonly { readonly type: string; readonly flag?: string }[], flag: string): number {
    return raw.filter((token) => token.type === 'flag' && token.flag === flag).length;
  }

  private tell(thrown: unknown): ExitCode {
    const interruption = thrown instanceof InterruptedRun ? thrown : undefined;
    const what = this.redaction.redact(
      interruption?.cause ?? usageErrorOf(thrown, this.words, Object.keys(this.#flags), this.#variables),
    );
    const exit = interruption?.exit ?? exitOfThrown(what);
    const palette = choosePalette(process.stderr.isTTY, process.env);
    const lines = sourceLinesOf(this.#projectGiven());
    const withoutSecrets: SourceLines = (file, line) => {
      const text = lines(file, line);
      return text === undefined ? undefined : this.redaction.redactSourceLine(text);
    };
    process.stderr.write(`${this.redaction.redactText(renderErrors(what, withoutSecrets, palette))}\n`);
    if (interruption !== undefined) process.stderr.write(heldLines(interruption.held));
    if (this.#wantsDocument()) this.print({ exit, errors: errorsOf(what).map(errorDocument) });
    return exit;
  }

  get #flags() {
    return { ...this.ctor.baseFlags, ...this.ctor.flags };
  }

  /** Errors are told even when the flags could not be read. */
  #wantsDocument(): boolean {
    if (this.#ownArguments().includes('--json')) return true;
    return 'json' in this.#flags && readSwitch(this.environmentVariables[variableOf('json')]) === true;
  }

  #projectGiven(): string {
    const own = this.#ownArguments();
    const index = own.indexOf('--project');
    const joined = own.find((word) => word.startsWith('--project='));
    const given = index < 0 ? joined?.slice('--project='.length) : own[index + 1];
    const variable = this.environmentVariables[variableOf('project')] ?? '';
    return given ?? (variable.trim() === '' ? '.' : variable);
  }

  #ownArguments(): readonly string[] {
    const end = this.argv.indexOf('--');
    return end < 0 ? this.argv : this.argv.slice(0, end);
  }
}
