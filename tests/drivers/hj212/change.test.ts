import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { encodeFrame, type Frame, parseFrame } from '../../../drivers/hj212/frame.ts';
import { type Hj212Device, hj212 } from '../../../drivers/hj212/kind.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, until } from '../../tools/program.ts';
import { openLink, runSims, simDevice } from './open-link.ts';
import { MN, makeDevice, makeLink, makePoint } from './site.ts';
import { vectorOf } from './vectors.ts';

const HOST = '127.0.0.1';
const OTHER = 'B'.repeat(24);
const real: Frame = vectorOf('std-c25-noise-realtime').says;
const d = makeDevice('d');
const e = makeDevice('e', { mn: OTHER });

let number = 0;
/** The next frame of an instrument: never the same. */
const next = (mn = MN, more: Partial<Frame> = {}): Buffer =>
  encodeFrame({ ...real, mn, qn: String(++number).padStart(17, '0'), ...more });

type Opened = Awaited<ReturnType<typeof openLink>>;
const statusOf = ({ link }: Opened) => link.status();
const change = ({ link }: Opened, devices: readonly Hj212Device[]) => {
  const take = link.change?.(devices);
  if (take === undefined) throw new Error('it would be opened anew');
  take();
};

async function listening(
  options: object = {},
  ...rest: [devices?: Hj212Device[], clocks?: Parameters<typeof openLink>[2]]
) {
  const port = await freePort();
  const opened = await openLink({ listen: `${HOST}:${port}`, timeSet: false, ...options }, ...rest);
  await until(() => statusOf(opened).state === 'up', 'the listener');
  const frames = () => opened.count('frames');
  return Object.assign(opened, {
    port,
    /** A connection of an instrument's, in the hands of the test. */
    async dial() {
      let [text, isClosed] = ['', false];
      const socket = connect(port, HOST);
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        isClosed = true;
      });
      await once(socket, 'connect');
      return {
        answers: () => text.split('CN=9014').length - 1,
        requests: () => [...text.matchAll(/##\d{4}[^\n]*CN=1012[^\n]*\n/g)].map(([frame]) => frame),
        isClosed: () => isClosed,
        write: (bytes: string | Uint8Array) => void socket.write(bytes),
        /** Resolves when the gateway has taken it. */
        async send(frame: Uint8Array) {
          const before = frames();
          socket.write(frame);
          await until(() => frames() > before, 'the frame to be taken');
        },
        [Symbol.dispose]: () => void socket.destroy(),
      };
    },
  });
}

