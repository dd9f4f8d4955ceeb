/**
 * A scan of a serial bus on a pty whose 32 simulated units each answer at a baud and parity of their own, in the time of a
 * wire: whether all are found, none twice, and how much longer it takes than the wire's own minimum for that search (of
 * each question its bytes and the wait for an answer).
 *
 * usage: node tests/bench/scan-bus.ts [BAUDS, 4800,9600,19200 | all] [LAST UNIT, 247]
 *
 * `all`: every setting that a scan tries of itself, 1200 to 115200 baud with no, even and odd parity; some ten minutes.
 */
import { Scan } from '../../gateway/commissioning/scan.ts';
import { nameSettings, orderSettings } from '../../gateway/commissioning/scan-order.ts';
import { openClock } from '../../gateway/kit/clock.ts';
import { openTunedLine, simpleUnit } from '../gateway/commissioning/tuned-line.ts';

const [bauds = '4800,9600,19200', last = '247'] = process.argv.slice(2);
const isAll = bauds === 'all';
const own = { baud: isAll ? 9600 : Number(bauds.split(',')[0]), parity: 'none', dataBits: 8, stopBits: 1 } as const;
const settings = orderSettings(own, [], isAll ? {} : { bauds: bauds.split(',').map(Number) });
const step = Math.floor(Number(last) / 32);
const where = Array.from({ length: 32 }, (_, index) => ({
  unit: 1 + index * step,
  at: settings[index % settings.length] ?? own,
}));

await using line = await openTunedLine(where.map(({ unit, at }) => ({ unit: simpleUnit(unit), at })));
await using link = await line.open(own);
await using borrowed = link.borrow?.();
if (borrowed === undefined) throw new Error('the line is not lent');
const units = Array.from({ length: Number(last) }, (_, index) => index + 1);
const tools = { signal: new AbortController().signal, tell: () => {}, progress: () => {} };
const plan = { settings, units, known: new Map(), models: [] };
const { found, suspects, asked, spentMs, minimumMs } = await new Scan(borrowed, plan, tools, openClock()).run();

const nameOf = (unit: number, at: Parameters<typeof nameSettings>[0]): string => `${unit} ${nameSettings(at)}`;
const wanted = new Set(where.map(({ unit, at }) => nameOf(unit, at)));
const names = found.map(({ unit, settings: at }) => nameOf(unit, at ?? own));
const right = names.filter((name) => wanted.has(name));
console.log(
  `${settings.length} settings × ${units.length} units: ${asked} questions in ${(spentMs / 1000).toFixed(1)} s`,
);
console.log(
  `found ${right.length} of ${wanted.size}, ${names.length - right.length} twice or wrong, ${suspects.length} suspects`,
);
const missing = [...wanted].filter((name) => !names.includes(name));
if (missing.length > 0) console.log(`missing: ${missing.join(', ')}`);
console.log(`requests during a reply: ${line.counters.collisions}`);
console.log(`${(spentMs / minimumMs).toFixed(3)} times the wire's minimum of ${(minimumMs / 1000).toFixed(1)} s`);
if (right.length < wanted.size || names.length > right.length) process.exitCode = 1;
