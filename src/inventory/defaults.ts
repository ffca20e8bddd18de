import type { Layer } from '../expression/scope.js';

/** The variables that everything begins with: lowest in precedence. */
export const packagedDefaults: Layer = {
  name: 'packaged defaults',
  values: {
    version: 'latest',
    /** A group of one container says `container`, one of several says `containers`; a playbook reads this one. */
    containers: ['{{ container }}'],
    health: 'none',
    rollout: {},
  },
};
