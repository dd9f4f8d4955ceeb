import mqtt from 'mqtt';
import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import type { WalkTested } from '../../gateway/commissioning/walk-test.ts';
import type { DrillReport } from '../../gateway/exercises/drill-report.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { start, testWith, until } from '../tools/program.ts';
import { openRealGateway, type RealGateway, type Session } from './real-gateway.ts';

const DEPTH = 6;
const LA = 5;

const FILES = (port: number) => ({
  'profiles/box.yaml': `profile: box
protocol: modbus
every: 200ms
points:
  - { id: depth, quantity: water.depth, unit: cm, register: { table: holding, address: ${DEPTH}, type: u16 } }
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: ${LA}, type: u16 } }
  - { id: unjudged, quantity: humidity, unit: "%", register: { table: holding, address: 7, type: u16 } }`,
  'links.yaml': `links: [{ id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${port}, timeout: 30s }]`,
  'devices.yaml': 'devices: [{ id: box-1, profile: box, link: plc, address: 1, place: { grid: JS-01 } }]',
  'rules.yaml': `rules:
  - id: wet
    title: { zh: 积水, en: Water }
    on: { quantity: water.depth }
    levels: { blue: { atLeast: 15 }, orange: { atLeast: 25 } }
  - id: loud
    title: { zh: 夜间施工噪声超标, en: Night noise }
    on: { quantity: noise.la }
    measure: { kind: leq, over: 20min }
    during: night
    legal: true
    legalLimit: 55
    levels: { yellow: { above: 55 } }
    hold: 1min`,
});

interface Told {
  readonly type: string;
  readonly data: {
    readonly exercise?: string | null;
    readonly reason?: string | null;
    readonly title?: { readonly zh: string };
  };
}

