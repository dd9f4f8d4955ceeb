import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { freePort, start, testWith, until } from '../tools/program.ts';
import { eventsOf, sentBy, told } from './events.ts';
import { openRealGateway, type RealGateway } from './real-gateway.ts';

const PASSWORD = 'lantern-and-rattle';
const MEGABYTE = 2 ** 20;

/** Two smoke detectors at the gateway's own broker; a fire is an alarm. */
async function openSmokeSite(upstreams: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const air = await freePort();
  const gateway = await openRealGateway('smoke-1', {
    env: { SMOKE: PASSWORD, ...env },
    site: [`broker: { listen: "127.0.0.1:${air}" }`, ...upstreams],
    files: {
      'links.yaml': 'links: [{ id: air, kind: mqtt }]',
      'devices.yaml':
        'devices:\n' +
        [1, 2]
          .map(
            (n) => `  - { id: s-${n}, profile: generic-smoke, link: air, topic: s/${n}, password: "\${env:SMOKE}" }\n`,
          )
          .join(''),
      'rules.yaml':
        'rules: [{ id: fire, kind: state, title: { zh: 火警, en: Fire }, on: { quantity: smoke.state }, levels: { red: { is: [alarm] } } }]',
    },
  });
  /** By mosquitto_pub; gives what it said. */
  const publish = async (device: number, state: string, password = PASSWORD, topic = `s/${device}`) => {
    const to = ['-h', '127.0.0.1', '-p', String(air), '-u', `s-${device}`, '-P', password, '-q', '1'];
    await using sent = start('mosquitto_pub', [...to, '-t', topic, '-m', JSON.stringify({ state })]);
    await sent.ended();
    return sent.output();
  };
  return { air, gateway, publish };
}

const status = (gateway: RealGateway) => gateway.ask<GatewayStatus>({ ask: 'status' });
const metric = async (gateway: RealGateway, line: string) => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length),
  );
};

describe("the gateway's own broker", () => {
  testWith('mosquitto_sub')('200 MB before CONNECT are not taken; the others are heard', async () => {
    const { air, gateway, publish } = await openSmokeSite();
    await using _ = gateway;
    await gateway.start();
    expect(await publish(1, 'normal')).toBe('');
    const before = await metric(gateway, 'gengfu_resident_bytes');
    const socket = connect(air, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => {});
    // CONNECT with a remaining length of 200 MB, and then those.
    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x64]));
    const chunk = Buffer.alloc(MEGABYTE);
    let sent = 0;
    while (!socket.destroyed && sent < 200) {
      sent++;
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain').catch(() => {}), closed]);
    }
    await closed;
    expect(sent).toBeLessThan(100);
    expect((await metric(gateway, 'gengfu_resident_bytes')) - before).toBeLessThan(60 * MEGABYTE);
    expect(await metric(gateway, 'gengfu_link_count{link="air",counter="oversized"}')).toBe(1);
    await gateway.says('a connection was cut before its packet was taken');
    expect(await publish(2, 'alarm')).toBe('');
    await until(async () => (await gateway.ask<unknown[]>({ ask: 'alarms' })).length === 1, 'the alarm');
  });

  testWith('mosquitto_sub')(
    'a wrong password and a topic that is not its own are refused, counted, and said',
    async () => {
      const { gateway, publish } = await openSmokeSite();
      await using _ = gateway;
      await gateway.start();
      expect(await publish(1, 'alarm', 'wrong')).toMatch(/not authori[sz]ed|bad user ?name or password/i);
      expect(await metric(gateway, 'gengfu_link_count{link="air",counter="refusedConnects"}')).toBe(1);
      await gateway.says(/"device":"s-1".*"reason":"connect".*its user name or password is not one of this link/);
      expect(gateway.output()).not.toContain('wrong');
      const api = await gateway.signIn();
      const { air } = await api.get<GatewayStatus['links']>('links');
      expect(air).toMatchObject({
        state: 'up',
        devices: { 's-1': { answers: false, code: 'wrong-password' }, 's-2': { code: 'not-connected' } },
      });
      await publish(1, 'alarm', PASSWORD, 's/2');
      await until(
        async () => (await metric(gateway, 'gengfu_link_count{link="air",counter="refusedPublishes"}')) === 1,
        'it',
      );
      expect(await gateway.ask({ ask: 'alarms' })).toEqual([]);
      expect(await publish(1, 'alarm')).toBe('');
      await until(async () => (await gateway.ask<unknown[]>({ ask: 'alarms' })).length === 1, 'the alarm');
    },
  );
});

testWith('mosquitto', 'mosquitto_sub')(
  'a wrong password at the upstream is seen; its events are kept, and delivered once the broker accepts it',
  async () => {
    await using city = await openMosquitto({ password: 'of-the-city' });
    const { gateway, publish } = await openSmokeSite(
      [
        `upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${city.port}", username: box, password: "\${env:CITY}" }]`,
      ],
      { CITY: 'of-the-box' },
    );
    await using _ = gateway;
    await using received = await city.subscribe('gengfu/v1/smoke-1/events');
    await gateway.start();
    for (const state of ['alarm', 'normal', 'alarm']) expect(await publish(1, state)).toBe('');
    await until(async () => (await status(gateway)).upstreams.city?.backlog === 3, 'the backlog');
    const said = /not authori[sz]ed.*check username, password and clientId of this upstream/i;
    await until(async () => said.test((await status(gateway)).upstreams.city?.error ?? ''), 'the reason');
    const api = await gateway.signIn();
    const { city: seen } = await api.get<GatewayStatus['upstreams']>('upstreams');
    expect(seen?.state).not.toBe('online');
    expect(seen).toMatchObject({ backlog: 3, error: expect.stringMatching(said) });
    expect(await metric(gateway, 'gengfu_upstream_online{upstream="city"}')).toBe(0);
    expect(await metric(gateway, 'gengfu_upstream_backlog{upstream="city"}')).toBe(3);
    expect(gateway.output()).not.toContain('of-the-box');
    expect(sentBy(received)).toEqual([]);
    // A wrong password is no reason to forget over a restart either.
    await gateway.kill();
    await gateway.start();
    city.admit('box', 'of-the-box');
    await until(() => eventsOf(received, 'smoke-1').length === 3, 'the events');
    expect(eventsOf(received, 'smoke-1').map(told)).toEqual([
      'raised s-1 red alarm',
      'returned s-1 normal',
      'raised s-1 red alarm',
    ]);
    await until(async () => (await status(gateway)).upstreams.city?.state === 'online', 'online');
    expect((await status(gateway)).upstreams.city).not.toHaveProperty('error');
  },
);

test('a wrong password at the console is told apart from a right one, and not tried without end', async () => {
  await using gateway = await openRealGateway('console-1', {});
  await gateway.start();
  await gateway.signIn('wang');
  const signIn = (password: string) =>
    fetch(`${gateway.url}/api/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: gateway.url },
      body: JSON.stringify({ name: 'wang', password }),
    });
  const right = await signIn('twelve-lanterns');
  expect(right.status).toBe(200);
  const wrong = await signIn('thirteen-lanterns');
  expect(wrong.headers.get('content-type')).toContain('application/problem+json');
  expect(await wrong.json()).toMatchObject({
    status: 401,
    code: 'wrong-sign-in',
    detail: 'The name or the password is wrong.',
  });
  let answer = wrong;
  for (let tries = 0; tries < 10 && answer.status === 401; tries++) answer = await signIn('guess');
  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await answer.json()).toMatchObject({ code: 'too-many-attempts' });
});
