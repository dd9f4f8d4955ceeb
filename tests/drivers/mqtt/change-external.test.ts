import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { openMosquitto } from '../../tools/mosquitto.ts';
import { testWith, until } from '../../tools/program.ts';
import { APPLICATION, chirpstackTopic, chirpstackUp, DEV_EUI } from './lorawan/messages.ts';
import { jsonDevice, openLink, tiltDevice } from './open-link.ts';

const SUBSCRIBE = 0x82;
const UNSUBSCRIBE = 0xa2;

/** What the packets of a chunk, each whole, subscribe to (`+`) and give back (`-`): MQTT 3.1.1, sections 2.2.3, 3.8 and 3.10. */
function filtersIn(chunk: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < chunk.length; ) {
    const type = chunk[at++];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = chunk[at++] ?? 0;
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const end = at + length;
    if (type === SUBSCRIBE || type === UNSUBSCRIBE) {
      for (let next = at + 2; next < end; ) {
        const topic = chunk.toString('utf8', next + 2, next + 2 + chunk.readUInt16BE(next));
        found.push(`${type === SUBSCRIBE ? '+' : '-'} ${topic}`);
        next += 2 + Buffer.byteLength(topic) + (type === SUBSCRIBE ? 1 : 0);
      }
    }
    at = end;
  }
  return found;
}

/** Passes all on to a broker, and notes what the other side subscribes to and gives back. */
async function openWitness(brokerPort: number) {
  const noted: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  /** Answers to what is subscribed to are kept until they are let go. */
  let holds = false;
  let release = () => {};
  const server = createServer((near) => {
    connections++;
    const far = connectSocket(brokerPort, '127.0.0.1');
    near.on('data', (chunk: Buffer) => noted.push(...filtersIn(chunk)));
    near.pipe(far);
    const held: Buffer[] = [];
    far.on('data', (chunk) => {
      if (holds && noted.length > 0) held.push(chunk);
      else near.write(chunk);
    });
    release = () => {
      for (const chunk of held.splice(0)) near.write(chunk);
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    get connections() {
      return connections;
    },
    /** What was noted since the last time. */
    take: () => noted.splice(0).toSorted(),
    get count() {
      return noted.length;
    },
    hold() {
      holds = true;
    },
    release() {
      holds = false;
      release();
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const clientOf = (port: number) => connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0 });

testWith('mosquitto')(
  'another broker is asked for what is new and given back what is gone, once each, on one connection',
  async () => {
    await using broker = await openMosquitto();
    await using witness = await openWitness(broker.port);
    const client = await clientOf(broker.port);
    for (const id of ['a', 'b', 'c'])
      await client.publishAsync(`sensors/${id}`, '{"state":1}', { retain: true, qos: 1 });
    await using air = await openLink({ url: witness.url }, [jsonDevice('a'), jsonDevice('b')]);
    await until(() => air.link.status().state === 'up', 'the connection');
    await until(() => air.count('retained') === 2, 'what the broker kept');
    expect(witness.take()).toEqual(['+ sensors/a/#', '+ sensors/b/#']);

    const exchange = air.link.change?.([jsonDevice('a'), jsonDevice('c')]);
    expect(witness.count).toBe(0);
    exchange?.();
    await until(() => witness.count === 2 && air.count('retained') === 3, 'the change');
    expect(witness.take()).toEqual(['+ sensors/c/#', '- sensors/b/#']);
    // Equal, made anew, in another order; and there and back before anybody has answered.
    air.change([jsonDevice('c'), jsonDevice('a')]);
    air.change([jsonDevice('a'), jsonDevice('c'), jsonDevice('d')]);
    air.change([jsonDevice('a'), jsonDevice('c')]);
    for (const id of ['a', 'b', 'c']) await client.publishAsync(`sensors/${id}`, '{"state":0}', { qos: 1 });
    await until(() => air.readings.length >= 2, 'the readings');
    expect(air.values().toSorted()).toEqual(['a/state normal', 'c/state normal']);
    expect(witness.take().filter((each) => !each.includes('sensors/d'))).toEqual([]);
    expect([witness.connections, air.count('connects'), air.count('disconnects')]).toEqual([1, 1, 0]);
    await client.endAsync();
  },
);

testWith('mosquitto')(
  'what many devices share is subscribed to once, and nobody goes unheard where it becomes another',
  async () => {
    await using broker = await openMosquitto();
    await using witness = await openWitness(broker.port);
    const client = await clientOf(broker.port);
    const city = tiltDevice('city', DEV_EUI, { application: APPLICATION });
    const same = tiltDevice('same', '24e124710c000001', { application: APPLICATION });
    const any = tiltDevice('any', '24e124710c000002');
    await using air = await openLink({ url: witness.url, server: 'chirpstack' }, [city]);
    await until(() => air.link.status().state === 'up', 'the connection');
    const [own, all] = [APPLICATION, '+'].map((name) => `application/${name}/device/+/event/`);
    expect(witness.take()).toEqual([`+ ${own}status`, `+ ${own}up`]);
    air.change([city, same]);
    let sent = 0;
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        const message = JSON.stringify(chirpstackUp({ deduplicationId: `id-${sent}` }));
        await client.publishAsync(chirpstackTopic(), message, { qos: 1 });
        sent++;
      }
    })();
    for (let n = 0; n < 10; n++) {
      const count = sent;
      air.change(n % 2 === 0 ? [city, same, any] : [city, same]);
      await until(() => sent > count + 3 && witness.count === 4 * (n + 1), 'messages, and all given back');
    }
    isOver = true;
    await sending;
    await until(() => air.count('uplinks') >= sent, 'all of them');
    expect(air.count('uplinks')).toBe(sent);
    expect(air.values().filter((value) => value === 'city/z 90')).toHaveLength(sent);
    const noted = witness.take();
    for (const filter of [`${own}up`, `${own}status`, `${all}up`, `${all}status`]) {
      expect(noted.filter((each) => each === `+ ${filter}`)).toHaveLength(5);
      expect(noted.filter((each) => each === `- ${filter}`)).toHaveLength(5);
    }
    expect(witness.connections).toBe(1);
    await client.endAsync();
  },
);

