import type { NamedSecrets } from '../config/named-secrets.js';
import type { Layer } from '../expression/scope.js';
import { SecretNeeds } from '../expression/secret-needs.js';
import type { FileDigest, NewProjectFile, ProjectEntry, ProjectFiles } from '../ports/project-files.js';

/**
 * Which secrets a use case needs, and their values. Until `expect` is called nothing is fetched: a command that renders nothing needs no
 * access to secrets.
 */
export class ProjectSecrets {
  readonly #needs = new SecretNeeds();
  readonly #named: Pick<NamedSecrets, 'fetch' | 'contents'>;
  #isExpected = false;

  constructor(named: Pick<NamedSecrets, 'fetch' | 'contents'>) {
    this.#named = named;
  }

  /**
   * From now on templates are rendered with these variables, among others. `names` are those of them that are rendered whatever the
   * files say.
   */
  expect(layers: Iterable<Layer>, names: Iterable<string> = []): void {
    this.#isExpected = true;
    this.#needs.addVariables(layers);
    for (const name of names) this.#needs.addText(name);
  }

  /** Variables that texts may name; by themselves they are no reason to fetch anything. */
  know(layer: Layer): void {
    this.#needs.addVariables([layer]);
  }

  /** Fetches what is needed as far as it is known by now. Throws what the backends throw. */
  fetch(): Promise<void> {
    return this.#named.fetch(this.#needs.names);
  }

  /** The names of those that were fetched, in order. */
  get fetched(): readonly string[] {
    return [...this.#named.contents.keys()].sort();
  }

  /** What the backends have under these names now. Throws what the backends throw. For a digest, and not to be shown. */
  async contentsOf(names: readonly string[]): Promise<unknown> {
    await this.#named.fetch(names);
    return names.map((name) => [name, this.#named.contents.get(name) ?? null]);
  }

  /** A file that was read, and is going to be rendered. */
  async add(text: string): Promise<void> {
    this.#needs.addText(text);
    if (this.#isExpected) await this.fetch();
  }
}

/** Files of variables: what is in them counts only where something names the variable. */
const isOfVariables = (path: string): boolean => /^(adfpush\.ya?ml$|inventory\/)/.test(path);

/** The files of a project; the secrets that a file needs are fetched before its text is given. */
export class FilesWithSecrets implements ProjectFiles {
  constructor(
    private readonly files: ProjectFiles,
    private readonly secrets: ProjectSecrets,
  ) {}

  async read(path: string): Promise<string | undefined> {
    const text = await this.files.read(path);
    if (text !== undefined && !isOfVariables(path)) await this.secrets.add(text);
    return text;
  }

  list(path: string): Promise<readonly string[]> {
    return this.files.list(path);
  }

  stat(path: string): Promise<ProjectEntry | undefined> {
    return this.files.stat(path);
  }

  stream(path: string): AsyncIterable<Uint8Array> {
    return this.files.stream(path);
  }

  digest(path: string): Promise<FileDigest> {
    return this.files.digest(path);
  }

  create(path: string): Promise<NewProjectFile> {
    return this.files.create(path);
  }
}
