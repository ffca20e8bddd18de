import { hostId, runId } from '../../src/model/ids.js';
import { FileJournalStore } from '../../src/state/journal-file.js';

/** Appends for ever, eight at a time, and says on stdout which records were acknowledged. To be killed. */
const [directory = '', run = ''] = process.argv.slice(2);
const journal = await new FileJournalStore({ directory }).create(runId(run));
let count = 0;

async function writeForEver(): Promise<never> {
  for (;;) {
    const id = `mutation-${++count}`;
    await journal.append({ type: 'mutation.done', at: count, id, host: hostId('h1') });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, writeForEver));
