/** The broker of one device in a process of its own, to be killed: `node broker-process.ts PORT DIR`. */
import { z } from 'zod';
import { mqtt } from '../../../drivers/mqtt/kind.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { jsonDevice } from './open-link.ts';

const [port = '', dir = ''] = process.argv.slice(2);
const wire = openClock();
const options = z.parse(mqtt.links.mqtt ?? z.never(), { listen: `127.0.0.1:${port}` });
const link = await mqtt.open(
  { id: 'air', kind: 'mqtt', options, devices: [jsonDevice('smoke-12')] },
  { clock: wire, wire, log: silentLog, dir },
);
console.log('open');
for await (const batch of link.readings(new AbortController().signal)) {
  for (const { point, value } of batch) console.log(`${point} ${value}`);
}
