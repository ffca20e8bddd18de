import { isAbsolute, relative, resolve } from 'node:path';
import type { EnvironmentFile } from '../../config/environment-file.js';
import { unknownSecrets } from '../../config/named-secrets.js';
import { NodeProjectFiles } from '../../config/node-project-files.js';
import { projectFile } from '../../config/project-config.js';
import { SettingWords } from '../../config/setting-words.js';
import { loadProject, type Project } from '../../config/project.js';
import { noFileToLint, unsureGroup } from '../../errors/lint.js';
import { nearest } from '../../errors/nearest.js';
import { Redaction } from '../../events/redaction.js';
import { placeOf } from '../../expression/place.js';
import type { LintFinding, LintReport } from '../../model/lint-report.js';
import { checkWords } from '../../playbook/vars-files.js';
import { unmatchedFiles } from '../../inventory/unmatched-files.js';
import { loadPlaybook } from '../../playbook/load.js';
import { laterHosts } from '../../playbook/later-hosts.js';
import type { Playbook } from '../../playbook/playbook.js';
import type { ProjectFiles } from '../../ports/project-files.js';
import type { CommonOptions } from '../../world/context.js';
import { modulesOf } from '../../world/own-modules.js';
import { modules as packaged } from '../../modules/catalogue.js';
import type { ModulesByName } from '../../modules/module.js';
import { betterWays } from './better-ways.js';
import { withEnds } from './finding-ends.js';
import { lintEnvironment } from './lint-environment.js';
import { FileLinter } from './lint-files.js';
import { LintFindings } from './lint-findings.js';
import { playbooksAroundRoles } from './lint-roles.js';
import { partsOf, type KnownNames } from './linted-hosts.js';
import { projectLayout, type ProjectLayout } from './project-layout.js';

export interface LintOptions extends Omit<CommonOptions, 'environment'> {
  /** Files and folders, absolute: only what is wrong in these is told. All of the project when empty. */
  readonly paths: readonly string[];
}

/**
 * Checks every file of a project without asking any host or cloud: what each file says by itself, and then, in each environment, what settings and
 * playbooks come to together, as far as the files tell. Throws `cli.no_such_file`.
 */
export async function lint(options: LintOptions): Promise<LintReport> {
  const files = new NodeProjectFiles(options.project);
  const findings = new LintFindings();
  const layout = await projectLayout(files, projectFile);
  const selection = await selectionOf(options, files);
  const { settings, variables, environments } = await lintSettingsFiles(layout, options, files, findings);
  const own = await findings.collectAsync('modules', () => modulesOf(options.project, files));
  const modules = own ?? packaged;
  const written = await lintPlaybooks(layout, selection, files, modules, findings);
  const around = await playbooksAroundRoles(layout.roles, written, files, modules, findings);
  const playbooks = [...written, ...around];
  const known = knownNames(layout, environments, variables);
  for (const playbook of playbooks) warnOfPlaybook(playbook, known, findings);
  for (const warning of await unmatchedFiles(files))
    findings.report(warning, 'warning', warning.at?.file ?? 'inventory');
  if (settings !== undefined) {
    const fileOfGroup = (group: string): string | undefined =>
      layout.groupVars.find(({ name }) => name === group)?.file;
    for (const environment of environments) {
      const linted = { project: settings, environment, playbooks, known, fileOfGroup };
      await lintEnvironment(linted, options, findings);
    }
  }
  return reportOf(layout, selection, await withEnds(findings.all(), files));
}

interface ReadSettings {
  /** Absent when adfpush.yml is wrong. */
  readonly settings: Project | undefined;
  /** Those whose files are right. */
  readonly environments: readonly EnvironmentFile[];
  /** The names that files of hosts define. */
  readonly variables: readonly string[];
}

async function lintSettingsFiles(
  layout: ProjectLayout,
  { project, redaction = new Redaction() }: LintOptions,
  files: ProjectFiles,
  findings: LintFindings,
): Promise<ReadSettings> {
  const secrets = { keeper: redaction, environment: () => undefined, named: unknownSecrets };
  const linter = new FileLinter(files, findings, secrets, new SettingWords(files));
  const isRight = await linter.config(project);
  const environments = await Promise.all(layout.environments.map((one) => linter.environment(one)));
  if (layout.endpoints !== undefined) {
    await linter.endpoints(
      layout.endpoints,
      layout.environments.map(({ name }) => name),
    );
  }
  await Promise.all(layout.groupVars.map(({ file }) => linter.variables(file)));
  await Promise.all(layout.templates.map((file) => linter.template(file)));
  const ofHosts = await Promise.all(layout.hostVars.map(({ file }) => linter.variables(file)));
  return {
    settings: isRight ? await loadProject(files, project, secrets) : undefined,
    environments: environments.filter((one) => one !== undefined),
    variables: ofHosts.flatMap((one) => Object.keys(one?.values ?? {})),
  };
}