async function open(upstream?: string) {
  const stack = new AsyncDisposableStack();
  const slave = stack.use(await openPlainSlave());
  const site = [
    'windows: { night: "22:00-06:00" }',
    ...(upstream === undefined ? [] : [`upstreams: [{ id: city, kind: mqtt, url: "${upstream}" }]`]),
  ];
  const gateway = stack.use(await openRealGateway('walk-1', { site, files: FILES(slave.port) }));
  await gateway.start();
  const api = await gateway.signIn();
  await until(async () => {
    const { points } = await api.get<{ points: { last: { quality: string } | null }[] }>('points');
    return points.some(({ last }) => last?.quality === 'good');
  }, 'a reading');
  return { slave, gateway, api, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function gengfu(gateway: RealGateway, ...args: string[]): Promise<readonly [number | null, string]> {
  await using run = start(process.execPath, ['gateway/main.ts', ...args, '--data', gateway.data]);
  return [await run.ended(), run.output()];
}

const alarmEvents = async (api: Session) =>
  (await api.get<{ events: Told[] }>('events')).events
    .filter(({ type }) => type.startsWith('city.gengfu.alarm.'))
    .toReversed();

const stepOf = ({ type }: Told) => type.slice(type.lastIndexOf('.') + 1);

describe('walk test', () => {
  testWith('mosquitto')(
    'simulated: a Leq of 20 minutes and a hold in a night are over at once, and every receipt is there',
    async () => {
      await using city = await openMosquitto();
      await using all = await open(`mqtt://127.0.0.1:${city.port}`);
      const { gateway, api } = all;
      const began = performance.now();
      const [status, output] = await gengfu(gateway, 'walk-test', 'box-1', '--rule', 'loud', '--json');
      expect(performance.now() - began).toBeLessThan(60_000);
      expect([status, output]).toEqual([0, expect.any(String)]);
      const tested = JSON.parse(output) as WalkTested;
      expect(tested.steps.map(({ step, ok }) => [step, ok])).toEqual([
        ['reading', true],
        ['finding', true],
        ['ledger', true],
        ['upstream:city', true],
      ]);
      const events = await alarmEvents(api);
      expect(events.map(stepOf)).toEqual(['raised', 'closed']);
      for (const { data } of events) {
        expect(data.exercise).toBe('test');
        expect(data.title?.zh).toBe('【测试】夜间施工噪声超标');
      }
      const { events: log } = await api.get<{ events: { type: string; data: object }[] }>('events');
      expect(log.find(({ type }) => type === 'city.gengfu.device.walk-tested')?.data).toMatchObject({
        ...{ device: 'box-1', point: 'la', rule: 'loud', mode: 'simulate', passed: true },
      });
      expect(await gateway.ask<Alarm[]>({ ask: 'alarms' })).toEqual([]);
    },
  );

  test('what is not there, or away, is said and not passed', async () => {
    await using all = await open('mqtt://127.0.0.1:1');
    const { gateway, slave } = all;
    expect(await gengfu(gateway, 'walk-test', 'box-9')).toEqual([1, expect.stringContaining('no device box-9')]);
    expect(await gengfu(gateway, 'walk-test', 'box-1', '--point', 'unjudged')).toEqual([
      1,
      expect.stringContaining('no rule is on box-1/unjudged'),
    ]);
    const [status, output] = await gengfu(gateway, 'walk-test', 'box-1', '--point', 'depth');
    expect(status).toBe(1);
    expect(output).toMatch(/✗ 未过.*upstream:city .*has not confirmed entry/);
    expect(output).toContain('not passed 未通过: box-1/depth, wet');
    await slave[Symbol.asyncDispose]();
    await gateway.stop();
    expect((await gengfu(gateway, 'walk-test', 'box-1'))[0]).toBe(3);
  });

  test('live: what the installer pours is a test, and what is still there afterwards is a real alarm', async () => {
    await using all = await open();
    const { gateway, api, slave } = all;
    const running = gengfu(gateway, 'walk-test', 'box-1', '--rule', 'wet', '--live', '--within', '30s');
    await until(async () => (await api.get<object[]>('walk-tests')).length > 0, 'the test to begin');
    slave.registers.set(DEPTH, 30);
    const [status, output] = await running;
    expect([status, output]).toEqual([0, expect.stringContaining('depth = 30: orange')]);
    await until(async () => (await alarmEvents(api)).length >= 3, 'the real alarm');
    expect((await alarmEvents(api)).map((each) => [stepOf(each), each.data.exercise])).toEqual([
      ['raised', 'test'],
      ['closed', 'test'],
      ['raised', null],
    ]);
    // With a real alarm open nobody hides what it does.
    expect(await gengfu(gateway, 'walk-test', 'box-1', '--rule', 'wet', '--live')).toEqual([
      1,
      expect.stringContaining('is open on box-1/depth'),
    ]);
    // A simulated one goes on beside it, and does not touch it.
    const before = await gateway.ask<Alarm[]>({ ask: 'alarms' });
    expect((await gengfu(gateway, 'walk-test', 'box-1', '--rule', 'wet'))[0]).toBe(0);
    expect(await gateway.ask<Alarm[]>({ ask: 'alarms' })).toEqual(before);
  });

  test('killed in the midst of a drill: its alarms are closed, and none of it is real', async () => {
    await using all = await open();
    const { gateway, api, slave } = all;
    await api.post('drill', { drill: 'flood', speed: 60 });
    await until(async () => (await alarmEvents(api)).length > 0, 'the drill to raise');
    await gateway.kill();
    slave.registers.set(DEPTH, 0);
    await gateway.start();
    const events = await until(async () => {
      const now = await alarmEvents(api);
      return now.some(({ data }) => data.reason === 'restart') ? now : null;
    }, 'the end of the drill’s alarm');
    expect(events.every(({ data }) => data.exercise === 'drill')).toBe(true);
    expect(await gateway.ask<Alarm[]>({ ask: 'alarms' })).toEqual([]);
  });
});

test('killed in the midst of a live test: the test is closed, and the water that is still there is a real alarm', async () => {
  // It waits for an upstream that is away.
  await using all = await open('mqtt://127.0.0.1:1');
  const { gateway, api, slave } = all;
  await api.post('walk-tests', { device: 'box-1', rule: 'wet', withinMs: 30_000 });
  slave.registers.set(DEPTH, 30);
  await until(async () => (await alarmEvents(api)).length > 0, 'the test’s alarm');
  // The rules’ state is on disk with what they were told.
  await gateway.kill();
  await gateway.start();
  const events = await until(async () => {
    const now = await alarmEvents(api);
    return now.length >= 3 ? now : null;
  }, 'the real alarm');
  expect(events.map((each) => [stepOf(each), each.data.exercise, each.data.reason])).toEqual([
    ['raised', 'test', null],
    ['closed', 'test', 'restart'],
    ['raised', null, expect.anything()],
  ]);
});

describe('drill', () => {
  testWith('mosquitto')(
    'a command from upstream reaches the alarm of the drill, and never the real one beside it',
    async () => {
      await using broker = await openMosquitto();
      await using all = await open(`mqtt://127.0.0.1:${broker.port}`);
      const { gateway, slave } = all;
      slave.registers.set(DEPTH, 30);
      const alarms = () => gateway.ask<Alarm[]>({ ask: 'alarms' });
      const real = await until(
        async () => (await alarms()).find(({ exercise }) => exercise === undefined),
        'the real one',
      );
      expect((await gengfu(gateway, 'drill', 'flood', '--speed', '30'))[0]).toBe(0);
      const drilled = await until(
        async () => (await alarms()).find(({ exercise }) => exercise === 'drill'),
        'the other',
      );
      const city = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
      try {
        const replies: object[] = [];
        city.on('message', (_, payload) => void replies.push(JSON.parse(payload.toString('utf8'))));
        await city.subscribeAsync('gengfu/v1/walk-1/replies/acknowledge', { qos: 1 });
        await until(async () => {
          const asked = { alarm: drilled.id, note: 'seen' };
          await city.publishAsync('gengfu/v1/walk-1/commands/acknowledge', JSON.stringify(asked), { qos: 1 });
          return replies.length > 0;
        }, 'an answer');
        expect(replies[0]).toMatchObject({ status: 'done', alarm: drilled.id });
      } finally {
        await city.endAsync(true);
      }
      const now = await alarms();
      expect(now.find(({ id }) => id === drilled.id)).toMatchObject({ acknowledged: true, acknowledgedBy: 'city' });
      expect(now.find(({ id }) => id === real.id)).toMatchObject({ acknowledged: false });
    },
  );

  test('a flood is played, people act on it, a real alarm meanwhile is real, and every time is reported', async () => {
    await using all = await open();
    const { gateway, api, slave } = all;
    const [status, output] = await gengfu(gateway, 'drill', 'flood', '--speed', '30');
    expect([status, output]).toEqual([0, expect.stringContaining('【演练】')]);
    const drilled = await until(async () => {
      const alarms = await gateway.ask<Alarm[]>({ ask: 'alarms' });
      return alarms.find(({ exercise }) => exercise === 'drill');
    }, 'the drill’s alarm');
    expect(drilled.watch.title.zh).toBe('【演练】积水');
    const acknowledged = await api.post(`alarms/${drilled.id}/acknowledge`, { note: '演练确认' });
    expect(acknowledged.status).toBe(200);
    slave.registers.set(DEPTH, 30);
    await until(
      async () => (await gateway.ask<Alarm[]>({ ask: 'alarms' })).some(({ exercise }) => exercise === undefined),
      'the real one',
    );
    expect((await api.post('drill', { drill: 'fire' })).status).toBe(409);
    const [stopped, report] = await gengfu(gateway, 'drill', 'stop', '--json');
    expect(stopped).toBe(0);
    const { ended, alarms } = JSON.parse(report) as DrillReport;
    expect(ended).toBe('stopped');
    expect(alarms.find(({ alarm }) => alarm === drilled.id)?.times).toMatchObject({
      raised: { at: expect.any(String) },
      acknowledged: { at: expect.any(String) },
    });
    const events = await alarmEvents(api);
    const real = events.filter(({ data }) => data.exercise === null);
    expect(real.map(stepOf)).toEqual(['raised']);
    expect((await gateway.ask<Alarm[]>({ ask: 'alarms' })).map(({ exercise }) => exercise)).toEqual([undefined]);
    expect(await gengfu(gateway, 'drill', 'report', '--html')).toEqual([
      0,
      expect.stringContaining('【演练】道路积水演练'),
    ]);
    expect(await gengfu(gateway, 'drill', 'fire')).toEqual([1, expect.stringContaining('nothing that drill fire')]);
    expect((await gengfu(gateway, 'drill', 'stop'))[0]).toBe(1);
  });
});
