import { expect, test } from 'vitest';
import { Connection, type ConnectionCounts, type ConnectionOptions } from '../../../drivers/hj212/connection.ts';
import type { Frame } from '../../../drivers/hj212/frame.ts';
import { noStreamCounts } from '../../../drivers/hj212/frame-stream.ts';
import { NOBODY } from '../../../drivers/hj212/passed-over.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { vectorOf } from './vectors.ts';

const { frame } = vectorOf('std-c25-noise-realtime');

/** A connection over a port that notes what is done to it. */
function openConnection(options: Partial<ConnectionOptions> = {}, room = Number.POSITIVE_INFINITY) {
  const wire = new FakeClock();
  const counts: ConnectionCounts = { ...noStreamCounts(), idle: 0, stuck: 0, babble: 0 };
  const done: string[] = [];
  const frames: Frame[] = [];
  let written = 0;
  const port = {
    write: (bytes: Uint8Array) => {
      written += bytes.length;
      return written <= room;
    },
    pause: () => void done.push('pause'),
    resume: () => {},
    close: () => void done.push('close'),
  };
  const connection = new Connection(port, { from: 'test', mode: 'lenient', ...options }, wire, counts, {
    take(taken, line) {
      frames.push(taken);
      line.send(Buffer.from('an answer'));
    },
    flaws: NOBODY,
  });
  return { connection, wire, counts, done, frames };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('many frames at once are taken in turns, so that others have theirs; meanwhile nothing more is read', async () => {
  const { connection, frames, done } = openConnection();
  connection.receive(Buffer.from(frame.repeat(100)));
  const seen = [frames.length];
  while (frames.length < 100) {
    await nextTurn();
    seen.push(frames.length);
  }
  expect(seen).toEqual([32, 64, 96, 100]);
  expect(done).toEqual(['pause', 'pause', 'pause']);
});

test('one that floods is slowed down to its pace, and nothing of it is lost', async () => {
  const { connection, frames, wire } = openConnection();
  connection.receive(Buffer.from(frame.repeat(1100)));
  for (let turn = 0; turn < 60; turn++) await nextTurn();
  const atOnce = frames.length;
  expect(atOnce).toBeGreaterThanOrEqual(1000);
  expect(atOnce).toBeLessThan(1010);
  for (let waited = 0; waited < 1000; waited += 10) {
    await wire.advance(10);
    await nextTurn();
  }
  expect(frames).toHaveLength(1100);
});

test('a port that is closed in the midst of a turn gives nothing more', async () => {
  const { connection, frames } = openConnection();
  connection.receive(Buffer.from(frame.repeat(100)));
  connection.end();
  await nextTurn();
  connection.receive(Buffer.from(frame));
  connection.send(Buffer.from('x'));
  expect(frames).toHaveLength(32);
});

test('one who does not read its answers is closed', () => {
  const { connection, frames, counts, done } = openConnection({}, 50);
  connection.receive(Buffer.from(frame.repeat(10)));
  expect(counts.stuck).toBe(1);
  expect(done).toEqual(['close']);
  expect(frames).toHaveLength(6);
  expect(connection.isOpen).toBe(false);
});

test('bytes without a frame close a connection, but not a serial line', () => {
  const dialled = openConnection({ idleMs: 60_000 });
  const serial = openConnection();
  for (const { connection } of [dialled, serial]) {
    for (let n = 0; n < 70; n++) connection.receive(Buffer.alloc(1000, 'x'));
  }
  expect([dialled.counts.babble, dialled.done]).toEqual([1, ['close']]);
  expect([serial.counts.babble, serial.done]).toEqual([0, []]);
  serial.connection.receive(Buffer.from(frame));
  expect(serial.frames).toHaveLength(1);
});

test('the rest of a frame is not waited for longer than 10 s without a byte', async () => {
  const { connection, wire, counts, frames } = openConnection();
  connection.receive(Buffer.from(frame.slice(0, 40)));
  await wire.advance(9999);
  connection.receive(Buffer.from(frame.slice(40, 60)));
  await wire.advance(9999);
  expect(counts.incomplete).toBe(0);
  await wire.advance(1);
  expect(counts.incomplete).toBe(1);
  connection.receive(Buffer.from(frame));
  expect(frames).toHaveLength(1);
});

test('the idle time counts from the last frame, whatever bytes come', async () => {
  const { connection, wire, counts } = openConnection({ idleMs: 60_000 });
  await wire.advance(50_000);
  connection.receive(Buffer.from(frame));
  await wire.advance(50_000);
  connection.receive(Buffer.from('x'));
  expect(connection.isOpen).toBe(true);
  await wire.advance(10_000);
  expect([connection.isOpen, counts.idle]).toEqual([false, 1]);
});
