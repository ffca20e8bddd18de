import { takesHostsOut } from '../engine/index.js';
import { health } from '../modules/health.js';
import { isOpenEnded, tasksOf, type Playbook } from '../playbook/playbook.js';

/** Whether a task speaks to the Docker Engine of its host, or may: what is included when it runs is not known. */
export const needsEngine = ({ plays }: Playbook): boolean =>
  plays.some(
    (play) =>
      isOpenEnded(play) ||
      takesHostsOut(play) ||
      tasksOf(play).some(
        ({ does: { name, effect } }) =>
          effect === 'restorable' || name === health.name || name.startsWith('docker_'),
      ),
  );
