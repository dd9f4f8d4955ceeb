import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { mountRefused, mountSmallDisk, setImmutable } from '../gateway/ledger/small-disk.ts';
import { openSoakedGateway, openStorm } from '../soak/soaked-gateway.ts';
import { faultsOf } from '../soak/whole.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { testWith, until } from '../tools/program.ts';
import { cardRefused, mountCard } from './card.ts';
import { sentBy } from './events.ts';
import { openRealGateway } from './real-gateway.ts';

const needs = (refused: string | undefined) => {
  const withMosquitto = testWith('mosquitto', 'mosquitto_sub');
  return (name: string, run: () => Promise<void>) =>
    refused === undefined
      ? withMosquitto(name, run)
      : test.skip(`${name} (needs the right to mount: ${refused})`, () => {});
};
const onDisk = needs(mountRefused());
const onCard = needs(cardRefused());

const filesOf = async (path: string): Promise<string[]> =>
  (await readdir(path)).filter((name) => name.startsWith('ledger.db')).map((name) => join(path, name));

/** The highest number once nothing more comes: what was on its way when the storm ended is in, and the upstream has it. */
async function settled(status: () => Promise<GatewayStatus>): Promise<number> {
  let last = -1;
  await until(async () => {
    const { ledger, upstreams } = await status();
    const isStill = ledger.head === last && ledger.waiting === 0 && upstreams.city?.backlog === 0;
    last = ledger.head;
    if (!isStill) await new Promise((resolve) => setTimeout(resolve, 1500));
    return isStill;
  }, 'all to be in the ledger and upstream');
  return last;
}

interface Trouble {
  readonly name: string;
  readonly on: typeof onDisk;
  readonly mount: () => Disposable & { readonly path: string };
  readonly spoil: (path: string) => Promise<unknown>;
  readonly mend: (path: string) => Promise<unknown>;
  /** What a person reads of it. */
  readonly said: RegExp;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: 'a full disk',
    on: onDisk,
    mount: () => mountSmallDisk('32m'),
    spoil: (path) => writeFile(join(path, 'filler'), Buffer.alloc(64 * 2 ** 20)).catch(() => {}),
    mend: (path) => rm(join(path, 'filler')),
    said: /the disk is full.*free space on its disk/,
  },
  {
    name: 'a ledger that refuses writes',
    on: onCard,
    mount: () => mountCard(64 * 2 ** 20),
    spoil: async (path) => setImmutable('+i', ...(await filesOf(join(path, 'data')))),
    mend: async (path) => setImmutable('-i', ...(await filesOf(join(path, 'data')))),
    said: /read-only|input\/output error.*dmesg/,
  },
];

onDisk('a start on a full disk with nobody who could sign in: the watch stands, and it is said', async () => {
  using disk = mountSmallDisk('32m');
  await using gateway = await openRealGateway('full-1', { data: join(disk.path, 'data') });
  await gateway.start();
  await gateway.kill();
  await writeFile(join(disk.path, 'filler'), Buffer.alloc(64 * 2 ** 20)).catch(() => {});
  await gateway.start();
  await gateway.says(/gengfu users invite.*there is no link to sign in with: .*the disk is full/);
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  await rm(join(disk.path, 'filler'));
  await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 200, 'it to be ready again');
  await gateway.signIn();
});

