import { expect, it } from 'vitest';
import { adfpush, projectOf } from '../stages/adfpush.js';
import { blocksIn, blocksOf, pages } from './blocks.js';

it('docs/hosts.md has settings of secrets that lint finds nothing in', async () => {
  const [settings] = blocksIn('yaml').filter(({ page }) => page === 'docs/hosts.md');
  const project = await projectOf({
    'adfpush.yml': settings?.text ?? '',
    'inventory/prod.yml': 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n',
  });
  expect(await adfpush(['lint'], project)).toMatchObject({ exit: 0 });
});

it('docs/notifications.md has settings that lint finds nothing in', async () => {
  const [settings] = blocksIn('yaml').filter(({ page }) => page === 'docs/notifications.md');
  const project = await projectOf({
    'adfpush.yml': settings?.text ?? '',
    'inventory/prod.yml': 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n',
  });
  expect(await adfpush(['lint'], project)).toMatchObject({ exit: 0 });
});

it('docs/looking.md has endpoints that lint finds nothing in', async () => {
  const [endpoints] = blocksIn('yaml').filter(({ page }) => page === 'docs/looking.md');
  const hosts = 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n';
  const project = await projectOf({
    'inventory/prod.yml': hosts,
    'inventory/staging.yml': hosts,
    'inventory/endpoints.yml': endpoints?.text ?? '',
  });
  expect(await adfpush(['lint'], project)).toMatchObject({ exit: 0 });
});

it('docs/releases.md has settings of a promotion that lint finds nothing in', async () => {
  const [settings] = blocksIn('yaml').filter(({ page }) => page === 'docs/releases.md');
  const group =
    'image: registry.example.com/api\ncontainer: { name: api }\ntarget_groups: none\nhealth: none\n';
  const hosts = 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n';
  const project = await projectOf({
    'inventory/prod.yml': hosts,
    'inventory/group_vars/api.yml': group + (settings?.text ?? ''),
  });
  expect(await adfpush(['lint'], project)).toMatchObject({ exit: 0 });
});

it.each(blocksIn('json'))('$name is JSON', ({ text }) => {
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});

/** Languages whose blocks other tests run. */
const languages = ['yaml', 'json', 'sh', 'groovy', 'ts'];

it('knows the language of each block', () => {
  expect(new Set(pages.flatMap(blocksOf).map(({ language }) => language))).toEqual(new Set(languages));
});
