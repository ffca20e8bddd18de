import { distance } from 'fastest-levenshtein';
import { AdfError } from './adf-error.js';

/** An image reference that Docker would not accept either. */
export const invalidReference = (text: string, reason: string, hint: string): AdfError =>
  new AdfError({
    code: 'registry.invalid_reference',
    class: 'invalid',
    message: `The image reference "${text}" is invalid: ${reason}.`,
    hint,
  });

/** How many existing tags a hint names. */
const tagsShown = 8;

/** Nothing at that tag or digest. `tags` is what the repository has, when its registry told. */
export function imageMissing(
  image: string,
  registry: string,
  wanted: string,
  tags?: readonly string[],
): AdfError {
  const near = [...(tags ?? [])]
    .sort((a, b) => distance(wanted, a) - distance(wanted, b) || b.localeCompare(a))
    .slice(0, tagsShown);
  const more = (tags?.length ?? 0) - near.length;
  return new AdfError({
    code: 'registry.image_missing',
    class: 'refused',
    message: `${registry} has no image ${image}.`,
    hint:
      near.length > 0
        ? `The repository has ${near.join(', ')}${more > 0 ? ` and ${more} more tags` : ''}.`
        : 'Was it pushed? The registry shows no tags in this repository.',
  });
}

export const registryDenied = (
  image: string,
  registry: string,
  { username, detail }: { readonly username?: string; readonly detail?: string },
): AdfError =>
  new AdfError({
    code: 'registry.denied',
    class: 'refused',
    message:
      `${registry} denies access to ${image}` +
      (username === undefined ? ', asked without credentials' : ` for ${username}`) +
      (detail === undefined ? '.' : `: ${detail}.`),
    hint:
      username === undefined
        ? `Run docker login ${registry}. Registries also say this of repositories that do not exist.`
        : `May this user pull it? If the password is old: docker login ${registry}. Registries also say this of repositories that do not exist.`,
  });

/** No usable answer, after all retries. */
export const registryUnavailable = (registry: string, reason: string, hint?: string): AdfError =>
  new AdfError({
    code: 'registry.unavailable',
    class: 'refused',
    message: `The registry ${registry} does not answer: ${reason}.`,
    hint: hint ?? 'Check the name, the network and the proxy of this machine, then try again.',
  });

/** It answers, and after all retries still with an error of its own (5xx), or that too much was asked of it (429). */
export const registryStumbles = (registry: string, status: number, said: string | undefined): AdfError =>
  new AdfError({
    code: 'registry.unavailable',
    class: 'refused',
    message: `The registry ${registry} answers with status ${status}${said === undefined ? '' : `: ${said}`}.`,
    hint:
      status === 429
        ? `Wait a while. Registries let those who are logged in ask more often: docker login ${registry}.`
        : 'Try again in a while; what it says is all that is known here.',
  });

/** An answer that breaks the distribution protocol. */
export const registryMalformed = (registry: string, what: string): AdfError =>
  new AdfError({
    code: 'registry.malformed_answer',
    class: 'refused',
    message: `${registry} answered against the registry protocol: ${what}.`,
    hint: 'Is it a registry, or a proxy or login page in front of one?',
  });

/** The bytes that came are not those that the digest names: a broken proxy, or an attack. */
export const digestMismatch = (image: string, registry: string, promised: string, got: string): AdfError =>
  new AdfError({
    code: 'registry.digest_mismatch',
    class: 'refused',
    message: `What ${registry} sent for ${image} is not what it promised: ${promised}, but the bytes are ${got}.`,
    hint: 'Do not deploy it. Look at what stands between this machine and the registry.',
  });

export const dockerConfigInvalid = (file: string, reason: string): AdfError =>
  new AdfError({
    code: 'registry.docker_config',
    class: 'invalid',
    message: `${file} cannot be read: ${reason}.`,
    hint: 'Repair it, or run docker login again.',
  });

export const credentialHelperFailed = (
  helper: string,
  registry: string,
  reason: string,
  isMissing = false,
): AdfError =>
  new AdfError({
    code: 'registry.credential_helper',
    class: 'refused',
    message: `${helper} gave no credentials for ${registry}: ${reason}.`,
    hint: `Try it: echo ${registry} | ${helper} get`,
    ...(isMissing ? { isMissing } : {}),
  });
