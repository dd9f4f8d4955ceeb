import { parseArgs } from 'node:util';
import { soakKills } from './kills.ts';
import { soakOutage } from './outage.ts';

/** `npm run soak`: the promises in full length. Exit status 1 when one was broken. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    outage: { type: 'string', default: '60' },
    events: { type: 'string', default: '1000' },
  },
});
const kills = await soakKills(Number(values.rounds), (text) => console.log(text));
console.log('kill -9:', JSON.stringify({ ...kills, faults: kills.faults.length }));
const outage = await soakOutage(Number(values.outage), Number(values.events));
console.log('upstream away:', JSON.stringify({ ...outage, faults: outage.faults.length }));
for (const fault of [...kills.faults, ...outage.faults].slice(0, 50)) console.log(fault);
process.exit(kills.faults.length + outage.faults.length === 0 ? 0 : 1);
