import { describe, expect } from 'vitest';
import { openMosquitto } from '../tools/mosquitto.ts';
import { freePort, start, testWith, until } from '../tools/program.ts';
import { openPtyPair } from '../tools/pty.ts';
import { startSlave, writeRegister } from '../tools/pymodbus.ts';
import { eventsOf, sentBy, told } from './events.ts';
import { openRealGateway } from './real-gateway.ts';

const test = testWith('pymodbus', 'mbpoll', 'socat', 'mosquitto', 'mosquitto_sub');

const NOISE = { register: 5, quiet: 1005, loud: 1300 };
const WATER = { register: 6, dry: 0, wet: 160 };
const PASSWORD = 'lantern-and-rattle';

const FILES = {
  'profiles/meter.yaml': `profile: meter
title: { zh: 声级计, en: Sound level meter }
protocol: modbus
every: 200ms
points:
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: ${NOISE.register}, type: u16, scale: 0.05 } }`,
  'profiles/gauge.yaml': `profile: gauge
title: { zh: 水位计, en: Gauge }
protocol: modbus
every: 200ms
points:
  - { id: depth, quantity: water.depth, unit: mm, register: { table: holding, address: ${WATER.register}, type: u16 } }`,
  'rules.yaml': `rules:
  - id: loud
    title: { zh: 夜间施工噪声超标, en: Construction noise over the night limit }
    basis: GB 12523-2025
    legalLimit: 55
    legal: true
    on: { quantity: noise.la, scene: construction }
    levels: { yellow: { above: 55 }, red: { above: 62 } }
  - id: wet
    title: { zh: 积水, en: Water }
    on: { quantity: water.depth }
    levels: { blue: { atLeast: 15 }, orange: { atLeast: 25 } }
  - id: fire
    kind: state
    title: { zh: 火警, en: Fire alarm }
    on: { quantity: smoke.state }
    levels: { red: { is: [alarm] } }`,
};

const devices = `devices:
  - { id: noise-1, name: 工地噪声, profile: meter, link: plc, address: 1, scene: construction, place: { grid: JS-03, at: [120.7551, 30.7466] } }
  - { id: water-1, name: 下穿通道, profile: gauge, link: bus, address: 2 }
  - { id: smoke-1, name: 仓库, profile: generic-smoke, link: air, topic: sensors/smoke-1, password: "\${env:SMOKE}" }`;

