import type { Action } from './action.js';
import { AwsFault } from './fault.js';

const keyLine = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( .*)?$/;

/** Source of names and order of the checks: the API reference of SendSSHPublicKey. */
const sendSshPublicKey: Action = (query, { cloud, region }) => {
  const [id, user] = [query.required('InstanceId'), query.required('InstanceOSUser')];
  const key = query.required('SSHPublicKey').trim();
  const zone = query.text('AvailabilityZone');
  if (!/^[A-Za-z_][A-Za-z0-9@._-]{0,31}$/.test(user) || !keyLine.test(key)) {
    throw new AwsFault('InvalidArgsException', 'The request has an invalid argument.');
  }
  const instance = region === cloud.region ? cloud.instances.find(id) : undefined;
  if (instance === undefined || (zone !== undefined && zone !== instance.zone)) {
    throw new AwsFault('EC2InstanceNotFoundException', `Instance ${id} not found.`);
  }
  if (instance.state !== 'running') {
    throw new AwsFault('EC2InstanceStateInvalidException', `Instance ${id} is in state ${instance.state}.`);
  }
  cloud.pushedKeys.push(id, user, key);
  return { RequestId: `lab-${id}`, Success: true };
};

export const instanceConnectActions: Readonly<Record<string, Action>> = {
  SendSSHPublicKey: sendSshPublicKey,
};
