import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { unreadableCaBundle } from '../errors/aws.js';
import { proxiesOf } from '../system/http-proxies.js';
import { readRegularSync } from '../system/regular-file.js';

/** How the clients of the SDK send their requests. Times are milliseconds. */
export interface RequestHandlerOptions {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly throwOnRequestTimeout: boolean;
  /** The SDK's own when absent. */
  readonly httpAgent?: HttpAgent;
  readonly httpsAgent?: HttpsAgent;
}

/** As the SDK's own agents. */
const connections = { keepAlive: true, maxSockets: 50 };

/**
 * By the proxies of the environment, and with the authorities of `AWS_CA_BUNDLE` in the place of those that Node trusts, as the AWS CLI does it; those of
 * `NODE_EXTRA_CA_CERTS` stay trusted. Instance metadata never goes by a proxy: the SDK asks for it by itself. Throws `aws.ca_bundle`.
 */
export function requestHandlerOf(
  variables: Readonly<Record<string, string | undefined>>,
): RequestHandlerOptions {
  const times = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };
  const proxyEnv = proxiesOf(variables);
  const bundle = variables['AWS_CA_BUNDLE']?.trim() ?? '';
  if (proxyEnv === undefined && bundle === '') return times;
  const proxied = proxyEnv === undefined ? {} : { proxyEnv };
  return {
    ...times,
    httpAgent: new HttpAgent({ ...connections, ...proxied }),
    httpsAgent: new HttpsAgent({
      ...connections,
      ...proxied,
      ...(bundle === '' ? {} : { ca: authoritiesIn(bundle) }),
    }),
  };
}

function authoritiesIn(path: string): string[] {
  try {
    const text = readRegularSync(path).toString();
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it has no certificate');
    return [text, ...getCACertificates('extra')];
  } catch (cause) {
    throw unreadableCaBundle(path, cause);
  }
}
