import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PictureStore } from '../../../drivers/http/picture-store.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { until } from '../../tools/program.ts';
import { camera, JPEG, meter, multipart, openRig, PNG, point, post } from './rig.ts';

const event = (type: string) =>
  `<EventNotificationAlert><eventType>${type}</eventType><eventState>active</eventState></EventNotificationAlert>`;
const XML = { 'Content-Type': 'application/xml' };
const PARTS = { 'Content-Type': 'multipart/form-data; boundary=b' };

/** A folder of the test's own. */
async function folder() {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-pictures-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

const devices = [camera('cam-1'), camera('cam-2')];

test('an event is a state that goes back by itself once none came for so long', async () => {
  await using rig = await openRig({ devices });
  await rig.isUp();
  const send = (type: string) => post(rig.url('/push/cloud/cam-1'), event(type), XML);
  expect(await send('fielddetection')).toMatchObject({ status: 200, body: { readings: 1 } });
  await rig.clock.advance(40_000);
  await send('linedetection');
  await rig.clock.advance(40_000);
  expect(rig.values()).toEqual(['cam-1/intrusion alarm', 'cam-1/intrusion alarm']);
  await rig.clock.advance(20_001);
  await until(() => rig.readings().length === 3, 'the state to go back');
  expect(rig.values().at(-1)).toBe('cam-1/intrusion normal');
  expect(rig.link.status().devices).toMatchObject({ 'cam-1': { answers: true }, 'cam-2': { code: 'not-heard' } });
});

test('an event counts though its picture is beyond every bound; one behind such a picture is refused, and told in the log', async () => {
  const lines: object[] = [];
  const log = { ...silentLog, warn: (nouns: object) => void lines.push(nouns) };
  await using rig = await openRig({ devices, log, link: { maxBodyBytes: 100_000 } });
  await rig.isUp();
  const fire = { type: 'application/xml', body: event('fielddetection') };
  const huge = { type: 'image/jpeg', body: Buffer.concat([JPEG, Buffer.alloc(1_000_000)]) };
  const send = (...parts: (typeof fire | typeof huge)[]) =>
    post(rig.url('/push/cloud/cam-1'), multipart('b', parts), PARTS);
  expect(await send(fire, huge)).toMatchObject({ status: 200, body: { readings: 1 } });
  expect(rig.values()).toEqual(['cam-1/intrusion alarm']);
  expect([rig.count('badPictures'), rig.count('pictures')]).toEqual([1, 0]);
  expect(lines).toEqual([]);
  for (let again = 0; again < 2; again++) expect(await send(huge, fire)).toMatchObject({ status: 413 });
  expect(lines).toMatchObject([
    { path: 'push/cloud', from: '127.0.0.1', code: 'too-large', hint: expect.stringContaining('maxBodyBytes') },
  ]);
});

test('any other message says that the camera lives: the state as it is, no end of an event', async () => {
  await using rig = await openRig({ devices });
  await rig.isUp();
  const send = (type: string) => post(rig.url('/push/cloud/cam-1'), event(type), XML);
  await send('videoloss');
  await send('fielddetection');
  await send('videoloss');
  expect(rig.values()).toEqual(['cam-1/intrusion normal', 'cam-1/intrusion alarm', 'cam-1/intrusion alarm']);
});

test.each<[string, string, Record<string, string>]>([
  ['elements of XML', '<e><type>fire</type><state><a>1</a></state></e>', XML],
  ['an object that is no text', '{"e":{"type":"fire","state":{"toString":1,"valueOf":1}}}', {}],
  ['a list of what is meant', '{"e":{"type":"fire","state":["active"]}}', {}],
])('%s where a text is meant is another event, and harms nobody', async (_, body, headers) => {
  const source = { json: '$.e.type', when: { '$.e.state': 'active' }, holdFor: 60_000 };
  const device = { ...camera('cam-1'), points: [point('cam-1', 'fire', source, { states: { fire: 'alarm' } })] };
  await using rig = await openRig({ devices: [device] });
  await rig.isUp();
  expect(await post(rig.url('/push/cloud/cam-1'), body, headers)).toMatchObject({ status: 200 });
  await post(rig.url('/push/cloud/cam-1'), { e: { type: 'fire', state: 'active' } });
  expect(rig.values()).toEqual(['cam-1/fire normal', 'cam-1/fire alarm']);
});

test('an event that its cloud kept for longer than it would hold begins nothing now, and ends nothing', async () => {
  const device = {
    ...camera('cam-1', { time: '$.ts' }),
    points: [point('cam-1', 'fire', { json: '$.event', holdFor: 60_000 }, { states: { fire: 'alarm' } })],
  };
  await using rig = await openRig({ devices: [device] });
  await rig.isUp();
  const old = rig.clock.now() - 3_600_000;
  await post(rig.url('/push/cloud/cam-1'), { event: 'fire', ts: old });
  // It may still be young enough for the rules: an alarm by it would stand for ever.
  expect(rig.readings()).toMatchObject([{ value: 'alarm', deviceAt: old }, { value: 'normal' }]);
  await post(rig.url('/push/cloud/cam-1'), { event: 'fire' });
  await post(rig.url('/push/cloud/cam-1'), { event: 'fire', ts: old });
  expect(rig.values().at(-1)).toBe('cam-1/fire alarm');
  await post(rig.url('/push/cloud/cam-1'), { event: 'alive' });
  expect(rig.values().at(-1)).toBe('cam-1/fire alarm');
});

test('an end of an event that comes late does not end what began after it', async () => {
  const states = { fire: 'alarm', clear: 'normal' };
  const device = {
    ...camera('cam-1', { time: '$.ts' }),
    points: [point('cam-1', 'fire', { json: '$.event', holdFor: 60_000 }, { states })],
  };
  await using rig = await openRig({ devices: [device] });
  await rig.isUp();
  const now = rig.clock.now();
  const send = async (event: string, ts?: number) => {
    await post(rig.url('/push/cloud/cam-1'), { event, ts });
    return rig.readings().at(-1)?.value;
  };
  expect(await send('fire', now)).toBe('alarm');
  expect(await send('clear', now - 5000)).toBe('alarm');
  expect(await send('alive')).toBe('alarm');
  expect(await send('clear', now + 1000)).toBe('normal');
  expect(await send('alive')).toBe('normal');
});

test('a state that holds outlives a restart, and goes back when it would have', async () => {
  await using kept = await folder();
  const clock = new FakeClock();
  const before = await openRig({ devices, dir: kept.dir, clock });
  await before.isUp();
  await post(before.url('/push/cloud/cam-1'), event('fielddetection'), XML);
  await before.end();
  await clock.advance(30_000);
  await using after = await openRig({ devices, dir: kept.dir, clock });
  await after.isUp();
  await post(after.url('/push/cloud/cam-1'), event('videoloss'), XML);
  await until(async () => {
    await clock.advance(1000);
    return after.values().length === 2;
  }, 'the state to go back');
  expect(after.values()).toEqual(['cam-1/intrusion alarm', 'cam-1/intrusion normal']);
  expect(clock.now() - (after.readings()[0]?.at ?? 0)).toBeLessThanOrEqual(32_000);
});

test('a picture beside an event is kept with the time of its reading, and found by that time or a later one', async () => {
  await using rig = await openRig({ devices });
  await rig.isUp();
  const body = multipart('b', [
    { type: 'application/xml', body: event('fielddetection') },
    { type: 'image/jpeg', body: JPEG },
  ]);
  expect(await post(rig.url('/push/cloud/cam-1'), body, PARTS)).toMatchObject({ status: 200, body: { readings: 1 } });
  const [{ at } = { at: 0 }] = rig.readings();
  const picture = await rig.link.picture?.('cam-1', at + 5000);
  expect(picture).toEqual({ type: 'image/jpeg', at, bytes: JPEG });
  expect(await rig.link.picture?.('cam-1', at - 1)).toBeUndefined();
  expect(await rig.link.picture?.('cam-2', at)).toBeUndefined();
  expect(await readdir(join(rig.dir, 'pictures', 'cam-1'))).toEqual([`${at}.jpg`]);
});

test('a PNG that calls itself a JPEG is kept as what it is; what is no picture is not, and the event counts', async () => {
  const device = { ...camera('cam-1', { picture: '$.image' }) };
  await using rig = await openRig({ devices: [device] });
  await rig.isUp();
  const parts = (image: Buffer) =>
    multipart('b', [
      { type: 'image/jpeg', body: image },
      { type: 'text/xml', body: event('fielddetection') },
    ]);
  await post(rig.url('/push/cloud/cam-1'), parts(PNG), PARTS);
  expect(await rig.link.picture?.('cam-1', rig.clock.now())).toMatchObject({ type: 'image/png' });
  await rig.clock.advance(10);
  expect(await post(rig.url('/push/cloud/cam-1'), parts(Buffer.from('<html>')), PARTS)).toMatchObject({ status: 200 });
  const json = { image: JPEG.toString('base64') };
  await post(rig.url('/push/cloud/cam-1'), json);
  expect(await rig.link.picture?.('cam-1', rig.clock.now())).toMatchObject({ type: 'image/jpeg' });
  await post(rig.url('/push/cloud/cam-1'), { image: 'no base64 of a picture' });
  expect(rig.link.status().counters).toMatchObject({ pictures: 2, badPictures: 2 });
  expect(rig.readings()).toHaveLength(4);
});

test('where no picture can be kept the event counts all the same, and it is told', async () => {
  await using kept = await folder();
  // The folder is a file: as when the disk is full, nothing can be written.
  await writeFile(join(kept.dir, 'pictures'), '');
  await using rig = await openRig({ devices, dir: kept.dir });
  await rig.isUp();
  const body = multipart('b', [
    { type: 'application/xml', body: event('fielddetection') },
    { type: 'image/jpeg', body: JPEG },
  ]);
  expect(await post(rig.url('/push/cloud/cam-1'), body, PARTS)).toMatchObject({ status: 200, body: { readings: 1 } });
  expect(await rig.link.picture?.('cam-1', rig.clock.now())).toBeUndefined();
  await until(() => rig.link.status().warnings?.includes('pictures-not-kept'), 'the warning');
  expect(rig.count('picturesDropped')).toBeGreaterThan(0);
});

const raw = (bytes: number) => ({
  type: 'image/jpeg' as const,
  bytes: Buffer.concat([JPEG, Buffer.alloc(bytes - JPEG.length)]),
});

test('pictures are bounded for each device and in all, the oldest go first', async () => {
  await using kept = await folder();
  const store = new PictureStore(kept.dir, { keep: 3, maxBytes: 1000 });
  for (let at = 1; at <= 6; at++) {
    store.keep('a', at, raw(100));
    await store.find('a', at);
  }
  expect(await readdir(join(kept.dir, 'a'))).toEqual(['4.jpg', '5.jpg', '6.jpg']);
  store.keep('b', 7, raw(850));
  expect((await store.find('b', 9))?.at).toBe(7);
  expect(await readdir(join(kept.dir, 'a'))).toEqual(['6.jpg']);
  expect(await store.find('a', 5)).toBeUndefined();
  store.keep('b', 3, raw(22));
  expect((await store.find('b', 4))?.bytes).toHaveLength(JPEG.length);
});

test('what an earlier run kept is found and counted, what it left half-written is removed', async () => {
  await using kept = await folder();
  {
    await using store = new PictureStore(kept.dir, { keep: 3, maxBytes: 1000 });
    for (let at = 1; at <= 3; at++) store.keep('gone', at, raw(300));
  }
  await writeFile(join(kept.dir, 'gone', '4.jpg.tmp'), 'half');
  await writeFile(join(kept.dir, 'gone', 'note.txt'), 'not ours');
  await symlink('/nowhere', join(kept.dir, 'odd'));
  await using store = new PictureStore(kept.dir, { keep: 2, maxBytes: 700 });
  expect((await store.find('gone', 9))?.at).toBe(3);
  expect(await store.find('gone', 1)).toBeUndefined();
  expect((await readdir(join(kept.dir, 'gone'))).sort()).toEqual(['2.jpg', '3.jpg', 'note.txt']);
  store.keep('a', 5, raw(300));
  expect((await store.find('a', 5))?.at).toBe(5);
  expect(await store.find('gone', 2)).toBeUndefined();
});

test('a storm of pictures waits in a bounded queue', async () => {
  await using kept = await folder();
  await using store = new PictureStore(kept.dir, { keep: 100, maxBytes: 1_000_000 });
  for (let at = 0; at < 50; at++) store.keep('a', at, raw(100));
  await store.find('a', 0);
  expect(store.counts).toEqual({ pictures: 8, picturesDropped: 42 });
});

test('a picture beside the messages of several devices is of none of them', async () => {
  const profile = { each: '$.list', identity: '$.imei' };
  await using rig = await openRig({ devices: [meter('a', '1', profile), meter('b', '2', profile)] });
  await rig.isUp();
  const list = [
    { imei: '1', level: 1 },
    { imei: '2', level: 2 },
  ];
  const parts = [
    { type: 'application/json', body: JSON.stringify({ list }) },
    { type: 'image/jpeg', body: JPEG },
  ];
  expect(await post(rig.url(), multipart('b', parts), PARTS)).toMatchObject({ body: { readings: 2 } });
  expect(await rig.link.picture?.('a', rig.clock.now())).toBeUndefined();
});
