import { fromIni, fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { awsError, type AwsCall } from '../errors/aws.js';
import { defined } from '../model/defined.js';
import type { CloudAccess } from './cloud-access.js';
import type { RequestHandlerOptions } from './request-handler.js';

/** What signs a request. */
interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type IdentityProvider = () => Promise<Identity>;

/** Assumed roles appear under this name in CloudTrail. */
const sessionName = 'adfpush';

/** The files may have been written again since: who renews a login while a run goes on writes new ones there. */
const ignoreCache = true;

/** A stand-in for AWS on this machine takes any signature: the lab needs no account. */
const labIdentity: Identity = { accessKeyId: 'adfpush-lab', secretAccessKey: 'adfpush-lab' };

/**
 * Who asks AWS: the SDK's default chain, or exactly the given profile, or the role that one of these assumes. All
 * clients of a run share one identity, so a role is assumed once. Throws the errors of errors/aws.ts.
 */
export function identityOf(
  access: CloudAccess,
  region: string,
  requestHandler: RequestHandlerOptions,
): IdentityProvider {
  const { role } = access;
  const client = { region, requestHandler };
  const source = once(named(sourceOf(access, client), call('reading the credentials')));
  return role === undefined
    ? source
    : once(named(assumed(role, source, access, client), call('sts:AssumeRole')));

  function call(action: string): AwsCall {
    return { ...access, action, region };
  }
}

/** How services are asked that give credentials. */
interface ClientConfig {
  readonly region: string;
  readonly requestHandler: RequestHandlerOptions;
}

function sourceOf({ profile, endpoint }: CloudAccess, clientConfig: ClientConfig): IdentityProvider {
  return async () => {
    // The whole chain would go on to other credentials, of another account perhaps, when the profile has none.
    if (profile !== undefined) return fromIni({ profile, clientConfig, ignoreCache })();
    if (endpoint !== undefined && isLoopback(endpoint) && process.env['AWS_ACCESS_KEY_ID'] === undefined) {
      return labIdentity;
    }
    return fromNodeProviderChain({ clientConfig, ignoreCache })();
  };
}

function assumed(
  role: string,
  source: IdentityProvider,
  { endpoint }: CloudAccess,
  client: ClientConfig,
): IdentityProvider {
  return async () => {
    return fromTemporaryCredentials({
      masterCredentials: source,
      params: { RoleArn: role, RoleSessionName: sessionName },
      clientConfig: { ...client, ...defined({ endpoint }) },
    })();
  };
}

const named =
  (provider: IdentityProvider, call: AwsCall): IdentityProvider =>
  async () => {
    try {
      return await provider();
    } catch (error) {
      throw awsError(error, call);
    }
  };

/** Renewed this long before they expire, so that none expires on its way. */
const renewBefore = 5 * 60_000;

/**
 * The same identity for all who ask, until it is about to expire. A failure is not kept; while the last identity is still valid, one that
 * cannot be renewed at this moment is used on.
 */
function once(provider: IdentityProvider): IdentityProvider {
  let last: Identity | undefined;
  let asked: Promise<Identity> | undefined;
  return async () => {
    if (last !== undefined && isValidFor(renewBefore, last)) return last;
    const asking = (asked ??= provider());
    try {
      last = await asking;
      return last;
    } catch (error) {
      if (last === undefined || !isValidFor(0, last)) throw error;
      return last;
    } finally {
      if (asked === asking) asked = undefined;
    }
  };
}

const isValidFor = (time: number, { expiration }: Identity): boolean =>
  expiration === undefined || expiration.getTime() - Date.now() > time;

/** True for an address of this machine, whatever its port. */
const isLoopback = (endpoint: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(endpoint)?.hostname ?? '');
