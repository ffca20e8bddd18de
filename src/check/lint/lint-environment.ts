import type { EnvironmentFile } from '../../config/environment-file.js';
import type { Project } from '../../config/project.js';
import type { Growth, HostSession, Run, StopSignal } from '../../engine/index.js';
import { addHostInDeploy } from '../../errors/add-host.js';
import { errorsOf } from '../../errors/adf-error.js';
import { defined } from '../../model/defined.js';
import type { GroupSettings } from '../../model/settings.js';
import type { Inventory } from '../../inventory/inventory.js';
import { laterHosts, type LaterHosts } from '../../playbook/later-hosts.js';
import type { Playbook } from '../../playbook/playbook.js';
import { playedHosts } from '../../run/chosen-hosts.js';
import { withRun } from '../../run/with-run.js';
import type { CommonOptions } from '../../world/context.js';
import { inWorld } from '../../world/open-world.js';
import { checkEnvFiles } from '../check-env-files.js';
import { checkPlaybook } from '../check-playbook.js';
import type { LintedIn, LintFindings } from './lint-findings.js';
import { sessionOfGroup, sessionOfHost, type SettingsOfGroups } from './lint-sessions.js';
import { isDeployed, lintSettings } from './lint-settings.js';
import { layerOfAdded, lintedHosts, type KnownNames, type LintedHosts } from './linted-hosts.js';

/** What is checked in an environment. */
export interface Linted {
  readonly project: Project;
  readonly environment: EnvironmentFile;
  readonly playbooks: readonly Playbook[];
  readonly known: KnownNames;
  /** The file of a group's variables, where there is one. */
  readonly fileOfGroup: (group: string) => string | undefined;
}

/**
 * Checks settings and playbooks in one environment, as far as its files tell: in one that lists its hosts for each host, else for one host of
 * each group. No host and no cloud is asked.
 */
export async function lintEnvironment(
  linted: Linted,
  options: Omit<CommonOptions, 'environment'>,
  findings: LintFindings,
): Promise<void> {
  const { project, environment, playbooks, known } = linted;
  const { name, file, source } = environment;
  const within: LintedIn = { environment: name, isSure: source === 'static' };
  const hosts = await findings.collectAsync(file, () =>
    lintedHosts(project, environment, playbooks, known, options.extraVars),
  );
  if (hosts === undefined) return;
  findings.collect('inventory/endpoints.yml', () => hosts.endpoints.all(), within);
  const whole = { ...options, environment: name, offline: true };
  await inWorld(whole, {}, (world) =>
    withRun(
      world,
      whole,
      { readers: [], stop: neverStopped },
      { verb: 'lint', checkMode: true },
      async (run) => {
        const settings = await settingsOfGroups(linted, hosts, run, within, findings);
        for (const playbook of playbooks)
          await lintPlaybook(playbook, hosts, settings, run, within, findings);
      },
    ),
  );
}

const neverStopped: StopSignal = { signal: new AbortController().signal, name: () => undefined, grace: 0 };

async function settingsOfGroups(
  { environment, fileOfGroup }: Linted,
  { forSettings }: LintedHosts,
  run: Run,
  within: LintedIn,
  findings: LintFindings,
): Promise<SettingsOfGroups> {
  const settings = new Map<string, GroupSettings>();
  for (const group of forSettings.groupNames.filter((name) => isDeployed(forSettings, name))) {
    const file = fileOfGroup(group) ?? environment.file;
    findings.looked(file, within);
    for (const host of forSettings.group(group)) {
      const read = findings.collect(
        file,
        () => lintSettings(forSettings, host, group, run.extraVars),
        within,
      );
      if (read === undefined) continue;
      if (!settings.has(group)) settings.set(group, read);
      const layers = forSettings.layersFor(host, group);
      await findings.collectAsync(file, () => checkEnvFiles([{ host, settings: read, layers }], run), within);
    }
  }
  return settings;
}

async function lintPlaybook(
  playbook: Playbook,
  linted: LintedHosts,
  settings: SettingsOfGroups,
  whole: Run,
  within: LintedIn,
  findings: LintFindings,
): Promise<void> {
  findings.looked(playbook.file, within);
  const later = playbook.file === ofDeploys ? undefined : laterHosts(playbook);
  const { forTasks } = linted;
  // Hosts that are listed have what the files say.
  const ofAdded = later === undefined || within.isSure ? [] : [layerOfAdded(later)];
  const layersFor: Inventory['layersFor'] = (host, group) => [...ofAdded, ...forTasks.layersFor(host, group)];
  const hosts = { ...linted, forTasks: { ...forTasks, later, layersFor } };
  const run = { ...whole, hostVariables: new Map(), ...defined({ growth: later && neverGrowing(later) }) };
  for (const sessions of casts(playbook, hosts, settings, run)) {
    try {
      await checkPlaybook(playbook, sessions, playedHosts(hosts.forTasks, sessions, later), {
        rolls: playbook.file === ofDeploys,
      });
    } catch (thrown) {
      for (const error of errorsOf(thrown)) {
        if (error.class === 'bug') throw thrown;
        const isOfHosts = error.code.startsWith('inventory.');
        // Which groups have hosts in the cloud is not known. A list of hosts may be of another environment than the playbook.
        if (isOfHosts && !within.isSure) continue;
        const place = isOfHosts ? { ...within, isSure: false } : within;
        findings.report(error, 'error', playbook.file, place);
      }
    }
  }
}

/** What `deploy` plays, whose hosts are those of its groups. */
const ofDeploys = 'playbooks/deploy.yml';

/** No task runs. */
const neverGrowing = ({ mayBe }: LaterHosts): Growth => ({
  add: (_, at) => Promise.reject(addHostInDeploy(at)),
  hold: () => Promise.resolve(),
  mayAdd: mayBe,
});

/** The sessions that a playbook is played with: those of one group after the other where its patterns speak of `{{ group }}`, else all. */
function casts(
  { plays }: Playbook,
  linted: LintedHosts,
  settings: SettingsOfGroups,
  run: Run,
): readonly (readonly HostSession[])[] {
  const { forTasks } = linted;
  if (!plays.some(({ hosts }) => hosts.value.includes('{{'))) {
    return [forTasks.hosts.map((host) => sessionOfHost(host, linted, settings, run))];
  }
  const deployed = forTasks.groupNames.filter((group) => isDeployed(forTasks, group));
  return (deployed.length === 0 ? forTasks.groupNames : deployed)
    .filter((group) => settings.has(group) || deployed.length === 0)
    .map((group) => forTasks.group(group).map((host) => sessionOfGroup(host, group, linted, settings, run)));
}
