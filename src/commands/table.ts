import Deploy from './deploy.js';
import Doctor from './doctor.js';
import Exec from './exec.js';
import InventoryGraph from './inventory-graph.js';
import InventoryList from './inventory-list.js';
import LabDemo from './lab-demo.js';
import LabStart from './lab-start.js';
import LabStop from './lab-stop.js';
import LockRelease from './lock-release.js';
import LockStatus from './lock-status.js';
import PlanCommand from './plan.js';
import Recover from './recover.js';
import Resume from './resume.js';
import Rollback from './rollback.js';
import Status from './status.js';

/**
 * All verbs. A command's file holds its flags and words only; what it runs is imported when it runs, so that help is quick.
 */
export const commands = {
  deploy: Deploy,
  plan: PlanCommand,
  rollback: Rollback,
  recover: Recover,
  resume: Resume,
  status: Status,
  exec: Exec,
  doctor: Doctor,
  'inventory:list': InventoryList,
  'inventory:graph': InventoryGraph,
  'lock:status': LockStatus,
  'lock:release': LockRelease,
  'lab:start': LabStart,
  'lab:demo': LabDemo,
  'lab:stop': LabStop,
};
