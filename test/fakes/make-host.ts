import type { Host } from '../../src/model/host.js';
import { environmentName, groupName, hostId, region } from '../../src/model/ids.js';

/** A host of an inventory, for tests: only what matters to the test needs to be given. */
export function makeHost(id: string, given: Partial<Omit<Host, 'id'>> = {}): Host {
  return {
    id: hostId(id),
    name: id,
    environment: environmentName('test'),
    groups: [groupName('api')],
    address: '127.0.0.1',
    targetIds: [id],
    zone: 'eu-west-1a',
    region: region('eu-west-1'),
    ssh: {},
    docker: {},
    facts: {},
    ...given,
  };
}
