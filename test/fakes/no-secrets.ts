import type { SecretSources } from '../../src/config/secrets.js';
import { Redaction } from '../../src/events/redaction.js';

/** For projects in tests that are about something else. */
export const noSecrets = (): SecretSources => ({ keeper: new Redaction(), environment: () => undefined });
