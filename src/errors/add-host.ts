import { describeHost, type Host } from '../model/host.js';
import type { Place } from '../model/source.js';
import { AdfError } from './adf-error.js';
import { enumerate } from './nearest.js';

const invalid = (code: string, message: string, at: Place, hint: string): AdfError =>
  new AdfError({ code: `add_host.${code}`, class: 'invalid', message, at, hint });

/** The hosts of a deploy are those of its groups: their number, floor and plan are known before it begins. */
export const addHostInDeploy = (at: Place): AdfError =>
  invalid(
    'in_deploy',
    'add_host adds no hosts to a deploy: its hosts are those that the inventory lists in its groups',
    at,
    'Write it in a playbook of its own, and play that with adfpush run. A host that joins the inventory while a deploy runs is rolled too.',
  );

/** Two hosts of the inventory share the name. */
export const severalOfName = (name: string, hosts: readonly Host[], at: Place): AdfError =>
  invalid(
    'several_hosts',
    `add_host names "${name}", which means ${hosts.length} hosts: ${enumerate(hosts.map(describeHost))}`,
    at,
    'Name one of them by its id, or give the new host another name.',
  );

/** Its sessions, leases and holds are of the host that is reached as it was said first. */
export const reachedOtherwise = (host: Host, at: Place): AdfError =>
  invalid(
    'reached_otherwise',
    `${describeHost(host)} is there already, and is reached at ${host.address}: add_host changes its groups and variables, not its address or connection`,
    at,
    'Leave address, port, ssh and docker out, or give the new host a name of its own.',
  );

/** A run that was interrupted still holds something of a host that joins this one. */
export const addedHostHeld = (
  host: Host,
  run: string,
  environment: string,
  held: readonly string[],
): AdfError =>
  new AdfError({
    code: 'add_host.held',
    class: 'refused',
    host: describeHost(host),
    message: `Run ${run} was interrupted and still holds of it: ${held.join('; ')}.`,
    hint: `Restore it with: adfpush recover ${run} --env ${environment}, on the machine that has the journal of that run. On another one, list the host in the inventory first.`,
  });
