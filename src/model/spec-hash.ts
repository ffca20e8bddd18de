import { sha256 } from './sha256.js';
import { canonical } from './canonical-json.js';
import { label, type ContainerSpec } from './container.js';

/**
 * The hash of a rendered specification, image left out: together with the digest it decides whether a container is
 * what was planned. The same specification has the same hash whatever the order of its keys.
 */
export const specHash = (spec: ContainerSpec): string => hash(withoutImage(spec)).slice(0, 32);

/**
 * A short hash per part (`env=1f0c…,ports=…`), so that a plan can name what changed without showing a value.
 */
export const specParts = (spec: ContainerSpec): string =>
  Object.entries(withoutImage(spec))
    .map(([part, value]) => `${part}=${hash(value).slice(0, 8)}`)
    .sort()
    .join(',');

/** The parts in which a running container differs from its planned specification, in words. */
export const changedParts = (
  labels: Readonly<Record<string, string>>,
  spec: ContainerSpec,
): readonly string[] => partsThatDiffer(labels, spec).map((part) => words[part] ?? part);

/** The same, by the names of the parts in the specification; what only the old one had is among them. */
export function partsThatDiffer(
  labels: Readonly<Record<string, string>>,
  spec: ContainerSpec,
): readonly string[] {
  const before = (labels[label.specParts] ?? '').split(',').filter((part) => part !== '');
  const after = specParts(spec).split(',');
  const changed = [
    ...after.filter((part) => !before.includes(part)),
    ...before.filter((part) => !after.includes(part)),
  ];
  return [...new Set(changed.map((part) => part.split('=')[0] ?? part))];
}

const words: Readonly<Record<string, string>> = {
  env: 'environment variables',
  stopTimeout: 'stop timeout',
  extraHosts: 'extra hosts',
};

function withoutImage(spec: ContainerSpec): Readonly<Record<string, unknown>> {
  const { image: _image, ...rest } = spec;
  return rest;
}

const hash = (value: unknown): string => sha256(canonical(value));
