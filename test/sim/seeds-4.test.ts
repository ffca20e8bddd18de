import { proveSeeds } from './prove-seeds.js';

// A file of its own, so that the seeds are simulated on several processors.
proveSeeds(1501, 500);