/** The playbooks that are right by themselves. */
async function lintPlaybooks(
  layout: ProjectLayout,
  selection: Selection,
  files: ProjectFiles,
  modules: ModulesByName,
  findings: LintFindings,
): Promise<readonly Playbook[]> {
  const words = new SettingWords(files);
  const secrets = { keeper: new Redaction(), environment: () => undefined };
  const linter = new FileLinter(files, findings, secrets, words);
  const playbooks: Playbook[] = [];
  for (const file of [...layout.playbooks, ...selection.morePlaybooks(layout)]) {
    const kind = await linter.kindBelowPlaybooks(file);
    if (kind === 'variables') await linter.variables(file);
    if (kind !== 'plays') continue;
    const read = await findings.collectAsync(file, () => loadPlaybook(files, file, modules));
    if (read === undefined) continue;
    playbooks.push(read);
    await findings.collectAsync(file, () => checkWords(read, words, files));
  }
  return playbooks;
}

const knownNames = (
  { groupVars }: ProjectLayout,
  environments: readonly EnvironmentFile[],
  hostVariables: readonly string[],
): KnownNames => ({
  groups: [
    ...new Set([
      ...groupVars.map(({ name }) => name).filter((name) => name !== 'all'),
      ...environments.flatMap(({ groupVars: own }) => [...own.keys()]),
    ]),
  ],
  hostVariables,
});

function warnOfPlaybook(playbook: Playbook, { groups }: KnownNames, findings: LintFindings): void {
  const { file, plays } = playbook;
  const later = laterHosts(playbook);
  for (const warning of betterWays(playbook)) findings.report(warning, 'warning', file);
  for (const { hosts } of plays) {
    const { included, demanded } = partsOf(hosts.value);
    for (const name of [...included, ...demanded]) {
      const isKnown = groups.includes(name) || later?.isForeseen(name) === true;
      const near = isKnown ? undefined : nearest(name, groups);
      if (near !== undefined) {
        findings.report(unsureGroup(name, near, placeOf(hosts.locate)), 'warning', file);
      }
    }
  }
}

interface Selection {
  readonly has: (file: string) => boolean;
  /** Files that were named, and that no folder of the project makes a playbook. */
  readonly morePlaybooks: (layout: ProjectLayout) => readonly string[];
}

async function selectionOf({ project, paths }: LintOptions, files: ProjectFiles): Promise<Selection> {
  const named = paths.map((path) => {
    const within = relative(project, resolve(path));
    return within.startsWith('..') || isAbsolute(within) ? resolve(path) : within;
  });
  const entries = await Promise.all(named.map((path) => files.stat(path === '' ? '.' : path)));
  const missing = named.find((_, index) => entries[index] === undefined);
  if (missing !== undefined) throw noFileToLint(missing);
  return {
    has: (file) =>
      named.length === 0 || named.some((path) => path === '' || file === path || file.startsWith(`${path}/`)),
    morePlaybooks: (layout) =>
      named.filter(
        (path, index) =>
          entries[index]?.kind === 'file' && /\.ya?ml$/.test(path) && !filesOf(layout).includes(path),
      ),
  };
}

const filesOf = ({
  config,
  environments,
  endpoints,
  groupVars,
  hostVars,
  playbooks,
  roles,
  templates,
}: ProjectLayout): readonly string[] => [
  ...[config, endpoints].filter((file) => file !== undefined),
  ...[...environments, ...groupVars, ...hostVars].map(({ file }) => file),
  ...playbooks,
  ...roles.flatMap(({ tasks, others }) => [...tasks, ...others]),
  ...templates,
];

function reportOf(layout: ProjectLayout, selection: Selection, findings: readonly LintFinding[]): LintReport {
  const told = findings.filter(({ file }) => selection.has(file));
  const errors = told.filter(({ severity }) => severity === 'error').length;
  return {
    files: [...filesOf(layout), ...selection.morePlaybooks(layout)]
      .filter((file) => selection.has(file))
      .sort(),
    errors,
    warnings: told.length - errors,
    findings: told,
  };
}