testWith('mosquitto')(
  'devices that become others while the broker is away are those that it is asked for when it is back',
  async () => {
    await using broker = await openMosquitto();
    await using witness = await openWitness(broker.port);
    await using air = await openLink({ url: witness.url }, [jsonDevice('a'), jsonDevice('b')]);
    const isUp = () => air.link.status().state === 'up';
    await until(isUp, 'the connection');
    witness.take();
    witness.cut();
    await until(() => !isUp(), 'the end of it');
    air.change([jsonDevice('a'), jsonDevice('c')]);
    expect(air.link.status().devices).toMatchObject({ c: { answers: false, code: 'link-down' } });
    await until(isUp, 'the connection again');
    expect(witness.take()).toEqual(['+ sensors/a/#', '+ sensors/c/#']);
    // While the answers are on their way too.
    witness.hold();
    witness.cut();
    await until(() => witness.count > 0, 'the next connection');
    air.change([jsonDevice('a'), jsonDevice('d')]);
    expect(isUp()).toBe(false);
    witness.release();
    await until(() => isUp() && witness.count === 4, 'the change');
    expect(witness.take()).toEqual(['+ sensors/a/#', '+ sensors/c/#', '+ sensors/d/#', '- sensors/c/#']);
    const client = await clientOf(broker.port);
    for (const id of ['a', 'b', 'c', 'd']) await client.publishAsync(`sensors/${id}`, '{"state":0}', { qos: 1 });
    await until(() => air.readings.length >= 2, 'the readings');
    expect(air.values().toSorted()).toEqual(['a/state normal', 'd/state normal']);
    await client.endAsync();
  },
);

test('a change while nobody is there, and after the end, is nothing', async () => {
  const air = await openLink({ url: 'mqtt://127.0.0.1:1' }, [jsonDevice('a')]);
  air.change([jsonDevice('b')]);
  expect(Object.keys(air.link.status().devices)).toEqual(['b']);
  await air[Symbol.asyncDispose]();
  air.change([jsonDevice('a')]);
});
