import { isChange } from './10-one-run.js';
import type { Statement } from './story.js';

/** 11. A wrong account or region changes nothing. */
export const changesNothingElsewhere: Statement = ({ faults, calls }) =>
  faults.wrong === undefined
    ? []
    : calls.filter(isChange).map(({ at, method, about }) => ({
        statement: 11,
        at,
        what: `${method} ${about} in the wrong ${faults.wrong}`,
      }));
