import { writeFileSync } from 'node:fs';
import { modulesPage } from './modules-page.js';
import { referencePage } from './reference.js';

writeFileSync('docs/reference.md', await referencePage());
writeFileSync('docs/modules.md', await modulesPage());
