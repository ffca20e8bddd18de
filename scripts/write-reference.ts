import { writeFileSync } from 'node:fs';
import { referencePage } from './reference.js';

writeFileSync('docs/reference.md', await referencePage());