describe('under the ledger', () => {
  for (const { name, on, mount, spoil, mend, said } of TROUBLES) {
    on(
      `${name}: alarms go on and it is said; once it is mended all is in the ledger and upstream, in order`,
      async () => {
        using disk = mount();
        await using city = await openMosquitto();
        await using received = await city.subscribe('gengfu/v1/soak-01/events');
        await using gateway = await openSoakedGateway(city.port, { data: join(disk.path, 'data') });
        await gateway.start();
        const api = await gateway.signIn();
        const status = () => gateway.ask<GatewayStatus>({ ask: 'status' });
        const alarms = () => gateway.ask<Alarm[]>({ ask: 'alarms' });
        using storm = openStorm(gateway.broker, 60);
        await until(async () => (await gateway.head()) > 20, 'events');

        await spoil(disk.path);
        const failing = await until(async () => {
          const now = await status();
          return now.ready ? null : now;
        }, 'the trouble to be seen');
        expect(failing.reasons.join()).toMatch(said);
        const ready = await fetch(`${gateway.url}/readyz`);
        expect(ready.status).toBe(503);
        expect(((await ready.json()) as { reasons: string[] }).reasons.join()).toMatch(said);
        expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
        expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('gengfu_ledger_durable 0');
        const own = await until(async () => {
          const { alarms: seen } = await api.get<{ alarms: Alarm[] }>('alarms');
          return seen.find(({ watch }) => watch.rule === 'gengfu.ledger');
        }, 'the red alarm');
        expect(own).toMatchObject({ level: 'red', condition: 'active', value: 'failing' });
        // The rules go on: values still cross their limits.
        const present = async () => (await alarms()).map(({ id, level }) => `${id} ${level}`).join();
        const before = await present();
        await until(async () => (await present()) !== before, 'an alarm that changes');
        await until(async () => (await status()).ledger.waiting > 20, 'events that wait');
        // Nothing is promised to a person meanwhile.
        const asked = performance.now();
        const answer = await api.post(`alarms/${own.id}/acknowledge`, {});
        expect(answer.status).toBe(503);
        expect(await answer.json()).toMatchObject({ code: 'not-durable' });
        expect(performance.now() - asked).toBeLessThan(30_000);
        const kept = (await status()).ledger.head;

        await mend(disk.path);
        await until(async () => (await status()).ready, 'it to be ready again');
        expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
        await until(
          async () =>
            !(await alarms()).some(({ watch, condition }) => watch.rule === 'gengfu.ledger' && condition === 'active'),
          'its return',
        );
        storm[Symbol.dispose]();
        const head = await settled(status);
        expect(head).toBeGreaterThan(kept + 20);
        expect(await gateway.stop()).toBe(0);
        await until(() => new Set(sentBy(received)).size >= head, 'the last lines');
        expect(await faultsOf(gateway.data, sentBy(received), new Set())).toEqual([]);
        const steps = sentBy(received)
          .map((line) => JSON.parse(line))
          .filter(({ data }) => data.rule === 'gengfu.ledger');
        expect(steps.map(({ type, data }) => [type, data.level])).toEqual([
          ['city.gengfu.alarm.raised', 'red'],
          ['city.gengfu.alarm.acknowledged', 'red'],
          ['city.gengfu.alarm.returned', null],
          ['city.gengfu.alarm.closed', null],
        ]);
      },
    );
  }

  onCard(
    'a card whose file system fails: it is said, and after a repair the gateway goes on where it was',
    async () => {
      using card = mountCard(64 * 2 ** 20);
      await using city = await openMosquitto();
      await using received = await city.subscribe('gengfu/v1/soak-01/events');
      await using gateway = await openSoakedGateway(city.port, { data: join(card.path, 'data') });
      await gateway.start();
      const status = () => gateway.ask<GatewayStatus>({ ask: 'status' });
      using storm = openStorm(gateway.broker, 60);
      await until(async () => (await gateway.head()) > 20, 'events');
      card.fail();
      await until(async () => (await status()).ledger.waiting > 20, 'events that wait');
      // Which of the two is the kernel's to say.
      expect((await status()).reasons.join()).toMatch(/(read-only|input\/output error).*card/);
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
      await until(
        async () => (await gateway.ask<Alarm[]>({ ask: 'alarms' })).some(({ watch }) => watch.rule === 'gengfu.ledger'),
        'the red alarm',
      );
      const { head } = (await status()).ledger;
      const asked = performance.now();
      expect(await gateway.stop()).toBe(3);
      expect(performance.now() - asked).toBeLessThan(60_000);
      expect(gateway.output()).toMatch(
        /gengfu run: ended before \d+ events could be stored: .*(read-only|input\/output error)/,
      );
      expect(gateway.output().split('\n').length).toBeLessThan(20);
      card.repair();
      await gateway.start();
      expect((await status()).ledger.head).toBeGreaterThanOrEqual(head);
      await until(async () => (await gateway.head()) > head + 20, 'it to go on');
      storm[Symbol.dispose]();
      const last = await settled(status);
      expect(await gateway.stop()).toBe(0);
      await until(() => new Set(sentBy(received)).size >= last, 'the last lines');
      expect(await faultsOf(gateway.data, sentBy(received), new Set())).toEqual([]);
    },
  );
});
