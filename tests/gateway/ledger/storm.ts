// A gateway's ledger under a storm, as a process of its own that the test kills: node storm.ts DIR.
// Prints `stored SEQUENCE N` for each append that was promised, and what it found at its start.
import { batch, openTestLedger } from './drafts.ts';

const { ledger } = await openTestLedger(process.argv[2] ?? '');
const { rules } = await ledger.restore();
const state = rules.get('rule@noise-07/la');
let next = state !== undefined && 'n' in state && typeof state.n === 'number' ? state.n + 1 : 0;
console.log(`restored ${ledger.status().head} ${next}`);

/** One of several callers at a time; the state that goes with an event says how many there were. */
async function call(): Promise<void> {
  for (;;) {
    const n = next++;
    for (const entry of await ledger.append(batch(n))) console.log(`stored ${entry.sequence} ${n}`);
  }
}
await Promise.all(Array.from({ length: 20 }, call));
