/** A link in a process of its own, to be killed: `node link-process.ts PORT DIR OPTIONS`. */
import { http } from '../../../drivers/http/kind.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { camera, meter } from './rig.ts';

const [port = '', dir = '', options = '{}'] = process.argv.slice(2);
const wire = openClock({ trust: () => 'synchronised' });
const settings = http.links.http?.parse({ listen: `127.0.0.1:${port}`, ...JSON.parse(options) });
if (settings === undefined) throw new Error('no options');
const devices = [meter('gauge-1', '861'), camera('cam-1'), camera('cam-2')];
const link = await http.open(
  { id: 'cloud', kind: 'http', options: settings, devices },
  { clock: wire, wire, log: silentLog, dir },
);
console.log('open');
for await (const batch of link.readings(new AbortController().signal)) {
  for (const { point, value } of batch) console.log(`${point} ${value}`);
}
