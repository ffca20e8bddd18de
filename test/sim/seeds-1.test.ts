import { proveSeeds } from './prove-seeds.js';

// A file of its own for each part, so that the seeds are simulated on several processors.
proveSeeds(1);
