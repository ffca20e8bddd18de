import { afterAll } from 'vitest';
import { endFile } from './at-end.js';

// Runs in every test file, after its own hooks.
afterAll(endFile);
