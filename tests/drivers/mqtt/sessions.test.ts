import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connect, connectAsync, type IClientOptions } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import type { MqttDevice } from '../../../drivers/mqtt/kind.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { freePort, start, testWith, until } from '../../tools/program.ts';
import { jsonDevice, openLink } from './open-link.ts';

const root = mkdtempSync(join(tmpdir(), 'mqtt-sessions-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newDir = () => join(root, String(++folders));

const account = {
  username: 'smoke-12',
  password: 'smoke-12-secret',
  protocolVersion: 4,
  reconnectPeriod: 0,
} as const;

const sign = (port: number, options: IClientOptions = {}) =>
  connectAsync(`mqtt://127.0.0.1:${port}`, { ...account, ...options });

/** Signs in by that name, and whether the broker had a session of it [MQTT-3.2.2-2]. */
async function isPresent(port: number, clientId: string): Promise<boolean> {
  const client = connect(`mqtt://127.0.0.1:${port}`, { ...account, clean: false, clientId });
  const present = await new Promise<boolean>((resolve) => {
    client.once('connect', ({ sessionPresent }) => resolve(sessionPresent));
  });
  await client.endAsync();
  return present;
}

const openOne = async (dir: string, log = silentLog) => {
  const port = await freePort();
  const air = await openLink({ listen: `127.0.0.1:${port}` }, [jsonDevice('smoke-12')], undefined, { dir, log });
  await until(() => air.link.status().state === 'up', 'the listener');
  return { port, air };
};

const startProcess = async (port: number, dir: string) => {
  await using starting = new AsyncDisposableStack();
  const file = join(import.meta.dirname, 'broker-process.ts');
  const program = starting.use(start(process.execPath, [file, String(port), dir]));
  const listens = () =>
    new Promise<boolean>((resolve) => {
      const socket = connectSocket(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
      socket.on('error', () => resolve(false));
    });
  await until(listens, () => `the broker: ${program.output()}`);
  starting.move();
  return program;
};

test('a session, what waits for it, and what is retained come back after kill -9', async () => {
  const dir = newDir();
  const port = await freePort();
  const lasting = { clean: false, clientId: 'valve' };
  {
    await using program = await startProcess(port, dir);
    const away = await sign(port, lasting);
    await away.subscribeAsync('sensors/smoke-12/cmd/#', { qos: 1 });
    await away.endAsync();
    const client = await sign(port);
    await client.publishAsync('sensors/smoke-12/mode', '{"mode":"a"}', { qos: 1, retain: true });
    for (const n of [1, 2, 3]) await client.publishAsync('sensors/smoke-12/cmd/set', `{"n":${n}}`, { qos: 1 });
    await client.publishAsync('sensors/smoke-12/other', '{}', { qos: 2 });
    client.on('error', () => {});
    program.process.kill('SIGKILL');
    await program.ended();
  }
  await using _program = await startProcess(port, dir);
  const heard: string[] = [];
  // It listens before it signs in: what waits may come together with the CONNACK.
  const back = connect(`mqtt://127.0.0.1:${port}`, { ...account, ...lasting });
  back.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  await until(() => heard.length === 3, 'what waited');
  expect(heard).toEqual([1, 2, 3].map((n) => `sensors/smoke-12/cmd/set {"n":${n}}`));
  await back.subscribeAsync('sensors/smoke-12/mode', { qos: 1 });
  await until(() => heard.length === 4, 'what is retained');
  expect(heard[3]).toBe('sensors/smoke-12/mode {"mode":"a"}');
  await back.endAsync();
});

testWith('mosquitto_sub')('mosquitto_sub takes up its session', async () => {
  const dir = newDir();
  const { port, air: opened } = await openOne(dir);
  await using air = opened;
  const common = ['-h', '127.0.0.1', '-p', String(port), '-u', 'smoke-12', '-P', 'smoke-12-secret', '-q', '1'];
  const topic = ['-t', 'sensors/smoke-12/cmd'];
  const subscribe = ['-c', '-i', 'valve', '-C', '1', ...topic];
  {
    await using listening = start('stdbuf', ['-oL', 'mosquitto_sub', ...common, ...subscribe, '-d']);
    await until(() => listening.output().includes('SUBACK'), 'the subscription');
  }
  await until(() => air.count('disconnects') === 1, 'its end');
  await using told = start('mosquitto_pub', [...common, ...topic, '-m', '{"open":1}']);
  expect(await told.ended()).toBe(0);
  await using again = start('mosquitto_sub', [...common, ...subscribe]);
  expect([await again.ended(), again.output()]).toEqual([0, '{"open":1}\n']);
});

test('nothing is stored, and no thread started, for devices that only publish', async () => {
  const dir = newDir();
  const { port, air: opened } = await openOne(dir);
  await using air = opened;
  const client = await sign(port);
  await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 2 });
  await client.endAsync();
  expect(air.values()).toEqual(['smoke-12/state alarm']);
  expect(existsSync(dir)).toBe(false);
});

test('a QoS 2 message that is sent again is taken once, also by a new connection', async () => {
  const { port, air: opened } = await openOne(newDir());
  await using air = opened;
  const open = async () => {
    const socket = connectSocket(port, '127.0.0.1').on('error', () => {});
    const text = (each: string) => Buffer.concat([Buffer.from([0, each.length]), Buffer.from(each)]);
    // MQTT, level 4, user name and password, a session that lasts.
    const head = Buffer.concat([text('MQTT'), Buffer.from([4, 0b1100_0000, 0, 60]), text('a'), text('smoke-12')]);
    const body = Buffer.concat([head, text('smoke-12-secret')]);
    socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]));
    await once(socket, 'data');
    const topic = text('sensors/smoke-12');
    const publish = (flags: number) => {
      const packet = Buffer.concat([topic, Buffer.from([0, 7]), Buffer.from('{"state":1}')]);
      socket.write(Buffer.concat([Buffer.from([0x30 | flags, packet.length]), packet]));
    };
    return { socket, publish };
  };
  const one = await open();
  one.publish(0b0100);
  const [received] = await once(one.socket, 'data');
  expect([...received]).toEqual([0x50, 2, 0, 7]);
  one.publish(0b1100);
  await once(one.socket, 'data');
  one.socket.destroy();
  const two = await open();
  two.publish(0b1100);
  await once(two.socket, 'data');
  expect(air.count('duplicates')).toBe(2);
  expect(air.values()).toEqual(['smoke-12/state alarm']);
  // PUBREL, answered by PUBCOMP; then the identifier may come again.
  two.socket.write(Buffer.from([0x62, 2, 0, 7]));
  const [complete] = await once(two.socket, 'data');
  expect([...complete]).toEqual([0x70, 2, 0, 7]);
  two.publish(0b0100);
  await until(() => air.readings.length === 2, 'a new one');
  two.socket.destroy();
});

