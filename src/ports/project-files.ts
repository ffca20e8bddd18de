/** The files of a project on the control side. Paths are relative to the project's root, or absolute. */
export interface ProjectFiles {
  /** UTF-8 text; undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
}
