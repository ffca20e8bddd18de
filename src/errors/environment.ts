import type { EnvironmentFault } from '../model/environment-text.js';
import { AdfError } from './adf-error.js';
import type { ErrorPlace } from './adf-error.js';

/** A line of an env_file ends where its value does. */
export type EnvFileFault = EnvironmentFault | 'line_break';

/** A value that no environment can hold, or that would arrive as another. `what` names it; the value may be secret, so it is not shown. */
export const environmentValue = (what: string, fault: EnvFileFault, place: ErrorPlace): AdfError =>
  new AdfError({
    code: 'environment.value',
    class: 'invalid',
    message: `${what} ${faults[fault].is}.`,
    hint: faults[fault].hint,
    ...place,
  });

const faults: Readonly<Record<EnvFileFault, { readonly is: string; readonly hint: string }>> = {
  nul: {
    is: 'holds a NUL byte, which no environment can',
    hint: 'Give binary data as a file, or in base64.',
  },
  not_utf8: {
    is: 'is not UTF-8, so it would arrive as something else',
    hint: 'Write it in UTF-8; give binary data as a file, or in base64.',
  },
  encrypted: {
    is: 'is still encrypted',
    hint: 'Decrypt it before adfpush reads it: `ansible-vault decrypt`, `sops decrypt`.',
  },
  line_break: {
    is: 'holds a line break, where a line of an env_file ends',
    hint: 'Give it by `env` of the container, which can hold line breaks; or write each line by itself, with {{#each}}.',
  },
};