test('a session has what was granted, not all that was asked for with it: nobody else’s messages wait in it', async () => {
  const dir = newDir();
  const port = await freePort();
  const open = (devices: readonly MqttDevice[]) =>
    openLink({ listen: `127.0.0.1:${port}` }, devices, undefined, { dir });
  {
    await using air = await open([jsonDevice('smoke-12'), jsonDevice('smoke-13')]);
    await until(() => air.link.status().state === 'up', 'the listener');
    const client = await sign(port, { clean: false, clientId: 'curious' });
    const others = ['#', 'sensors/smoke-13/#', ...Array.from({ length: 500 }, (_, n) => `x/${n}`)];
    const own = ['sensors/smoke-12/a', 'sensors/smoke-12/b'];
    await new Promise<unknown>((resolve) =>
      client.subscribe([own[0] ?? '', ...others, own[1] ?? ''], { qos: 1 }, resolve),
    );
    const other = await sign(port, { username: 'smoke-13', password: 'smoke-13-secret' });
    await other.publishAsync('sensors/smoke-13', '{"state":1}', { qos: 1 });
    expect(air.count('refusedSubscribes')).toBe(others.length);
    await client.endAsync();
    await other.endAsync();
  }
  const kept = () => {
    using db = new DatabaseSync(join(dir, 'sessions.db'));
    return db.prepare("SELECT part, name FROM rows WHERE part <> 'session' ORDER BY name").all();
  };
  expect(kept()).toEqual([
    { part: 'subscription', name: 'sensors/smoke-12/a' },
    { part: 'subscription', name: 'sensors/smoke-12/b' },
  ]);
  // Nor does it have what its device may not have any more since the last run.
  const device = jsonDevice('smoke-12');
  await using _air = await open([{ ...device, options: { ...device.options, topic: 'sensors/other' } }]);
  expect(await isPresent(port, 'curious')).toBe(false);
});

