/** Names of hosts and groups that patterns can say: none of their signs in them. */
export const hostNameForm = /^(?!-)[^\s,:!&*?[\]]+$/;

export const hostNameRule =
  'must be a name without spaces and without , : ! & * ? [ ], and not begin with a dash';

/** A word that goes to SSH: one that began with a dash would be an option there. */
export const hostTextForm = /^[^-\s]\S*$/;

export const hostTextRule = 'must hold no space and not begin with a dash';