describe('the instruments of an open link change', () => {
  test('one who was unknown is known with its next frame, by the same connection, and unknown no more', async () => {
    await using link = await listening();
    using first = await link.dial();
    using stranger = await link.dial();
    await first.send(next());
    await stranger.send(next(OTHER.toLowerCase()));
    expect(statusOf(link).unknown).toMatchObject([{ id: OTHER.toLowerCase() }]);
    const take = link.link.change?.([d, e]);
    // Nothing has happened yet.
    await stranger.send(next(OTHER));
    expect([statusOf(link).unknown?.length, Object.keys(statusOf(link).devices)]).toEqual([2, ['d']]);
    take?.();
    expect(statusOf(link).unknown).toEqual([]);
    await stranger.send(next(OTHER));
    await first.send(next());
    await until(() => link.readings.length === 3, 'the readings');
    expect(link.readings.map(({ point }) => point)).toEqual(['d/la-rtd', 'e/la-rtd', 'd/la-rtd']);
    expect(statusOf(link).devices).toEqual({ d: { answers: true }, e: { answers: true } });
    await until(() => stranger.answers() === 1 && first.answers() === 2, 'the answers');
    expect([first.isClosed(), stranger.isClosed(), link.count('connects')]).toEqual([false, false, 2]);
    expect(statusOf(link).unknown).toEqual([]);
  });

  test('one that is equal keeps half a frame, half an upload, and what it has sent before', async () => {
    const points = [makePoint('LA-Rtd'), makePoint('L5-Rtd')];
    await using link = await listening({}, [makeDevice('d', {}, points)]);
    using line = await link.dial();
    const before = next();
    await line.send(before);
    const packets = [1, 2].map((packet) =>
      next(MN, {
        flag: 7,
        packet: { number: packet, of: 2 },
        cp: [[['DataTime', '20260715220000']], [[packet === 1 ? 'LA-Rtd' : 'L5-Rtd', `6${packet}.0`]]],
      }),
    );
    await line.send(packets[0] ?? Buffer.alloc(0));
    const half = next();
    line.write(half.subarray(0, 50));
    // What it says next is told only after what was written before has come.
    await until(() => line.answers() === 2, 'the answers');
    change(link, [makeDevice('d', {}, points), e]);
    await line.send(half.subarray(50));
    await line.send(packets[1] ?? Buffer.alloc(0));
    await line.send(before);
    expect(link.count('repeats')).toBe(1);
    await until(() => link.readings.length === 4, 'the readings');
    expect(link.values()).toEqual([50.1, 50.1, 61, 62]);
    expect([link.count('garbage'), link.count('disconnects')]).toEqual([0, 0]);
  });

  test.each<[says: string, after: Hj212Device[], mn: string, counter: string]>([
    ['one that is gone is nobody', [e], MN, 'unknownMn'],
    [
      'one with another password is refused with the old one',
      [makeDevice('d', { password: '654321' })],
      MN,
      'wrongPassword',
    ],
    ['one with another MN is nobody by the old one', [makeDevice('d', { mn: OTHER })], MN, 'unknownMn'],
  ])('%s, by the connection that it has', async (_says, after, mn, counter) => {
    await using link = await listening();
    using line = await link.dial();
    await line.send(next());
    await until(() => link.readings.length === 1, 'the reading');
    change(link, after);
    expect(Object.values(statusOf(link).devices)).toEqual([{ answers: false, code: 'not-connected' }]);
    await line.send(next(mn));
    expect([link.readings.length, link.count(counter), line.answers()]).toEqual([1, 1, 1]);
    const [{ options }] = after as [Hj212Device];
    await line.send(next(options.mn, { pw: options.password ?? '' }));
    await until(() => link.readings.length === 2, 'the reading of who is known now');
    expect(line.isClosed()).toBe(false);
  });

  test('nothing that waits of one that is gone or otherwise is told; of one that is equal it is', async () => {
    const port = await freePort();
    const wire = openClock();
    const devices = [d, e, makeDevice('f', { mn: 'C'.repeat(24) })];
    const spec = makeLink({ listen: `${HOST}:${port}`, timeSet: false }, devices);
    await using link = await hj212.open(spec, { clock: wire, wire, log: silentLog, dir: '' });
    await until(() => link.status().state === 'up', 'the listener');
    const socket = connect(port, HOST);
    for (const mn of [MN, OTHER, 'C'.repeat(24)]) socket.write(next(mn));
    await until(() => link.status().counters.frames === 3, 'the frames');
    link.change?.([
      makeDevice('d', {}, [makePoint('LA-Rtd', { everyMs: 1000 })]),
      makeDevice('f', { mn: 'C'.repeat(24) }),
    ])?.();
    const stop = new AbortController();
    const readings: Reading[] = [];
    const reading = (async () => {
      for await (const batch of link.readings(stop.signal)) {
        expect(batch).not.toEqual([]);
        readings.push(...batch);
      }
    })();
    socket.write(next());
    await until(() => readings.length === 2, 'the readings');
    expect(readings.map(({ point }) => point)).toEqual(['f/la-rtd', 'd/la-rtd']);
    socket.destroy();
    stop.abort();
    await reading;
  });

  test('no empty batch is told where all that waited is of one that is gone', async () => {
    const port = await freePort();
    const wire = openClock();
    const spec = makeLink({ listen: `${HOST}:${port}`, timeSet: false }, [d, e]);
    await using link = await hj212.open(spec, { clock: wire, wire, log: silentLog, dir: '' });
    await until(() => link.status().state === 'up', 'the listener');
    const socket = connect(port, HOST);
    socket.write(next());
    await until(() => link.status().counters.frames === 1, 'the frame');
    link.change?.([e])?.();
    const batches = link.readings(new AbortController().signal);
    const first = batches.next();
    // The queue has been looked at, and nothing was in it.
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(next(OTHER));
    expect((await first).value).toMatchObject([{ point: 'e/la-rtd' }]);
    socket.destroy();
  });

  test('silence of one that is equal counts on; of a new one from then, also where its period is shorter', async () => {
    const clock = new FakeClock();
    await using link = await listening({}, [d], { clock, wire: openClock() });
    await clock.advance(100_000);
    change(link, [makeDevice('d'), makeDevice('e', { mn: OTHER }, [makePoint('LA-Rtd', { everyMs: 20_000 })])]);
    await clock.advance(59_000);
    expect(link.readings).toEqual([]);
    await clock.advance(1000);
    await until(() => link.readings.length === 1, 'the silence of the new one');
    expect(link.readings).toMatchObject([{ point: 'e/la-rtd', code: 'no-answer' }]);
    await clock.advance(20_000);
    await until(() => link.readings.some(({ point }) => point === 'd/la-rtd'), 'the silence of the other');
  });

  test('at the cap, the connection of one that is gone makes room', async () => {
    await using link = await listening({ maxConnections: 2 }, [d, e]);
    using first = await link.dial();
    await first.send(next());
    using second = await link.dial();
    await second.send(next(OTHER));
    using _refused = await link.dial();
    await until(() => link.count('turnedAway') === 1, 'the third to be turned away');
    change(link, [e]);
    using third = await link.dial();
    await until(() => first.isClosed(), 'the first to make room');
    await third.send(next(OTHER));
    expect(second.isClosed()).toBe(false);
  });
});