test('a device has four sessions at most: the one that was away longest ends', async () => {
  const { port, air: opened } = await openOne(newDir());
  await using _air = opened;
  for (const n of [1, 2, 3, 4, 5]) {
    const client = await sign(port, { clean: false, clientId: `c-${n}` });
    await client.subscribeAsync('sensors/smoke-12/cmd', { qos: 1 });
    await client.endAsync();
  }
  const hasSession = (n: number) => isPresent(port, `c-${n}`);
  expect(await hasSession(5)).toBe(true);
  expect(await hasSession(2)).toBe(true);
  // It takes the place of the one that is away longest now.
  expect(await hasSession(1)).toBe(false);
  expect(await hasSession(3)).toBe(false);
});

test('whoever wants no session ends the one that was there', async () => {
  const dir = newDir();
  const { port, air: opened } = await openOne(dir);
  await using _air = opened;
  for (const clean of [false, true]) {
    const client = await sign(port, { clean, clientId: 'valve' });
    await client.subscribeAsync('sensors/smoke-12/cmd', { qos: 1 });
    await client.endAsync();
  }
  expect(await isPresent(port, 'valve')).toBe(false);
});

test('a file that is no database is set aside, and told; the broker begins anew', async () => {
  const dir = newDir();
  mkdirSync(dir);
  writeFileSync(join(dir, 'sessions.db'), 'this was never a database, or is none any more');
  const said: string[] = [];
  const { port, air: opened } = await openOne(dir, { ...silentLog, error: (_, text) => said.push(text) });
  await using air = opened;
  expect(said.join()).toMatch(/could not be read/);
  expect(readdirSync(dir)).toContain('sessions.db.unreadable');
  expect(air.link.status()).toMatchObject({ state: 'up', counters: { sessionsSetAside: 1 } });
  expect(air.link.status().warnings).toBeUndefined();
  const client = await sign(port, { clean: false, clientId: 'valve' });
  await client.subscribeAsync('sensors/smoke-12/cmd', { qos: 1 });
  await client.endAsync();
});

test('where nothing can be stored the broker goes on without, and says so', async () => {
  const dir = newDir();
  // A file stands where the folder should be made.
  writeFileSync(dir, '');
  const said: string[] = [];
  const { port, air: opened } = await openOne(dir, { ...silentLog, error: (_, text) => said.push(text) });
  await using air = opened;
  const client = await sign(port, { clean: false, clientId: 'valve' });
  await client.subscribeAsync('sensors/smoke-12/#', { qos: 1 });
  const heard: string[] = [];
  client.on('message', (_, payload) => heard.push(String(payload)));
  await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 1, retain: true });
  await until(() => heard.length === 1, 'the message');
  expect(air.values()).toEqual(['smoke-12/state alarm']);
  expect(air.link.status()).toMatchObject({ state: 'up', warnings: ['sessions-not-kept'] });
  expect(said).toEqual([expect.stringMatching(/sessions are kept in memory only: .*(ENOTDIR|EEXIST)/)]);
  await client.endAsync();
});
