import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Seen } from '../../../drivers/http/seen.ts';
import { encodeSeen, parseSeen, type SeenRecord } from '../../../drivers/http/seen-record.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, start, until } from '../../tools/program.ts';
import { meter, openRig, post } from './rig.ts';

const SECRET = 'a-secret-for-tests-only';
const hmac = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex');
const md5 = (text: string) => createHash('md5').update(text).digest('base64');
const body = JSON.stringify({ imei: '861', level: 1 });

async function folder() {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-seen-'));
  return { dir, file: join(dir, 'seen.log'), [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

const timed = { kind: 'hmac-sha256', secret: SECRET, timestampHeader: 'X-Timestamp' };
const signed = (stamp = String(Date.now()), text = body) => ({
  'X-Timestamp': stamp,
  'X-Signature': hmac(`${stamp}.${text}`),
});

/** Starts the link in a process of its own, in which no file can be larger than so many blocks of 512 bytes. */
async function startLink(dir: string, options: object, blocks = 'unlimited') {
  const port = await freePort();
  const args = [join(import.meta.dirname, 'link-process.ts'), String(port), dir, JSON.stringify(options)];
  const limited = `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
  await using starting = new AsyncDisposableStack();
  const program = starting.use(
    start('/bin/sh', ['-c', limited, 'sh', process.execPath, ...args], { NODE_COMPILE_CACHE: '' }),
  );
  const url = `http://127.0.0.1:${port}/push/cloud`;
  const isThere = () =>
    fetch(url, { method: 'DELETE' })
      .then(() => true)
      .catch(() => false);
  await until(() => program.output().includes('open') && isThere(), 'the link');
  starting.move();
  return Object.assign(program, { url });
}

test.each([
  ['with its time', { auth: timed }, body, () => signed()],
  ['without a time', { auth: { kind: 'hmac-sha256', secret: SECRET } }, body, () => ({ 'X-Signature': hmac(body) })],
  [
    'in the envelope of a cloud',
    { auth: { kind: 'sign-md5-token', token: SECRET } },
    JSON.stringify({ msg: body, nonce: 'n1', signature: md5(`${SECRET}n1${body}`) }),
    () => ({}),
  ],
  [
    'by a token, where it has an id of its sender',
    { auth: { kind: 'bearer', token: SECRET } },
    JSON.stringify({ imei: '861', msgId: 'a', level: 1 }),
    () => ({ Authorization: `Bearer ${SECRET}` }),
  ],
])(
  'a push signed %s that was answered has no effect again, though the gateway was killed right then',
  async (...row) => {
    const [, options, sent, headersOf] = row;
    await using kept = await folder();
    const headers = headersOf();
    {
      await using first = await startLink(kept.dir, options);
      expect(await post(first.url, sent, headers)).toMatchObject({ status: 200, body: { readings: 1 } });
      first.process.kill('SIGKILL');
    }
    const written = await readFile(kept.file, 'utf8');
    expect(written).not.toContain(SECRET);
    for (const value of Object.values(headers)) expect(written).not.toContain(value);
    await using second = await startLink(kept.dir, options);
    expect(await post(second.url, sent, headers)).toMatchObject({ status: 200, body: { readings: 0, duplicates: 1 } });
    expect(second.output()).not.toContain('gauge-1/level');
  },
);

test('a state that an event began goes on, though the gateway was killed right after the answer', async () => {
  await using kept = await folder();
  const push = (url: string, camera: string, eventType: string) =>
    post(`${url}/${camera}`, { EventNotificationAlert: { eventType } });
  {
    await using first = await startLink(kept.dir, {});
    // States were written a moment ago: what begins now is not left for later all the same.
    await push(first.url, 'cam-2', 'fielddetection');
    await push(first.url, 'cam-1', 'fielddetection');
    first.process.kill('SIGKILL');
  }
  await using second = await startLink(kept.dir, {});
  await push(second.url, 'cam-1', 'heartbeat');
  await until(() => second.output().includes('cam-1/intrusion'), 'the state');
  expect(second.output()).toContain('cam-1/intrusion alarm');
});

test('what has neither a signature nor an id leaves nothing on the card', async () => {
  await using kept = await folder();
  await using rig = await openRig({ dir: kept.dir, link: { auth: { kind: 'bearer', token: SECRET } } });
  await rig.isUp();
  const headers = { Authorization: `Bearer ${SECRET}` };
  for (let n = 0; n < 3; n++) expect((await post(rig.url(), body, headers)).body).toMatchObject({ readings: 1 });
  await rig.end();
  expect(existsSync(kept.file)).toBe(false);
});

test.each<[string, (text: string) => string, number]>([
  ['whose last line was cut off by a power cut', (text) => text.slice(0, -5), 1],
  ['in which a byte of the first line is another one', (text) => `p?${text.slice(2)}`, 1],
  ['in which lines are doubled', (text) => text + text, 0],
  ['with the text of something else before', (text) => `<html>\n${text}`, 0],
  ['that is longer than it can grow to', (text) => text.repeat(150_000), 2],
])('of a file %s what is whole counts, the link opens, and what comes then is kept', async (_, damage, lost) => {
  await using kept = await folder();
  const options = { dir: kept.dir, link: { auth: timed } };
  const bodies = [body, `${body} `];
  const headers = bodies.map((text) => signed(undefined, text));
  const readingsOf = async (url: string) => {
    const answers = [];
    for (const [n, text] of bodies.entries()) answers.push((await post(url, text, headers[n])).body.readings);
    return answers.reduce<number>((sum, count) => sum + Number(count), 0);
  };
  {
    await using rig = await openRig(options);
    await rig.isUp();
    expect(await readingsOf(rig.url())).toBe(2);
  }
  await writeFile(kept.file, damage(await readFile(kept.file, 'utf8')));
  {
    await using rig = await openRig(options);
    await rig.isUp();
    expect(await readingsOf(rig.url())).toBe(lost);
  }
  await using rig = await openRig(options);
  await rig.isUp();
  expect(await readingsOf(rig.url())).toBe(0);
  const lines = (await readFile(kept.file, 'utf8')).split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map(parseSeen)).not.toContain(undefined);
});

test('where the disk refuses, pushes are taken and it is told; all is kept once the disk takes it', async () => {
  await using kept = await folder();
  // In the place of the file stands what cannot be written to.
  await mkdir(kept.file);
  const told: string[] = [];
  const log = { ...silentLog, error: (_: object, text: string) => void told.push(text) };
  const wire = new FakeClock(Date.now());
  const headers = signed();
  {
    await using rig = await openRig({ dir: kept.dir, link: { auth: timed }, log, wire });
    await rig.isUp();
    expect(rig.link.status().warnings).toContain('pushes-not-kept');
    expect(await post(rig.url(), body, headers)).toMatchObject({ status: 200, body: { readings: 1 } });
    expect(await post(rig.url(), body, headers)).toMatchObject({ status: 200, body: { duplicates: 1 } });
    await wire.advance(10_000);
    expect(rig.link.status().warnings).toContain('pushes-not-kept');
    expect(told).toHaveLength(1);
    await rm(kept.file, { recursive: true });
    await wire.advance(60_000);
    await until(() => existsSync(kept.file), 'the file');
    await until(() => rig.link.status().warnings?.includes('pushes-not-kept') === false, 'no warning');
  }
  await using after = await openRig({ dir: kept.dir, link: { auth: timed }, wire });
  await after.isUp();
  expect(await post(after.url(), body, headers)).toMatchObject({ status: 200, body: { duplicates: 1 } });
});

test('a disk that is full in the middle of a line stops no reading; what was written before still counts after a restart', async () => {
  await using kept = await folder();
  const options = { maxRate: 1000 };
  const message = (n: number) => ({ imei: '861', msgId: `m${n}`, level: n });
  const MANY = 60;
  {
    await using first = await startLink(kept.dir, options, '4');
    for (let n = 0; n < MANY; n++) {
      expect(await post(first.url, message(n))).toMatchObject({ status: 200, body: { readings: 1 } });
      expect(await post(first.url, message(n))).toMatchObject({ status: 200, body: { duplicates: 1 } });
    }
    first.process.kill('SIGKILL');
  }
  const written = (await readFile(kept.file, 'utf8')).split('\n');
  expect(written.at(-1)).not.toBe('');
  const whole = written.length - 1;
  await using second = await startLink(kept.dir, options);
  for (const n of [0, whole - 1]) expect((await post(second.url, message(n))).body).toMatchObject({ duplicates: 1 });
  expect((await post(second.url, message(whole))).body).toMatchObject({ readings: 1 });
  expect((await post(second.url, message(whole))).body).toMatchObject({ duplicates: 1 });
});

const AN_HOUR = 3_600_000;
const TOLERANCE = 300_000;

/** What was taken, on a clock moved by hand; `restart` opens it anew from the same folder. */
async function openSeen(dir: string, clock: FakeClock, bounds?: { push: number; message: number }) {
  const context = { clock, wire: clock, log: silentLog, dir };
  const seen = new Seen(join(dir, 'seen.log'), context, { toleranceMs: TOLERANCE, ...(bounds && { bounds }) });
  await seen.load();
  return seen;
}

const take = (seen: Seen, text: string, signedAt?: number): boolean => {
  const claim = seen.claim('push', text);
  if (typeof claim === 'string') return false;
  using claimed = claim;
  claimed.keep({ signedAt });
  return true;
};

test.each<[string, (clock: FakeClock) => Promise<void>]>([
  ['stands still', async () => {}],
  ['goes on to the end of the tolerance', async (clock) => clock.advance(TOLERANCE)],
  ['is set an hour ahead and back', async (clock) => clock.step(AN_HOUR)],
  ['is set an hour back', async (clock) => clock.step(-AN_HOUR)],
  [
    'is not known any more',
    async (clock) => {
      clock.trusted = 'unknown';
      clock.step(-10 * AN_HOUR);
    },
  ],
])('a push is known over a restart while the clock %s', async (_, move) => {
  await using kept = await folder();
  const clock = new FakeClock();
  const at = clock.now();
  {
    await using seen = await openSeen(kept.dir, clock);
    expect(take(seen, 'a', at)).toBe(true);
    await move(clock);
    // Others come meanwhile, and what is over is forgotten.
    take(seen, 'b', clock.now());
  }
  await using seen = await openSeen(kept.dir, clock);
  take(seen, 'c', clock.now());
  clock.step(at - clock.now());
  expect(take(seen, 'a', at)).toBe(false);
  expect(seen.provenAt).toBeGreaterThanOrEqual(at);
});

test('a push is forgotten once the guard would refuse it anyway; and while nobody knows the time, it does', async () => {
  await using kept = await folder();
  const clock = new FakeClock();
  const at = clock.now();
  {
    await using seen = await openSeen(kept.dir, clock);
    take(seen, 'a', at);
    await clock.advance(2 * TOLERANCE + 1);
    take(seen, 'b', clock.now());
    expect(take(seen, 'a', at)).toBe(true);
  }
  // After a power cut, without a network: the last push tells how late it is at least.
  const wire = new FakeClock(0);
  wire.trusted = 'unknown';
  await using rig = await openRig({ dir: kept.dir, link: { auth: timed }, clock: wire, wire });
  await rig.isUp();
  expect(await post(rig.url(), body, signed(String(at)))).toMatchObject({ status: 403, body: { code: 'old' } });
  expect(await post(rig.url(), body, signed(String(clock.now())))).toMatchObject({ status: 200 });
});

test('what is remembered, and its file, are bounded', async () => {
  await using kept = await folder();
  const clock = new FakeClock();
  {
    await using seen = await openSeen(kept.dir, clock, { push: 10, message: 5 });
    for (let n = 0; n < 5000; n++) {
      take(seen, `p${n}`, clock.now());
      await seen.written();
    }
  }
  expect((await stat(kept.file)).size).toBeLessThan(70 * (1024 + 2 * 15 + 100));
  await using seen = await openSeen(kept.dir, clock, { push: 10, message: 5 });
  expect([4989, 4990, 4999].map((n) => seen.claim('push', `p${n}`) === 'taken')).toEqual([false, true, true]);
});

test.each<[SeenRecord, RegExp]>([
  [{ kind: 'push', key: 'aB3_-', signedAt: 1_784_122_200_000, at: 1_784_122_200_001 }, /^p aB3_- mrm4ak00 mrm4ak01 /],
  [{ kind: 'message', key: 'x'.repeat(22), signedAt: undefined, at: undefined }, /^m x{22} - - /],
  [{ kind: 'time', at: 0 }, /^t - - 0 /],
])('a line is read as it was written, and not with any byte otherwise', (record, written) => {
  const line = encodeSeen(record);
  expect(line).toMatch(written);
  const text = line.slice(0, -1);
  expect(parseSeen(text)).toEqual(record);
  for (let n = 0; n < text.length; n++) {
    expect(parseSeen(text.slice(0, n))).toBeUndefined();
    expect(parseSeen(`${text.slice(0, n)}!${text.slice(n + 1)}`)).toBeUndefined();
  }
});

test('the same push while it is being taken has to come again, and then has no effect', async () => {
  await using rig = await openRig({ link: { auth: timed }, isUnread: true });
  await rig.isUp();
  const headers = signed();
  const first = post(rig.url(), body, headers);
  await until(async () => (await post(rig.url(), body, headers)).status === 503, 'the refusal');
  rig.read();
  expect((await first).body).toMatchObject({ readings: 1 });
  expect((await post(rig.url(), body, headers)).body).toMatchObject({ duplicates: 1 });
  expect(rig.values()).toHaveLength(1);
});

test('a message that comes twice in one push has one effect', async () => {
  await using rig = await openRig({ devices: [meter('gauge-1', '861', { each: '$' })] });
  await rig.isUp();
  const message = { imei: '861', msgId: 'a', level: 1 };
  const answer = await post(rig.url(), [message, message, { ...message, msgId: 'b' }]);
  expect(answer.body).toEqual({ readings: 2, duplicates: 1, unknown: 0 });
});

test('a message that comes in two pushes at once has one effect', async () => {
  await using rig = await openRig({ isUnread: true });
  await rig.isUp();
  const message = { imei: '861', msgId: 'a', level: 1 };
  const first = post(rig.url(), message);
  await until(async () => (await post(rig.url(), message)).status === 503, 'the refusal');
  rig.read();
  expect((await first).body).toMatchObject({ readings: 1 });
  expect((await post(rig.url(), message)).body).toEqual({ readings: 0, duplicates: 1, unknown: 0 });
  expect(rig.values()).toHaveLength(1);
});

test('a push is answered once what it caused is on disk', async () => {
  await using rig = await openRig({ isUnread: true });
  await rig.isUp();
  const batches = rig.link.readings(new AbortController().signal);
  let isAnswered = false;
  const pushed = post(rig.url(), { imei: '861', level: 1 }).then(() => {
    isAnswered = true;
  });
  await batches.next();
  const onDisk = Promise.withResolvers<void>();
  rig.link.kept?.(onDisk.promise);
  const more = batches.next();
  // Another request goes there and back meanwhile.
  await post(rig.url(), { imei: '999' });
  expect(isAnswered).toBe(false);
  onDisk.resolve();
  await pushed;
  await rig.end();
  await more;
});

test('the file is added to after a restart', async () => {
  await using kept = await folder();
  const clock = new FakeClock();
  for (const text of ['a', 'b', 'c']) {
    await using seen = await openSeen(kept.dir, clock);
    expect(take(seen, text)).toBe(true);
  }
  expect((await readFile(kept.file, 'utf8')).match(/\n/g)).toHaveLength(3);
});
