import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { runHj212Devices } from '../../firmware-sim/hj212/devices.ts';
import type { Hj212Device } from '../../firmware-sim/hj212/instrument.ts';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { freePort, testWith, until } from '../tools/program.ts';
import { openRealGateway } from './real-gateway.ts';

const HOUR = 3_600_000;
const MN = '010000A8900016F000169DC0';
/** Where systemd-timesyncd keeps this machine's own time. */
const isTimeKnownHere = existsSync('/run/systemd/timesync/synchronized');
const METER = `profile: meter
title: { zh: 声级计, en: Sound level meter }
protocol: modbus
every: 100ms
points:
  - { id: la, quantity: noise.la, unit: dB(A), register: { table: holding, address: 0, type: u16, scale: 0.1 } }`;
const RULES = `rules:
  - { id: loud, title: { zh: 噪声超标, en: Loud }, on: { quantity: noise.la }, levels: { red: { above: 60 } } }
  - { id: in-law, title: { zh: 噪声超标, en: Loud }, on: { quantity: noise.la }, levels: { red: { above: 60 } }, legal: true }`;

interface Told {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Record<string, unknown>;
}

testWith('mosquitto')(
  'a box whose clock is an hour behind is told the time by its platform: what it wrote before is corrected, over kill -9',
  async ({ skip }) => {
    if (isTimeKnownHere) skip('timesyncd keeps the time of this machine');
    await using broker = await openMosquitto();
    await using slave = await openPlainSlave();
    slave.registers.set(0, 650);
    await using gateway = await openRealGateway('time-1', {
      site: [`upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${broker.port}" }]`],
      files: {
        'profiles/meter.yaml': METER,
        'links.yaml': `links:\n  - { id: one, kind: modbus-tcp, host: 127.0.0.1, port: ${slave.port} }`,
        'devices/one.yaml': 'devices:\n  - { id: noise-1, profile: meter, link: one, address: 1 }',
        'rules.yaml': RULES,
      },
    });
    const file = join(gateway.site, 'site.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('{ trust: always }', '{ trust: timesyncd, sources: [platform] }'));
    await gateway.start();
    const alarms = async () => (await gateway.ask<Alarm[]>({ ask: 'alarms' })).map(({ watch }) => watch.rule);
    await until(async () => (await alarms()).includes('loud'), 'an alarm under a clock that nobody vouches for');
    expect(await alarms()).toEqual(['loud']);
    await gateway.kill();
    await gateway.start();

    const replies: { readonly status: string; readonly nonce?: string }[] = [];
    const city = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    try {
      city.on('message', (_, payload) => void replies.push(JSON.parse(payload.toString('utf8'))));
      await city.subscribeAsync('gengfu/v1/time-1/replies/time', { qos: 1 });
      const say = async (more: object) => {
        const count = replies.length;
        // Until the gateway has subscribed nobody answers.
        await until(async () => {
          const message = JSON.stringify({ at: new Date(Date.now() + HOUR).toISOString(), ...more });
          await city.publishAsync('gengfu/v1/time-1/commands/time', message, { qos: 1 });
          return replies.length > count;
        }, 'an answer to the time');
        return replies.at(-1);
      };
      const asked = await say({});
      expect(asked?.status).toBe('ask');
      for (let nonce = asked?.nonce; nonce !== undefined; nonce = replies.at(-1)?.nonce) await say({ nonce });
      expect(['set', 'confirmed']).toContain(replies.at(-1)?.status);
    } finally {
      await city.endAsync(true);
    }
    await until(async () => (await alarms()).includes('in-law'), 'what is said of the law, now that the time is known');
    const session = await gateway.signIn();
    const { events } = await session.get<{ events: Told[] }>('events?after=0&limit=500');
    const [raised] = events;
    const corrected = events.filter(({ type }) => type === 'city.gengfu.clock.corrected');
    expect(raised).toMatchObject({ type: 'city.gengfu.alarm.raised', data: { clock: 'unknown' } });
    expect(corrected.length).toBe(1);
    expect(corrected[0]).toMatchObject({
      subject: 'clock',
      data: { from: 1, source: 'platform', trust: { before: 'unknown', after: 'synchronised' } },
    });
    const offset = Number(corrected[0]?.data.offsetMs);
    expect(Math.abs(offset - HOUR)).toBeLessThan(10_000);
    const later = events.find(({ subject }) => subject === 'noise-1/la/in-law');
    expect(Date.parse(later?.time ?? '') - Date.now()).toBeGreaterThan(HOUR / 2);
    expect(later?.data.clock).toBe('synchronised');
  },
);

test('a box whose clock is years behind takes the time of an instrument, which nobody sets', async ({ skip }) => {
  if (isTimeKnownHere) skip('timesyncd keeps the time of this machine');
  const port = await freePort();
  await using gateway = await openRealGateway('time-2', {
    files: {
      'profiles/meter.yaml': METER.replace('protocol: modbus', 'protocol: hj212').replace(
        /register: .*/,
        'factor: LA-Rtd }',
      ),
      'links.yaml': `links:\n  - { id: one, kind: hj212, listen: "127.0.0.1:${port}", timeSet: false }`,
      'devices/one.yaml': `devices:\n  - { id: noise-1, profile: meter, link: one, mn: "${MN}" }`,
      'rules.yaml': RULES,
    },
  });
  const file = join(gateway.site, 'site.yaml');
  const text = await readFile(file, 'utf8');
  const clock = '{ trust: timesyncd, sources: [hj212], instruments: [noise-1] }';
  await writeFile(file, text.replace('{ trust: always }', clock));
  await gateway.start();
  const stop = new AbortController();
  const instrument: Hj212Device = {
    ...{ id: 'sim', mn: MN, password: '123456', st: '23', edition: 2017, persona: 'works' },
    now: () => Date.now() + 24 * HOUR,
    uploads: [{ cn: '2011', everyMs: 1000, values: () => [{ name: 'LA-Rtd', value: '65.0', flag: 'N' }] }],
  };
  const running = runHj212Devices([instrument], { host: '127.0.0.1', port }, stop.signal);
  try {
    const alarms = async () => (await gateway.ask<Alarm[]>({ ask: 'alarms' })).map(({ watch }) => watch.rule);
    await until(async () => (await alarms()).includes('in-law'), 'what is said of the law');
    const session = await gateway.signIn();
    const { events } = await session.get<{ events: Told[] }>('events?after=0&limit=500');
    const corrected = events.filter(({ type }) => type === 'city.gengfu.clock.corrected');
    expect(events[0]).toMatchObject({ type: 'city.gengfu.alarm.raised', data: { clock: 'unknown', rule: 'loud' } });
    expect(corrected.map(({ data }) => [data.from, data.source])).toEqual([[1, 'hj212']]);
    expect(Math.abs(Number(corrected[0]?.data.offsetMs) - 24 * HOUR)).toBeLessThan(20_000);
  } finally {
    stop.abort();
    await running;
  }
});
