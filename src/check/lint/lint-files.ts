import { readEndpointsFile } from '../../config/endpoints-file.js';
import { readEnvironmentFile, variablesOf, type EnvironmentFile } from '../../config/environment-file.js';
import { projectFile, readProjectConfig } from '../../config/project-config.js';
import type { SettingWords } from '../../config/setting-words.js';
import type { SecretSources } from '../../config/secrets.js';
import { readVariablesFile, type VariablesFile } from '../../config/variables-file.js';
import { parseYaml, type YamlDocument } from '../../config/yaml.js';
import { emptyFile } from '../../errors/lint.js';
import { isMapping } from '../../expression/describe.js';
import { placeInFile } from '../../expression/place.js';
import { parseTemplate } from '../../expression/template-syntax.js';
import { checkTemplates } from '../../expression/templates.js';
import { locateWithin } from '../../model/source.js';
import type { ProjectFiles } from '../../ports/project-files.js';
import type { LintFindings } from './lint-findings.js';
import type { NamedFile } from './project-layout.js';

/** Checks files of settings one by one, so that all of them are told what is wrong. What is undefined is wrong, or not there. */
export class FileLinter {
  constructor(
    private readonly files: ProjectFiles,
    private readonly findings: LintFindings,
    private readonly secrets: SecretSources,
    private readonly words: SettingWords,
  ) {}

  /** Whether adfpush.yml is right, or is not there. */
  async config(project: string): Promise<boolean> {
    const read = await this.findings.collectAsync(projectFile, async () => {
      const document = parseYaml(projectFile, (await this.files.read(projectFile)) ?? '');
      const { vars } = readProjectConfig(document, project, this.secrets);
      checkTemplates(vars.values, vars.locate);
      await this.words.check(vars);
      return true;
    });
    return read ?? false;
  }

  async environment({ name, file }: NamedFile): Promise<EnvironmentFile | undefined> {
    return this.findings.collectAsync(file, async () => {
      const document = await this.#document(file);
      if (document.value === null) throw emptyFile(file);
      const environment = readEnvironmentFile(name, file, document);
      for (const variables of variablesOf(environment)) {
        checkTemplates(variables.values, variables.locate);
        await this.words.check(variables);
      }
      return environment;
    });
  }

  /** The service URLs of these environments; that of each is rendered with the environment. */
  async endpoints(file: string, environments: readonly string[]): Promise<void> {
    await this.findings.collectAsync(file, async () => {
      const { entries, locate } = readEndpointsFile(file, await this.#document(file), environments);
      for (const [environment, list] of entries) {
        const texts = list.map(({ url, headers }) => ({ url, headers }));
        checkTemplates(texts, locateWithin(locate, [environment]));
      }
    });
  }

  /** A file of variables. One without any is a warning: nothing is wrong with it. */
  async variables(file: string): Promise<VariablesFile | undefined> {
    return this.findings.collectAsync(file, async () => {
      const document = await this.#document(file);
      if (document.value === null) this.findings.report(emptyFile(file), 'warning', file);
      const variables = readVariablesFile(file, document);
      checkTemplates(variables.values, variables.locate);
      await this.words.check(variables);
      return variables;
    });
  }

  /** A file that is a template as a whole: that it can be read; what its names mean is looked at with the tasks that use it. */
  async template(file: string): Promise<void> {
    await this.findings.collectAsync(file, async () => {
      const text = (await this.files.read(file)) ?? '';
      parseTemplate(text, placeInFile(file, text));
    });
  }

  /** What a file below `playbooks` is: the plays of a playbook; what plays include, which is checked with them; or variables. */
  async kindBelowPlaybooks(file: string): Promise<'plays' | 'tasks' | 'variables' | undefined> {
    return this.findings.collectAsync(file, async () => {
      const { value } = await this.#document(file);
      if (isMapping(value)) return 'variables';
      const isOfTasks = Array.isArray(value) && value.length > 0 && value.every(isNoPlay);
      return isOfTasks ? 'tasks' : 'plays';
    });
  }

  async #document(file: string): Promise<YamlDocument> {
    return parseYaml(file, (await this.files.read(file)) ?? '');
  }
}

const ofPlays = ['hosts', 'import_playbook', 'tasks', 'pre_tasks', 'post_tasks', 'handlers', 'roles'];

const isNoPlay = (item: unknown): boolean =>
  isMapping(item) && !ofPlays.some((keyword) => Object.hasOwn(item, keyword));
