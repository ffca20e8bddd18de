import { AdfError } from './adf-error.js';
import { enumerate } from './nearest.js';

const invalid = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `sops.${code}`, class: 'invalid', message, hint });

/** The file of a backend `sops` is not there. */
export const sopsFileMissing = (file: string): AdfError =>
  invalid(
    'missing',
    `The sops file ${file} is not there.`,
    'Paths under `secrets` are relative to the project.',
  );

/** The file is not one that sops wrote, or one of a kind that is not read here. `why` goes on a sentence. */
export const notASopsFile = (file: string, why: string): AdfError =>
  invalid(
    'format',
    `${file} cannot be read as a sops file: ${why}.`,
    'Encrypt a YAML or JSON file with `sops encrypt`, for age keys or for an AWS KMS key.',
  );

/** No available key decrypts the file. `recipients` are the keys that it is encrypted for, `tried` what was tried and why it failed. */
export const noKeyForSops = (
  file: string,
  recipients: readonly string[],
  tried: readonly string[],
): AdfError =>
  invalid(
    'key',
    `No key at hand decrypts ${file}, which is encrypted for ${enumerate(recipients)}${tried.length === 0 ? '' : `: ${tried.join('; ')}`}.`,
    'Give an age key in SOPS_AGE_KEY, a file of keys in SOPS_AGE_KEY_FILE, or access to kms:Decrypt of its KMS key.',
  );

/** What is in the file is not what sops wrote: it was changed by hand, or it is damaged. */
export const sopsDamaged = (file: string, what: string): AdfError =>
  invalid(
    'damaged',
    `${file} was changed since sops encrypted it: ${what}.`,
    'Change it with `sops edit`, which encrypts and signs anew; restore it from version control otherwise.',
  );
