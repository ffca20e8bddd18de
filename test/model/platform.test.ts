import { expect, test } from 'vitest';
import { formatPlatform, runsOn } from '../../src/model/platform.js';

test.each([
  ['linux/amd64', 'linux/amd64', true],
  ['linux/arm64', 'linux/amd64', false],
  ['windows/amd64', 'linux/amd64', false],
  // The variant of an image is the least that it needs; what is not said is no reason to refuse.
  ['linux/arm/v6', 'linux/arm/v7', true],
  ['linux/arm/v7', 'linux/arm/v6', false],
  ['linux/arm64/v8', 'linux/arm64/v8', true],
  ['linux/arm64', 'linux/arm64/v8', true],
  ['linux/arm/v7', 'linux/arm', true],
  ['linux/arm/v7', 'linux/arm64/v8', false],
  ['linux/amd64/v3', 'linux/amd64', true],
  // An Engine that does not tell of an image.
  ['/', 'linux/amd64', true],
])('an image for %s runs on a host that is %s: %s', (image, host, runs) => {
  expect(runsOn(platform(image), platform(host))).toBe(runs);
});

test('a platform reads as docker spells it', () => {
  expect(['linux/amd64', 'linux/arm/v7'].map((text) => formatPlatform(platform(text)))).toEqual([
    'linux/amd64',
    'linux/arm/v7',
  ]);
});

function platform(text: string) {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
