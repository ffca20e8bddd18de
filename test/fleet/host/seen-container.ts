/** A container as the host's own Engine shows it to the tests. */
export interface SeenContainer {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  /** The version baked into its image, whatever its labels say. */
  readonly version: string | undefined;
  /** The reference that it was created from. */
  readonly image: string;
  readonly restartPolicy: string;
  readonly startedAt: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly Running: boolean; readonly Restarting: boolean; readonly StartedAt: string };
  readonly Config: { readonly Image: string; readonly Env: readonly string[] | null };
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } };
}

/** Reads what `docker inspect` printed; nothing at all when there was nothing to inspect. */
export function parseContainers(json: string): readonly SeenContainer[] {
  const inspected = json.trim() === '' ? [] : (JSON.parse(json) as readonly Inspected[]);
  return inspected
    .map(({ Id, Name, State, Config, HostConfig }) => {
      const env = Object.fromEntries(
        (Config.Env ?? []).map((pair) => {
          const [name = '', ...value] = pair.split('=');
          return [name, value.join('=')];
        }),
      );
      return {
        id: Id,
        name: Name.slice(1),
        running: State.Running && !State.Restarting,
        version: env['APP_VERSION'],
        image: Config.Image,
        restartPolicy: HostConfig.RestartPolicy.Name,
        startedAt: State.StartedAt,
        env,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
