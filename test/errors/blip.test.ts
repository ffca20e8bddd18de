import { describe, expect, it } from 'vitest';
import { blipSourceOf } from '../../src/errors/blip.js';
import { dockerPull } from '../../src/errors/docker.js';
import { makeHost } from '../fakes/make-host.js';

const sourceOfPull = (reason: string): string | undefined =>
  blipSourceOf(dockerPull(makeHost('i-1'), 'registry:5000/api:v2', reason));

/** As the Engine tells them: in the words of Go's HTTP client, or of the registry. */
describe('an image that could not be pulled', () => {
  it.each([
    'received unexpected HTTP status: 503 Service Unavailable',
    'error parsing HTTP 429 response body: toomanyrequests: slow down',
    // Of a proxy before the registry, Docker 20.10.
    'error parsing HTTP 429 response body: invalid character \'<\' looking for beginning of value: "<html>slow down</html>"',
    'Get "https://registry:5000/v2/": dial tcp: lookup registry on 127.0.0.53:53: no such host',
    'Get "https://registry:5000/v2/": dial tcp: lookup registry on 127.0.0.53:53: server misbehaving',
    'Get "https://registry:5000/v2/": dial tcp 10.0.0.9:5000: connect: connection refused',
    'Get "https://registry:5000/v2/": dial tcp 10.0.0.9:5000: connect: no route to host',
    'Get "https://registry:5000/v2/": dial tcp 10.0.0.9:5000: connect: network is unreachable',
    'Get "https://registry:5000/v2/": net/http: TLS handshake timeout',
    'Get "https://registry:5000/v2/": remote error: tls: internal error',
    'Get "https://registry:5000/v2/": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused',
    'Get "https://registry:5000/v2/": Bad Gateway',
    'unexpected EOF',
  ])('may be pulled in a moment: %s', (reason) => {
    expect(sourceOfPull(reason)).toBe('registry');
  });

  it.each([
    'Get "https://registry:5000/v2/": x509: certificate signed by unknown authority',
    'Get "https://registry:5000/v2/": x509: certificate is valid for other, not registry',
    'Get "https://registry:5000/v2/": remote error: tls: handshake failure',
    'Get "https://registry:5000/v2/": http: server gave HTTP response to HTTPS client',
    'unauthorized: authentication required',
    'manifest for registry:5000/api:v2 not found: manifest unknown',
    'write /var/lib/docker/tmp/x: no space left on device',
  ])('is refused: %s', (reason) => {
    expect(sourceOfPull(reason)).toBeUndefined();
  });
});