describe('a clock that is being set when the instruments change', () => {
  const replyTo = (request: string): Buffer => {
    const frame = parseFrame(Buffer.from(request), 'lenient') as Frame;
    return encodeFrame({ ...frame, st: '91', cn: '9012', flag: 4, cp: [[['ExeRtn', '1']]] });
  };

  test.each<[says: string, after: Hj212Device, sets: number]>([
    ['is set, of one that is the same', d, 1],
    ['is set, of one whose points are others', makeDevice('d', {}, [makePoint('L5-Rtd')]), 1],
    ['is not asked about any more, of one whose password is another', makeDevice('d', { password: '654321' }), 0],
  ])('%s', async (_says, after, sets) => {
    const wire = new FakeClock();
    await using link = await listening({ timeSet: true }, [d], { clock: wire, wire });
    using line = await link.dial();
    await line.send(next());
    await until(() => line.requests().length === 1, 'the request');
    change(link, [after]);
    await wire.advance(10_000);
    await until(() => line.requests().length === 1 + sets, 'the second try, if any');
    const before = link.count('frames');
    line.write(replyTo(line.requests()[0] ?? ''));
    await until(() => link.count('frames') > before, 'the answer');
    expect(link.count('timeSets')).toBe(sets);
    await wire.advance(100_000);
    expect(line.requests()).toHaveLength(1 + sets);
  });
});

test('a simulated instrument is adopted while others send: nobody is cut', async () => {
  await using link = await listening({}, [d]);
  const sims = [simDevice('works'), simDevice('works', { mn: OTHER })];
  await using _ = runSims(sims, { host: HOST, port: link.port });
  await until(() => statusOf(link).unknown?.length === 1 && link.readings.length > 0, 'both to dial in');
  change(link, [d, e]);
  const had = link.readings.length;
  await until(() => new Set(link.readings.slice(had).map(({ point }) => point)).size === 2, 'both');
  expect([link.count('connects'), link.count('disconnects'), statusOf(link).unknown]).toEqual([2, 0, []]);
});
