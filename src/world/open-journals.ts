import { homedir } from 'node:os';
import { NodeProjectFiles } from '../config/node-project-files.js';
import { loadProject } from '../config/project.js';
import { Redaction } from '../events/redaction.js';
import type { JournalStore } from '../ports/journal.js';
import { FileJournalStore } from '../state/journal-file.js';
import type { CommonOptions } from './context.js';
import { stateFolder } from './open-world.js';

/** The journals of a project's runs, of all environments: before it is known which one is meant. */
export async function openJournals({
  project: directory,
  redaction = new Redaction(),
}: Pick<CommonOptions, 'project' | 'redaction'>): Promise<JournalStore> {
  const project = await loadProject(new NodeProjectFiles(directory), directory, {
    keeper: redaction,
    // Looked at and left there: opening the world takes them.
    environment: (name) => process.env[name],
  });
  return new FileJournalStore({
    directory: stateFolder(project.config.stateDirectory, directory, homedir()),
  });
}
