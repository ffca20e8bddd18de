import { invalidReference } from '../errors/registry.js';
import { defined } from './defined.js';
import { isDigest } from './ids.js';
import type { ImageReference, Repository } from './release.js';

/** The registry that a repository without a host belongs to. */
const defaultRegistry = 'docker.io';
/** Docker Hub's other name, which old configurations still spell. */
const legacyRegistry = 'index.docker.io';

const alphanumeric = '[a-z0-9]+';
const pathComponent = `${alphanumeric}(?:(?:\\.|_|__|-+)${alphanumeric})*`;
const pathShape = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`);
const hostLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const registryShape = new RegExp(
  `^(?:${hostLabel}(?:\\.${hostLabel})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?$`,
);
const tagShape = /^\w[\w.-]{0,127}$/;
const longestName = 255;

/**
 * Reads `[registry[:port]/]path[:tag][@digest]`, by Docker's grammar. The repository keeps the user's spelling.
 * Throws `registry.invalid_reference`. Source: github.com/distribution/reference, grammar and normalization.
 */
export function parseImageReference(text: string): ImageReference {
  const { name, tag, digest } = split(text);
  if (digest !== undefined && !isDigest(digest)) {
    throw invalidReference(
      text,
      `"${digest}" is not a digest`,
      'A digest is sha256: and 64 hexadecimal digits.',
    );
  }
  if (tag !== undefined && !tagShape.test(tag)) {
    throw invalidReference(
      text,
      `"${tag}" is not a tag`,
      'A tag has up to 128 letters, digits, underscores, dots and dashes, and begins with none of the last two.',
    );
  }
  checkRepository(text, name);
  return {
    repository: name,
    ...defined({ tag, digest }),
  };
}

/** The registry a repository lives in, with its port: `docker.io` when the repository names none. */
export const registryOf = (repository: Repository): string => splitRepository(repository).registry;

/** The repository's path in its registry, as the registry's API wants it: `library/nginx` for `nginx`. */
export function pathOf(repository: Repository): string {
  const { registry, path } = splitRepository(repository);
  return registry === defaultRegistry && !path.includes('/') ? `library/${path}` : path;
}

/** The first component is a host if it has a dot, a port or upper-case letters, or is `localhost`; as Docker decides it. */
function splitRepository(repository: Repository): { readonly registry: string; readonly path: string } {
  const slash = repository.indexOf('/');
  const first = repository.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  return {
    registry: !isHost || first === legacyRegistry ? defaultRegistry : first,
    path: isHost ? repository.slice(slash + 1) : repository,
  };
}

function split(text: string): { name: string; tag?: string; digest?: string } {
  const at = text.indexOf('@');
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  return {
    name: hasTag ? named.slice(0, colon) : named,
    ...(hasTag ? { tag: named.slice(colon + 1) } : {}),
    ...(at === -1 ? {} : { digest: text.slice(at + 1) }),
  };
}

function checkRepository(text: string, name: string): void {
  if (name === '') throw invalidReference(text, 'it names no repository', 'Write registry/path:tag.');
  if (name.length > longestName) {
    throw invalidReference(text, `its name is longer than ${longestName} characters`, 'Shorten the name.');
  }
  // Docker takes 64 hexadecimal digits for an image id, so they cannot name a repository.
  if (/^[a-f0-9]{64}$/.test(name)) {
    throw invalidReference(
      text,
      'it is an image id',
      'Name the image as registry/path:tag or registry/path@digest.',
    );
  }
  const { registry, path } = splitRepository(name);
  if (!registryShape.test(registry)) {
    throw invalidReference(
      text,
      `"${registry}" is not a registry's host`,
      'A registry is written host or host:port, without https://.',
    );
  }
  if (pathShape.test(path)) return;
  const lower = text.replace(path, path.toLowerCase());
  throw invalidReference(
    text,
    `"${path}" is not a repository's path`,
    path !== path.toLowerCase() && pathShape.test(path.toLowerCase())
      ? `Repository paths are lower-case: "${lower}".`
      : 'A path has lower-case letters and digits, separated by /, dots, dashes or underscores.',
  );
}
