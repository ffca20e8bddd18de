/** What functions of templates read besides their values: the environment of adfpush and the project's files, the same during the whole run. */
export interface Lookups {
  /** Undefined when the variable is not set. */
  readonly environment: (name: string) => string | undefined;
  /** UTF-8 text of a file by its path, absolute or within the project; undefined when it is not there. */
  readonly file: (path: string) => string | undefined;
  /** The URL of an endpoint of the environment; absent where there are none to look for. Throws why there is none of that name and zone. */
  readonly endpoint?: (name: string, zone: string | undefined) => unknown;
}
