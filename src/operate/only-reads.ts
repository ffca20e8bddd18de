import { isOpenEnded, tasksOf, type Playbook } from '../playbook/playbook.js';

/** None of its tasks changes anything, as far as its modules tell: a command may change anything, and so may what it includes. */
export const onlyReads = ({ plays }: Playbook): boolean =>
  !plays.some(isOpenEnded) &&
  plays.flatMap(tasksOf).every(({ does, checkMode }) => checkMode === true || does.effect === 'reads');
