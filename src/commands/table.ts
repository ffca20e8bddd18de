import Completion from './completion.js';
import Deploy from './deploy.js';
import Doctor from './doctor.js';
import Drain from './drain.js';
import Exec from './exec.js';
import History from './history.js';
import HistoryDiff from './history-diff.js';
import HistoryShow from './history-show.js';
import Init from './init.js';
import InventoryGraph from './inventory-graph.js';
import InventoryList from './inventory-list.js';
import InventoryVars from './inventory-vars.js';
import LabDemo from './lab-demo.js';
import LabStart from './lab-start.js';
import LabStop from './lab-stop.js';
import Lint from './lint.js';
import LockRelease from './lock-release.js';
import LockStatus from './lock-status.js';
import Logs from './logs.js';
import Maintenance from './maintenance.js';
import ModuleCommand from './module.js';
import Ping from './ping.js';
import PlanCommand from './plan.js';
import Promote from './promote.js';
import Recover from './recover.js';
import Releases from './releases.js';
import Restart from './restart.js';
import Resume from './resume.js';
import Rollback from './rollback.js';
import Run from './run.js';
import Schema from './schema.js';
import Status from './status.js';
import Undrain from './undrain.js';

/**
 * All verbs. A command's file holds its flags and words only; what it runs is imported when it runs, so that help is quick.
 */
export const commands = {
  deploy: Deploy,
  plan: PlanCommand,
  promote: Promote,
  rollback: Rollback,
  recover: Recover,
  resume: Resume,
  status: Status,
  releases: Releases,
  history: History,
  'history:show': HistoryShow,
  'history:diff': HistoryDiff,
  run: Run,
  restart: Restart,
  drain: Drain,
  undrain: Undrain,
  maintenance: Maintenance,
  exec: Exec,
  logs: Logs,
  ping: Ping,
  doctor: Doctor,
  init: Init,
  lint: Lint,
  module: ModuleCommand,
  schema: Schema,
  completion: Completion,
  'inventory:list': InventoryList,
  'inventory:graph': InventoryGraph,
  'inventory:vars': InventoryVars,
  'lock:status': LockStatus,
  'lock:release': LockRelease,
  'lab:start': LabStart,
  'lab:demo': LabDemo,
  'lab:stop': LabStop,
};
