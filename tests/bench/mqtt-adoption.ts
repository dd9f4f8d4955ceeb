/**
 * What the adoption of one device costs those that are connected: `node tests/bench/mqtt-adoption.ts [DEVICES]`, 1000 where
 * it is left out. First on the link as it is, then with a link opened anew, as for one that could not be changed.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MqttDevice } from '../../drivers/mqtt/kind.ts';
import { jsonDevice, openLink } from '../drivers/mqtt/open-link.ts';
import { freePort } from '../tools/free-port.ts';
import { until } from '../tools/program.ts';

const count = Number(process.argv[2] ?? 1000);
const listen = `127.0.0.1:${await freePort()}`;
const all = Array.from({ length: count + 5 }, (_, n) => jsonDevice(`d${n}`));
/** The very same, as the loader keeps those whose files are; or all made anew. */
const devices = (more: number, isAnew = false): MqttDevice[] => {
  const some = all.slice(0, count + more);
  return isAnew ? some.map((device) => structuredClone(device)) : some;
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** MQTT 3.1.1, section 3.1: a lasting session, user name and password, no keep-alive. Under 128 bytes. */
function connectPacket(...fields: readonly string[]): Buffer {
  const texts = ['MQTT', ...fields].map((text) => Buffer.from([0, text.length, ...Buffer.from(text)]));
  const [protocol = Buffer.alloc(0), ...payload] = texts;
  const body = Buffer.concat([protocol, Buffer.from([4, 0xc0, 0, 0]), ...payload]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

async function signIn(id: string): Promise<Socket> {
  const socket = connect(Number(listen.slice(listen.indexOf(':') + 1)), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(connectPacket('one', id, `${id}-secret`));
  await once(socket, 'data');
  return socket;
}

const air = await openLink({ listen }, devices(0));
await until(() => air.link.status().state === 'up', 'the listener');
const sockets: Socket[] = [];
for (let n = 0; n < count; n++) sockets.push(await signIn(`d${n}`));
let closed = 0;
for (const socket of sockets) socket.on('close', () => closed++);
console.log(`${count} devices are connected`);

await pause(1000);
for (let more = 1; more <= 5; more++) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const next = devices(more, more % 2 === 0);
  await pause(50);
  delay.enable();
  await pause(50);
  const start = performance.now();
  const exchange = air.link.change?.(next);
  const ready = performance.now();
  exchange?.();
  const done = performance.now();
  await pause(500);
  delay.disable();
  const [making, exchanging, most] = [ready - start, done - ready, delay.max / 1e6].map((ms) => ms.toFixed(1));
  console.log(
    `changed, the others ${more % 2 === 0 ? 'made anew' : 'the very same'}: ${closed} disconnected; made ready in ${making} ms, exchanged in ${exchanging} ms; longest delay ${most} ms`,
  );
}
const added = await signIn(`d${count}`);
console.log('the adopted one is connected');

await air[Symbol.asyncDispose]();
await using anew = await openLink({ listen }, devices(1));
await until(() => anew.link.status().state === 'up', 'the listener');
await pause(500);
console.log(`opened anew: ${closed} disconnected`);
for (const socket of [...sockets, added]) socket.destroy();
