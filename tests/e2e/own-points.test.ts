import { expect, test } from 'vitest';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import { freePort, until } from '../tools/program.ts';
import { openRealGateway } from './real-gateway.ts';

interface Points {
  readonly points: readonly { readonly key: string; readonly last: { readonly value: unknown } | null }[];
}

test('a running gateway tells of its links and of itself, and rules raise on them', async () => {
  const nobody = await freePort();
  await using gateway = await openRealGateway('own-points', {
    site: [
      'packs: [{ pack: device-health, override: { link-down: { hold: 0s } } }]',
      'links:',
      `  - { id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${nobody} }`,
      `upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${nobody}" }]`,
    ],
  });
  await gateway.start();
  const alarms = () => gateway.ask<Alarm[]>({ ask: 'alarms' });
  await until(async () => (await alarms()).length > 0, 'the alarm of the link');
  expect((await alarms()).map(({ watch, level }) => `${watch.key} ${level}`)).toEqual([
    'link-down@link:plc/state yellow',
  ]);

  const session = await gateway.signIn();
  const { points } = await session.get<Points>('points');
  const values = Object.fromEntries(points.map(({ key, last }) => [key, last?.value]));
  expect(values).toMatchObject({
    'link:plc/state': 'down',
    'gateway/clock': 'synchronised',
    'gateway/disk': expect.any(Number),
    'gateway/backlog': expect.any(Number),
  });
  const series = () => session.get<{ value: unknown[] }>('points/link%3Aplc/state/series');
  await until(async () => (await series()).value.includes('down'), 'history to have it');
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toMatch(/^gengfu_readings_late 0$/m);
});
