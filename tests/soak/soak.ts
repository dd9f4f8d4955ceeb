import { parseArgs } from 'node:util';
import { playNight } from '../demo/live.ts';
import { soakCalls } from './calls.ts';
import { soakKills } from './kills.ts';
import { soakOutage } from './outage.ts';

/** `npm run soak`: the promises in full length. Exit status 1 when one was broken. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    outage: { type: 'string', default: '60' },
    events: { type: 'string', default: '1000' },
    calls: { type: 'string', default: '200' },
    night: { type: 'string', default: '605' },
  },
});
const kills = await soakKills(Number(values.rounds), (text) => console.log(text));
console.log('kill -9:', JSON.stringify({ ...kills, faults: kills.faults.length }));
const outage = await soakOutage(Number(values.outage), Number(values.events));
console.log('upstream away:', JSON.stringify({ ...outage, faults: outage.faults.length }));
const calls = await soakCalls(Number(values.calls), (text) => console.log(text));
console.log('calls to people:', JSON.stringify({ ...calls, faults: calls.faults.length }));
const night = await playNight(Number(values.night), 180);
const { output, ...figures } = night;
console.log('demo night:', JSON.stringify({ ...figures, faults: night.faults.length }));
const faults = [...kills.faults, ...outage.faults, ...calls.faults, ...night.faults];
for (const fault of faults.slice(0, 50)) console.log(fault);
if (night.faults.length > 0) console.log(output);
process.exit(faults.length + night.missing + night.twice === 0 ? 0 : 1);
