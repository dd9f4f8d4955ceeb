import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import type { SiteAnswer } from '../../gateway/api/context.ts';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { freePort, until } from '../tools/program.ts';
import { openRealGateway, writeSite } from './real-gateway.ts';

const smoke = (id: string, secret = id) =>
  `  - { id: ${id}, profile: generic-smoke, link: air, topic: s/${id}, password: "\${env:SECRET_${secret}}" }`;
const devices = (...lines: readonly string[]) => ({ 'devices.yaml': ['devices:', ...lines].join('\n') });

test('an adopted MQTT device is at work at once, and the others notice nothing; one of another password is cut off', async () => {
  const port = await freePort();
  await using gateway = await openRealGateway('mqtt-reload', {
    site: ['packs: [smoke]', `broker: { listen: "127.0.0.1:${port}" }`, 'links: [{ id: air, kind: mqtt }]'],
    files: devices(smoke('one'), smoke('two')),
    env: { SECRET_one: 'one-secret', SECRET_two: 'two-secret', SECRET_three: 'three-secret', SECRET_other: 'other' },
  });
  await gateway.start();
  const closed: string[] = [];
  const sign = async (id: string) => {
    const account = { username: id, password: `${id}-secret`, protocolVersion: 4, reconnectPeriod: 0 } as const;
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { ...account, clientId: id, clean: false });
    client.on('error', () => {}).on('close', () => closed.push(id));
    return client;
  };
  const air = async () => (await gateway.ask<GatewayStatus>({ ask: 'status' })).links.air;
  const apply = async (files: Readonly<Record<string, string>>) => {
    await writeSite(gateway.site, files);
    const answer = await gateway.ask<SiteAnswer>({ ask: 'site-reload' });
    expect(answer.status).toBe('applied');
  };
  const [one, two] = [await sign('one'), await sign('two')];
  await one.publishAsync('s/one', '{"state":0}', { qos: 1 });
  await expect(sign('three')).rejects.toThrow();
  expect((await air())?.unknown?.map(({ id }) => id)).toEqual(['three']);

  await apply(devices(smoke('one'), smoke('two'), smoke('three')));
  expect((await air())?.unknown).toEqual([]);
  const three = await sign('three');
  await three.publishAsync('s/three', '{"state":1}', { qos: 1 });
  await one.publishAsync('s/one', '{"state":1}', { qos: 1 });
  const alarms = async () =>
    (await gateway.ask<Alarm[]>({ ask: 'alarms' })).map(({ watch }) => watch.device).toSorted();
  await until(async () => (await alarms()).length === 2, 'both alarms');
  expect(await alarms()).toEqual(['one', 'three']);
  expect([closed, (await air())?.counters]).toMatchObject([[], { connects: 3, disconnects: 0 }]);

  await apply(devices(smoke('one'), smoke('two', 'other'), smoke('three')));
  await until(() => closed.length > 0, 'the end of two');
  expect(closed).toEqual(['two']);
  await one.publishAsync('s/one', '{"state":0}', { qos: 1 });
  for (const client of [one, two, three]) client.end(true);
});
