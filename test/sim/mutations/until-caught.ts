// Simulates seed after seed until the given statement is broken, and prints the seed; 0 when none of them breaks it.
import { judgeSeed } from '../judge-seed.js';

const [statement, seeds] = process.argv.slice(2).map(Number);
let caught = 0;
for (let seed = 1; caught === 0 && seed <= (seeds ?? 0); seed += 1) {
  const { violations } = await judgeSeed(seed);
  if (violations.some((violation) => violation.statement === statement)) caught = seed;
}
console.log(caught);
