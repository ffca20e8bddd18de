import type { NoAnswer } from '../ports/control-side.js';

type Describe = (host: string, reason: string) => string;

/** By the code of Node and OpenSSL. `host` is the name and port that was asked. */
const reasons: Readonly<Record<string, Describe>> = {
  ENOTFOUND: (host) => `the name of ${host} does not resolve`,
  EAI_AGAIN: (host) => `the name of ${host} does not resolve now: the name server did not answer`,
  ECONNREFUSED: (host) => `connection refused by ${host}`,
  ECONNRESET: (host, reason) =>
    /hang up|before secure TLS/.test(reason)
      ? `${host} closed the connection without an answer`
      : `${host} reset the connection`,
  EPIPE: (host) => `${host} closed the connection without an answer`,
  ETIMEDOUT: (host) => `no connection to ${host}: it does not answer`,
  EHOSTUNREACH: (host) => `no route to ${host}`,
  ENETUNREACH: (host) => `no route to ${host}`,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => 'the certificate is not trusted: it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: () =>
    'the certificate is not trusted: a certificate of its chain is signed by itself',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => 'the certificate is not trusted: its issuer is not known',
  UNABLE_TO_GET_ISSUER_CERT: () => 'the certificate is not trusted: its issuer is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => 'the certificate is not trusted: its issuer is not known',
  CERT_HAS_EXPIRED: () => 'the certificate has expired',
  CERT_NOT_YET_VALID: () => 'the certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: (host) => `the certificate is not for ${host}`,
};

/** Why an endpoint did not answer, as people say it. */
export function whyNoAnswer({ code = '', reason }: NoAnswer, url: URL): string {
  const described = reasons[code]?.(url.host, reason);
  if (described !== undefined) return described;
  if (code.startsWith('HPE_')) return `${url.host} does not speak HTTP`;
  if (url.protocol === 'https:' && /^(EPROTO|ERR_SSL_)/.test(code))
    return `${url.host} does not speak TLS, or no version of it that is safe`;
  return reason.split('\n', 1)[0] ?? reason;
}
