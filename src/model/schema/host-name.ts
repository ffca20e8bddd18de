/** Names of hosts and groups that patterns can say: none of their signs in them. */
export const hostNameForm = /^(?!-)[^\s,:!&*?[\]]+$/;

export const hostNameRule =
  'must be a name without spaces and without , : ! & * ? [ ], and not begin with a dash';

/** A word that goes to SSH: one that began with a dash would be an option there. */
export const hostTextForm = /^[^-\s]\S*$/;

export const hostTextRule = 'must hold no space and not begin with a dash';

/** Groups that every inventory has, and the word that Ansible's protocol uses for variables. */
const builtInGroups = ['all', 'ungrouped', '_meta'];

export const isBuiltInGroup = (name: string): boolean => builtInGroups.includes(name);

export const builtInGroupRule = 'must not be all, ungrouped or _meta, which are built in: take another name';