describe('the way, once whole', () => {
  for (const version of [4, 5]) {
    test(`Modbus TCP, Modbus RTU and MQTT, through the rules, to an upstream that speaks MQTT ${version}`, async () => {
      const [plc, control, air] = [await freePort(), await freePort(), await freePort()];
      await using bus = await openPtyPair();
      await using _noise = startSlave('tcp', plc);
      await using _water = startSlave('rtu', bus.theirs, control);
      await using city = await openMosquitto();
      await until(
        () =>
          writeRegister(control, 2, WATER.register, WATER.dry).then(
            () => true,
            () => false,
          ),
        'the bus',
      );
      await using gateway = await openRealGateway('way-1', {
        env: { SMOKE: PASSWORD },
        site: [
          `broker: { listen: "127.0.0.1:${air}" }`,
          `upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${city.port}", version: ${version} }]`,
        ],
        files: {
          ...FILES,
          'devices.yaml': devices,
          'links.yaml': `links:
  - { id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${plc} }
  - { id: bus, kind: modbus-rtu, port: ${bus.ours}, baud: 19200 }
  - { id: air, kind: mqtt }`,
        },
      });
      await using received = await city.subscribe('gengfu/v1/way-1/events');
      await using status = await city.subscribe('gengfu/v1/way-1/status');
      const events = () => eventsOf(received, 'way-1');
      const upTo = (count: number) => until(() => events().length >= count, `${count} events`);
      const states = () => sentBy(status).map((line) => JSON.parse(line).state);

      await gateway.start();
      await until(() => states().at(-1) === 'online', 'online');
      const { version: program, clock } = JSON.parse(sentBy(status).at(-1) ?? '');
      expect({ program, clock }).toEqual({ program: expect.any(String), clock: 'synchronised' });
      const api = await gateway.signIn();
      const value = async (point: string) => {
        const { points } = await api.get<{ points: { key: string; last: { value: unknown } | null }[] }>('points');
        return points.find(({ key }) => key === point)?.last?.value;
      };
      await until(async () => (await value('noise-1/la')) === 50.25, 'a reading over TCP');
      await until(async () => (await value('water-1/depth')) === 0, 'a reading over the tty');

      const began = Date.now();
      await writeRegister(plc, 1, NOISE.register, NOISE.loud);
      await upTo(1);
      await writeRegister(control, 2, WATER.register, WATER.wet);
      await upTo(2);
      const publish = async (payload: string) => {
        const to = ['-h', '127.0.0.1', '-p', String(air), '-u', 'smoke-1', '-P', PASSWORD, '-q', '1'];
        await using sent = start('mosquitto_pub', [...to, '-t', 'sensors/smoke-1', '-m', payload]);
        expect([await sent.ended(), sent.output()]).toEqual([0, '']);
      };
      await publish('{"state":"alarm"}');
      await upTo(3);

      const { alarms } = await api.get<{ alarms: { id: string; watch: { device: string } }[] }>('alarms');
      const noise = alarms.find(({ watch }) => watch.device === 'noise-1')?.id;
      const answer = await api.post(`alarms/${noise}/acknowledge`, { note: '已派人' });
      expect(answer.status).toBe(200);
      await writeRegister(plc, 1, NOISE.register, NOISE.quiet);
      await upTo(6);
      await writeRegister(control, 2, WATER.register, WATER.dry);
      await upTo(7);
      await publish('{"state":"normal"}');
      await upTo(8);

      expect(events().map(told)).toEqual([
        'raised noise-1 red 65',
        'raised water-1 blue 16',
        'raised smoke-1 red alarm',
        'acknowledged noise-1 red 65',
        'returned noise-1 50.25',
        'closed noise-1 50.25',
        'returned water-1 0',
        'returned smoke-1 normal',
      ]);
      const [first, , , seen] = events();
      expect(first).toMatchObject({
        subject: 'noise-1/la/loud',
        data: {
          ...{ alarm: noise, rule: 'loud', quantity: 'noise.la', scene: 'construction', limit: 62, legalLimit: 55 },
          ...{ excess: 10, unit: 'dB(A)', basis: 'GB 12523-2025', place: { grid: 'JS-03', at: [120.7551, 30.7466] } },
          ...{ previousLevel: null, condition: 'active', acknowledged: false, exercise: null, permit: null },
          ...{ by: null, note: null, clock: 'synchronised', window: null },
        },
      });
      expect(Date.parse(first?.time ?? '')).toBeGreaterThanOrEqual(began);
      expect(Date.parse(first?.time ?? '')).toBeLessThanOrEqual(Date.now());
      expect(seen?.data).toMatchObject({ by: 'wang', note: '已派人', acknowledged: true });

      await gateway.kill();
      await until(() => states().at(-1) === 'offline', 'the last will');
      await gateway.start();
      await until(() => states().at(-1) === 'online', 'online again');
      // Retained: whoever comes later is told too.
      await using later = await city.subscribe('gengfu/v1/way-1/status', '%r %p');
      await until(() => /^1 \{"state":"online"/m.test(later.output()), 'the retained status');

      const asked = performance.now();
      expect(await gateway.stop()).toBe(0);
      expect(performance.now() - asked).toBeLessThan(60_000);
      await until(() => states().at(-1) === 'offline', 'offline');
      expect(JSON.parse(sentBy(status).at(-1) ?? '')).toMatchObject({ at: expect.any(String), backlog: 0 });
      expect(events()).toHaveLength(8);
      expect(gateway.output()).not.toMatch(/"level":[56]0/);
    });
  }
});
