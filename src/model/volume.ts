/** One entry of a container's volumes, read from Docker's own notation `source:target[:options]`. */
export type Volume =
  /** Without a source: Docker makes up a volume that goes with its container. */
  | { readonly kind: 'anonymous'; readonly target: string }
  /** A volume by its name, made when it is not there. */
  | { readonly kind: 'named'; readonly text: string }
  | BindMount;

/** A file or folder of the host, seen in the container. */
export interface BindMount {
  readonly kind: 'bind';
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
  /** `create`: a missing source is made, as an empty folder of root's. */
  readonly create: boolean;
}

/** Docker's words after the second colon (docker run --volume), and `create`, which is ours. */
export const volumeOptions = {
  propagation: ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'],
  selinux: ['z', 'Z'],
  other: ['ro', 'rw', 'nocopy', 'create', 'consistent', 'cached', 'delegated'],
} as const;

export function parseVolume(text: string): Volume {
  const [source = '', target, options = ''] = text.split(':');
  if (target === undefined) return { kind: 'anonymous', target: source };
  if (!source.startsWith('/')) return { kind: 'named', text };
  const words = options.split(',').filter((word) => word !== '');
  return {
    kind: 'bind',
    source,
    target,
    options: words.filter((word) => word !== 'create'),
    create: words.includes('create'),
  };
}

/** The bind mounts among volumes. */
export const bindMounts = (volumes: readonly string[]): readonly BindMount[] =>
  volumes.map(parseVolume).filter((volume) => volume.kind === 'bind');
