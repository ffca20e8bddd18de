import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { templateFunctions } from '../../src/expression/template-functions.js';
import { factFields } from '../../src/modules/facts-values.js';

const page = readFileSync('docs/playbooks.md', 'utf8');

it.each([...templateFunctions.keys()])('docs/playbooks.md names the function %s', (name) => {
  expect(page).toMatch(new RegExp(`\`${name}( [^\`]*)?\``));
});

it.each(Object.keys(factFields))('docs/playbooks.md names the fact %s', (name) => {
  expect(page).toMatch(new RegExp(`\`(facts\\.)?${name}\``));
});
