import { isDigest, shortDigest } from '../model/ids.js';
import type { ContainerSummary } from '../model/plan.js';

/** `v2 0a1b2c3d4e5f`: the version for people, the short digest for certainty. */
export function releaseLabel({ version, digest }: Pick<ContainerSummary, 'version' | 'digest'>): string {
  const parts = [version, digest === undefined ? undefined : shortDigest(digest)];
  const known = parts.filter((part) => part !== undefined && part !== '');
  return known.length === 0 ? 'unknown' : known.join(' ');
}

/** The containers of a host in one cell; named when there are several. */
export function containersLabel(containers: readonly ContainerSummary[]): string {
  if (containers.length === 0) return '(none)';
  return containers
    .map((container) => {
      const name = containers.length > 1 ? `${container.name} ` : '';
      return `${name}${releaseLabel(container)}${container.running ? '' : ' (stopped)'}`;
    })
    .join(', ');
}

/** The short digest of `repository@sha256:…`; the text itself when it holds none. */
export function shortImage(image: string): string {
  const digest = image.slice(image.indexOf('@') + 1);
  return isDigest(digest) ? shortDigest(digest) : image;
}
