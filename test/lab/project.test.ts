import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { fixedPorts, labDirectory } from '../../src/lab/background.js';
import { projectFiles } from '../../src/lab/project.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('has this repository as the project for a lab on its fixed ports', () => {
  const files = projectFiles({
    endpoint: `http://127.0.0.1:${fixedPorts.aws}`,
    registryAddress: `127.0.0.1:${fixedPorts.registry}`,
    identityFile: `${labDirectory}/id_ed25519`,
    knownHostsFile: `${labDirectory}/known_hosts`,
  });

  for (const [path, content] of Object.entries(files)) {
    expect(readFileSync(root + path, 'utf8'), path).toBe(content);
  }
});
