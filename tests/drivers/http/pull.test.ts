import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeClock } from '../../tools/fake-clock.ts';
import { until } from '../../tools/program.ts';
import { openRelay, pull, TOKEN } from './relay.ts';
import { fast, openRig } from './rig.ts';

const at = (id: string, level: number, imei = '861') => ({ id, body: { imei, msgId: id, level } });
test('what a relay kept is taken page by page, what it keeps later is asked for after the last', async () => {
  await using relay = await openRelay([at('a', 1), at('b', 2), at('c', 3)], 2);
  await using rig = await openRig({ link: pull(relay.url), wire: fast() });
  await until(() => rig.values().length === 3, 'three readings');
  expect(rig.values()).toEqual(['gauge-1/level 1', 'gauge-1/level 2', 'gauge-1/level 3']);
  relay.messages.push(at('d', 4));
  await until(() => rig.values().length === 4, 'the fourth');
  expect(relay.asked.slice(0, 3)).toEqual(['', 'b', 'c']);
  expect(rig.link.status()).toMatchObject({ state: 'up', warnings: ['needs-line'] });
});

test('the cursor outlives a restart; a message that comes twice has one effect', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-pull-'));
  try {
    await using relay = await openRelay([at('a', 1), at('b', 2), at('b', 2)]);
    const before = await openRig({ link: pull(relay.url), wire: fast(), dir });
    await until(() => before.count('duplicates') === 1, 'the duplicate');
    expect(before.values()).toHaveLength(2);
    await before.end();
    expect(JSON.parse(await readFile(join(dir, 'cursor.json'), 'utf8'))).toEqual({ after: 'b' });
    const asked = relay.asked.length;
    await using after = await openRig({ link: pull(relay.url), wire: fast(), dir });
    await until(() => after.count('pulls') > 0, 'an answer');
    expect(relay.asked[asked]).toBe('b');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('a message that was taken has no effect again, though the gateway was killed before the cursor was on the card', async () => {
  const level = (id: string, value: number) => ({ id, body: { imei: '861', level: value } });
  await using relay = await openRelay([level('1', 1), level('2', 2), level('3', 1)]);
  await using before = await openRig({ link: pull(relay.url), wire: new FakeClock() });
  await until(() => before.values().length === 3, 'three readings');
  await until(() => existsSync(join(before.dir, 'cursor.json')), 'the cursor');
  await using killed = await openRig({ link: pull('http://127.0.0.1:9/'), wire: new FakeClock() });
  await cp(before.dir, killed.dir, { recursive: true });
  expect(JSON.parse(await readFile(join(killed.dir, 'cursor.json'), 'utf8'))).toEqual({ after: '1' });
  // What a relay that was set up anew says under a number that was taken is another message.
  relay.messages.splice(2, 1, level('3', 4));
  await using after = await openRig({ link: pull(relay.url), wire: new FakeClock(), dir: killed.dir });
  await until(() => after.values().length > 0, 'what is new');
  expect(after.values()).toEqual(['gauge-1/level 4']);
});

test('a message that nobody can read, or of a stranger, does not stand in the way of the next', async () => {
  await using relay = await openRelay([{ id: 'a', body: 7 }, at('b', 1, '999'), at('c', 3)]);
  await using rig = await openRig({ link: pull(relay.url), wire: fast() });
  await until(() => rig.values().length === 1, 'the reading');
  expect(rig.link.status().unknown).toMatchObject([{ id: '999' }]);
  expect(rig.count('noIdentity')).toBe(1);
});

test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, RegExp]>([
  ['answers 500', (_, response) => response.writeHead(500).end('[]'), /it answers with 500/],
  [
    'answers with a redirect',
    (_, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
    /with 302/,
  ],
  ['answers with a page', (_, response) => response.end('<html>'), /no JSON list/],
  ['sends without end', (_, response) => flood(response), /larger than 65536 bytes/],
  ['closes', (request) => request.socket.destroy(), /./],
  ['says nothing', () => {}, /no answer within 60000 ms/],
])(
  'a relay that %s is told of, asked again with back-off, and taken again when it is well',
  async (_, behave, error) => {
    await using relay = await openRelay([at('a', 1)]);
    relay.behave = behave;
    const options = { ...pull(relay.url), maxBodyBytes: 65_536 };
    await using rig = await openRig({ link: options, wire: fast() });
    const status = await until(() => (rig.link.status().state === 'down' ? rig.link.status() : undefined), 'the error');
    expect(status.error).toMatch(error);
    expect(JSON.stringify(status)).not.toContain(TOKEN);
    relay.behave = undefined;
    await until(() => rig.values().length === 1, 'the reading');
    expect(rig.link.status()).toMatchObject({ state: 'up' });
  },
);

test('a relay that is away is asked ever less often', async () => {
  const wire = new FakeClock();
  await using rig = await openRig({ link: pull('http://127.0.0.1:9/'), wire });
  const failures = async (count: number) => await until(() => rig.count('pullFailures') === count, `failure ${count}`);
  await failures(1);
  const times: number[] = [];
  for (let n = 2; n <= 6; n++) {
    const begun = wire.tick();
    await until(async () => {
      await wire.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
      return rig.count('pullFailures') === n;
    }, `failure ${n}`);
    times.push(wire.tick() - begun);
  }
  expect(times.at(-1)).toBeGreaterThan(5 * (times[0] ?? 0) - 4000);
});

function flood(response: ServerResponse): void {
  const go = () => {
    while (!response.destroyed && response.write('x'.repeat(16_384)));
    if (!response.destroyed) response.once('drain', go);
  };
  go();
}
