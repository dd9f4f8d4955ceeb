import { describe, expect, test } from 'vitest';
import { listen } from '../../../../firmware-sim/listen.ts';
import type { Message, Sent } from '../../../../gateway/notify/channels/channel.ts';
import { ledBoard } from '../../../../gateway/notify/channels/led-board.ts';
import { seeded } from '../../../tools/noise.ts';
import { aContext, aMessage, NEVER } from './a-message.ts';

const options = { host: '127.0.0.1', unit: 1, register: 7, timeout: '60s' };
const templates = { clear: 0, red: 3, orange: 2 };

async function show(
  port: number,
  message: Partial<Message> = {},
  change: object = {},
  more: object = {},
): Promise<Sent> {
  const parsed = ledBoard.options.parse({ ...options, ...more, port, templates: { ...templates, ...change } });
  await using channel = await ledBoard.open('board', parsed, aContext());
  return await channel.send(aMessage(message), [], NEVER);
}

/** A board that answers each request as told; `shown` is what was written. */
async function openBoard(answer: (request: Buffer, shown: number) => Buffer | undefined) {
  let shown = -1;
  const requests: Buffer[] = [];
  const listener = await listen(0, (socket) =>
    socket.on('data', (request) => {
      requests.push(request);
      if (request[7] === 6) shown = request.readUInt16BE(10);
      const bytes = answer(request, shown);
      if (bytes !== undefined) socket.write(bytes);
    }),
  );
  return {
    port: listener.port,
    requests,
    shown: () => shown,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

const frame = (request: Buffer, pdu: number[]): Buffer =>
  Buffer.from([...request.subarray(0, 4), 0, pdu.length + 1, request[6] ?? 0, ...pdu]);
const honest = (request: Buffer, shown: number): Buffer =>
  request[7] === 6 ? request : frame(request, [3, 2, shown >> 8, shown & 0xff]);

describe('a board', () => {
  const rows: readonly [says: string, message: Partial<Message>, change: object, wanted: object, shown: number][] = [
    ['shows the template of the level', {}, {}, { status: 'delivered' }, 3],
    ['is cleared by a message without a level', { level: null }, {}, { status: 'delivered' }, 0],
    [
      'shows nothing of a level without a template',
      { level: 'blue' },
      {},
      { status: 'rejected', code: 'no-template' },
      -1,
    ],
    [
      'shows no exercise, which people would believe',
      { isExercise: true },
      {},
      { status: 'rejected', code: 'no-template' },
      -1,
    ],
    ['shows an exercise by its own template', { isExercise: true }, { exercise: 9 }, { status: 'delivered' }, 9],
  ];
  test.each(rows)('%s', async (_says, message, change, wanted, shown) => {
    await using board = await openBoard(honest);
    expect(await show(board.port, message, change)).toMatchObject(wanted);
    expect(board.shown()).toBe(shown);
  });

  const vices: readonly [says: string, answer: (request: Buffer, shown: number) => Buffer | undefined, code: string][] =
    [
      ['that shows something else', (request) => honest(request, 1), 'read-back'],
      ['that refuses', (request) => frame(request, [(request[7] ?? 0) | 0x80, 2]), 'nonsense'],
      ['that answers for another', (request) => honest(Buffer.from(request.with(6, 9)), 3), 'nonsense'],
      ['that never answers', () => undefined, 'no-answer'],
      ['that stops in the midst', (request, shown) => honest(request, shown).subarray(0, 8), 'no-answer'],
    ];
  test.each(vices)('%s is to be tried again', async (_says, answer, code) => {
    await using board = await openBoard(answer);
    const options = code === 'no-answer' ? { timeout: '300ms' } : {};
    expect(await show(board.port, {}, {}, options)).toMatchObject({ status: 'later', code });
  });

  test('that babbles throws nothing', async () => {
    const random = seeded(3);
    await using board = await openBoard(() =>
      Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256))),
    );
    for (let round = 0; round < 20; round++) {
      expect(await show(board.port, {}, {}, { timeout: '300ms' })).toMatchObject({ status: 'later' });
    }
  });
});

test('never shows a text of ours', async () => {
  await using board = await openBoard(honest);
  await show(board.port);
  expect(board.requests.map(({ length }) => length)).toEqual([12, 12]);
});
