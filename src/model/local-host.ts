import type { Host } from './host.js';
import { hostId, type EnvironmentName } from './ids.js';

/** What `delegate_to` calls this machine. */
export const localName = 'localhost';

/** This machine, as a host that is reached without SSH. It is in no group, and no inventory lists it. */
export const localHost = (environment: EnvironmentName): Host => ({
  id: hostId(localName),
  name: localName,
  environment,
  groups: [],
  address: localName,
  targetIds: [],
  ssh: { transport: 'local' },
  docker: {},
  facts: {},
});
