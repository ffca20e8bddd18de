import { expect, test } from 'vitest';
import { formatImageReference } from '../../src/model/release.js';
import { parseImageReference, pathOf, registryOf } from '../../src/model/image-reference.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test.each([
  // text, repository, tag, registry, path
  ['nginx', 'nginx', undefined, 'docker.io', 'library/nginx'],
  ['nginx:1.27', 'nginx', '1.27', 'docker.io', 'library/nginx'],
  ['grafana/grafana', 'grafana/grafana', undefined, 'docker.io', 'grafana/grafana'],
  ['docker.io/nginx', 'docker.io/nginx', undefined, 'docker.io', 'library/nginx'],
  ['index.docker.io/library/nginx', 'index.docker.io/library/nginx', undefined, 'docker.io', 'library/nginx'],
  ['localhost/api', 'localhost/api', undefined, 'localhost', 'api'],
  ['localhost:5000/api:v1', 'localhost:5000/api', 'v1', 'localhost:5000', 'api'],
  ['registry:5000/team/api', 'registry:5000/team/api', undefined, 'registry:5000', 'team/api'],
  ['ghcr.io/a/b/c:v1', 'ghcr.io/a/b/c', 'v1', 'ghcr.io', 'a/b/c'],
  ['[::1]:5000/api:v1', '[::1]:5000/api', 'v1', '[::1]:5000', 'api'],
  [
    '127.0.0.1:5000/a--b/c__d/e.f',
    '127.0.0.1:5000/a--b/c__d/e.f',
    undefined,
    '127.0.0.1:5000',
    'a--b/c__d/e.f',
  ],
  ['Registry/api', 'Registry/api', undefined, 'Registry', 'api'],
  [
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:v1.2_3-x',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/api',
    'v1.2_3-x',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    'api',
  ],
])('%s is read as Docker reads it', (text, repository, tag, registry, path) => {
  const reference = parseImageReference(text);

  expect(reference).toEqual(tag === undefined ? { repository } : { repository, tag });
  expect([registryOf(repository), pathOf(repository)]).toEqual([registry, path]);
  expect(formatImageReference(reference)).toBe(text);
  expect(parseImageReference(`${text}@${digest}`)).toEqual({ ...reference, digest });
});

test.each([
  ['', /names no repository/, /registry\/path:tag/],
  [':v1', /names no repository/, /registry/],
  ['Nginx', /"Nginx" is not a repository's path/, /lower-case: "nginx"/],
  ['registry:5000/Team/api:v1', /"Team\/api" is not/, /"registry:5000\/team\/api:v1"/],
  ['https://ghcr.io/a', /is not/, /without https/],
  ['api:', /"" is not a tag/, /128/],
  ['api:-x', /"-x" is not a tag/, /128/],
  [`api:${'x'.repeat(129)}`, /is not a tag/, /128/],
  ['api@sha256:1234', /"sha256:1234" is not a digest/, /64 hexadecimal/],
  ['api@v1', /"v1" is not a digest/, /64 hexadecimal/],
  ['a//b', /is not a repository's path/, /lower-case/],
  ['a/b/', /is not a repository's path/, /lower-case/],
  ['-a/b', /is not/, /./],
  ['a_/b', /is not a repository's path/, /./],
  ['api v1', /is not a repository's path/, /./],
  ['{{ image }}', /is not a repository's path/, /./],
  ['0123456789abcdef'.repeat(4), /is an image id/, /digest/],
  [`ghcr.io/${'a'.repeat(250)}`, /longer than 255/, /Shorten/],
  ['ex_ample.com:80/api', /is not a registry's host/, /host:port/],
])('"%s" is refused with a reason', (text, reason, hint) => {
  expect(() => parseImageReference(text)).toThrow(
    expect.objectContaining({
      code: 'registry.invalid_reference',
      class: 'invalid',
      message: expect.stringMatching(reason) as string,
      hint: expect.stringMatching(hint) as string,
    }),
  );
});
