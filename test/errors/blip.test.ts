import { describe, expect, it } from 'vitest';
import { blipSourceOf } from '../../src/errors/blip.js';
import { dockerPull, dockerUnreachable } from '../../src/errors/docker.js';
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

describe('an Engine that does not answer', () => {
  const sourceOf = (reason: string, hasAnswered = false): string | undefined =>
    blipSourceOf(dockerUnreachable(makeHost('i-1'), reason, { hasAnswered }));
  const refusals = [
    'dial unix /var/run/docker.sock: connect: permission denied',
    'sudo: a password is required',
    'sudo: docker: command not found',
    'docker system dial-stdio on i-1 ended with exit code 127: sh: 1: docker: not found',
  ];

  it.each([
    'dial unix /var/run/docker.sock: connect: connection refused',
    'dial unix /var/run/docker.sock: connect: no such file or directory',
    'nothing answers at /var/run/docker.sock on i-1: open failed',
    // What sudo says of every command there, and does not mind itself.
    'sudo: unable to resolve host i-1: Name or service not known\ndial unix /var/run/docker.sock: connect: connection refused',
    'sudo: setrlimit(RLIMIT_CORE): Operation not permitted\nCannot connect to the Docker daemon',
  ])('may answer in a moment: %s', (reason) => {
    expect(sourceOf(reason)).toBe('engine');
  });

  it.each(refusals)('refuses: %s', (reason) => {
    expect(sourceOf(reason)).toBeUndefined();
  });

  it.each(refusals)('may answer in a moment, when it has answered before: %s', (reason) => {
    expect(sourceOf(reason, true)).toBe('engine');
  });
});
