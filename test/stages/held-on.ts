import type { Host } from '../../src/model/host.js';
import {
  containerId,
  containerName,
  digestOfHash,
  environmentName,
  groupName,
  holdId,
  runId,
} from '../../src/model/ids.js';
import type { HeldOnHost } from '../../src/model/holds/held-on-host.js';

/** A container held on a host; its id has what a volume's name may not have, and is longer than one. */
export function heldOn(host: Host): HeldOnHost {
  const group = groupName(`api/${'ü'.repeat(300)}`);
  const digest = digestOfHash('a'.repeat(64));
  return {
    run: runId('20261121T031500Z-7f3a09c4'),
    verb: 'deploy',
    environment: environmentName('prod'),
    owner: { who: 'ann@desk', link: 'https://ci.example/7' },
    at: 1_795_000_000_000,
    group: {
      name: group,
      release: { image: { repository: 'registry/api', digest }, version: 'v2' },
      targetGroups: ['api-http'],
      rollout: {
        serial: [{ hosts: 1 }],
        minHealthy: { percent: 50 },
        bake: 0,
        drainTimeout: 'default',
        onFailure: 'rollback',
        keepReleases: 3,
        floorWait: 1_000,
        reconnect: 1_000,
        asg: 'suspend',
      },
    },
    hold: {
      id: holdId(`${group}/${host.id}#1`),
      kind: 'container',
      host: host.id,
      group,
      name: containerName('api'),
      previous: { id: containerId('f00d'), running: true, restartPolicy: { name: 'always' }, digest },
    },
  };
}
