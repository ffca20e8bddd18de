import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

const failed = (host: Host, reason: string, hint: string): AdfError =>
  new AdfError({
    code: 'aws.instance_connect',
    class: 'refused',
    message: `EC2 Instance Connect cannot let a key in to ${describeHost(host)}: ${reason}.`,
    host: describeHost(host),
    hint,
  });

/** What EC2 Instance Connect says of one instance. Undefined for what it says of the caller: credentials, permissions, rates. */
export function explainedPush(thrown: unknown, host: Host, user: string): AdfError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const said = thrown.message.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  switch (thrown.name) {
    case 'EC2InstanceNotFoundException':
      return failed(host, `there is no such instance (${said})`, 'Was it terminated meanwhile?');
    case 'EC2InstanceStateInvalidException':
      return failed(host, `the instance is not running (${said})`, 'Start it, or leave it out with --limit.');
    case 'EC2InstanceUnavailableException':
      return failed(
        host,
        `the instance is not available at the moment (${said})`,
        'Look at its status checks.',
      );
    case 'EC2InstanceTypeInvalidException':
      return failed(
        host,
        `instances of its type are not supported (${said})`,
        'Leave out ssh: { instance_connect }, and name an identity_file.',
      );
    case 'InvalidArgsException':
      return failed(
        host,
        `its arguments are refused (${said})`,
        `Check that "${user}" is a user of the instance: ssh: { user }.`,
      );
    default:
      return undefined;
  }
}

/** A host of another kind of inventory, which EC2 knows nothing of. */
export const notAnInstance = (host: Host): AdfError =>
  failed(host, 'it is not an EC2 instance', 'Leave out ssh: { instance_connect } for it.');

/** An answer without `Success`. */
export const pushUnconfirmed = (host: Host): AdfError =>
  failed(host, 'AWS does not say that it did', 'Is something else than AWS at the endpoint?');
