import { modules } from '../modules/catalogue.js';
import type { ModuleDirectory } from '../playbook/modules.js';

/** The modules as a playbook's reader must know them. */
export const moduleDirectory: ModuleDirectory = {
  names: [...modules.keys()],
  get: (name) => modules.get(name),
};
