/**
 * The engine's face: whatever is outside src/engine imports it from here.
 *
 * - roll/ runs a playbook: play after play, batch after batch, turn after turn; and takes hosts back.
 * - task/ is the life of one task on one host.
 * - holds/ is what a run took and owes, and how it is given back.
 * - interlocks/ stand around the ports and hold whatever a playbook says: floor, drain first, lease, one mutation at a time.
 */
export { reconnectDefault, type Blips } from './blips.js';
export { HostSession, type HostGroup, type Maker, type SettingsOfHost } from './host-session.js';
export { Delegates } from './delegates.js';
export { forGroup, forHostsOfGroups, newRun } from './new-run.js';
export type { PinnedImages } from './pinned-images.js';
export type { Growth, Run } from './run.js';
export { isStopping, type StopSignal } from './stop-signal.js';

export { isWellAgain } from './roll/bake.js';
export { goneOf } from './roll/gone-hosts.js';
export { afterGrace, nameTheHeldAfterGrace } from './roll/grace.js';
export { mayTakeHostsOut, takesHostsOut } from './roll/next-allowed.js';
export { copiesOf, inFrame, unknownCopy, type Copy, type Frame } from './roll/included.js';
export { nameOfPlay, onTop, playLayers, readRollout, renderPattern } from './roll/play-settings.js';
export { titleOf } from './task/tell-task.js';
export { playVariables } from './roll/play-variables.js';
export { runPlaybook, type PlaybookResult } from './roll/run-playbook.js';
export { StepThrough, type StepAnswer } from './roll/step-through.js';
export type { TurnPlay } from './roll/turn-play.js';

export { delegatesOf, refuseDelegation } from './task/delegate.js';
export { refuseAdding } from './task/growth.js';
export { refuseRealChange } from './task/check-mode.js';
export { allHold } from './task/conditions.js';
export { renderEnvironment } from './task/module-host.js';
export { explainArguments, namesSetBy, renderArguments } from './task/task-arguments.js';
export { renderBecomeUser } from './task/task-user.js';
export { variablesOf, variablesOfSession } from './task/task-variables.js';
export { itemsOf, layerOfItem } from './task/task.js';

export { hasBaked, isHalfSettled, stayAtPlan, stayInService, stayWithoutWayBack } from './holds/at-plan.js';
export { findCloudHolds, restoreCloudHolds, type CloudRestored } from './holds/cloud-holds.js';
export {
  illAsFound,
  isIllAsFound,
  restoreHost,
  settleReturned,
  stillLacking,
  type RestoreOutcome,
} from './holds/restore.js';
export { scalingOf, type HeldScaling, type ScalingOf } from './holds/scaling-group.js';
export { suspendScaling } from './holds/suspend-scaling.js';
