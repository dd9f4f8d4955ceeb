import { expect, test } from 'vitest';
import type { TunedUnit } from '../../../firmware-sim/modbus/tuned-bus.ts';
import type { Reply } from '../../../firmware-sim/modbus/unit.ts';
import { type Cause, countAnswers, hintOf } from '../../../gateway/commissioning/hints.ts';
import { orderSettings } from '../../../gateway/commissioning/scan-order.ts';
import { testWiring } from '../../../gateway/commissioning/wiring.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { testWith } from '../../tools/program.ts';
import { openTunedLine, simpleUnit } from './tuned-line.ts';

const AT = { baud: 9600, parity: 'none' } as const;
const UNIT = 7;

/** A unit whose right answer is turned into something else. */
const vice = (turn: (reply: Extract<Reply, { kind: 'pdu' }>, request: Buffer) => Reply): TunedUnit['unit'] => ({
  unit: UNIT,
  reply: (request) => {
    const reply = simpleUnit(UNIT).reply(request);
    return reply.kind === 'pdu' ? turn(reply, request) : reply;
  },
});

const PERSONAS: readonly { readonly is: string; readonly cause: Cause; readonly units: readonly TunedUnit[] }[] = [
  { is: 'works', cause: 'fine', units: [{ unit: simpleUnit(UNIT), at: AT }] },
  { is: 'silent', cause: 'nothing', units: [] },
  {
    is: 'echo',
    cause: 'echo',
    units: [{ unit: vice((reply, request) => ({ kind: 'echo-only', unit: reply.unit, request })), at: AT }],
  },
  {
    is: 'swapped lines',
    cause: 'garbage',
    units: [{ unit: simpleUnit(UNIT), at: AT, blunders: { ...AT, swapped: true } }],
  },
  { is: 'wrong parity', cause: 'wrong-parity', units: [{ unit: simpleUnit(UNIT), at: { ...AT, parity: 'even' } }] },
  {
    is: 'wrong parity, and slow',
    cause: 'wrong-parity',
    units: [{ unit: vice((reply) => ({ ...reply, afterMs: 500 })), at: { ...AT, parity: 'even' } }],
  },
  {
    is: 'wrong parity, answering all the same',
    cause: 'wrong-parity',
    units: [{ unit: simpleUnit(UNIT), at: { ...AT, parity: 'even' }, blunders: { ...AT, parity: 'even' } }],
  },
  { is: 'wrong baud', cause: 'wrong-baud', units: [{ unit: simpleUnit(UNIT), at: { ...AT, baud: 4800 } }] },
  {
    is: 'noise',
    cause: 'noise',
    units: [{ unit: vice(({ unit, pdu }) => ({ kind: 'corrupt', unit, pdu })), at: AT }],
  },
  {
    is: 'two devices with one address',
    cause: 'two-devices',
    units: [
      { unit: simpleUnit(UNIT), at: AT },
      { unit: simpleUnit(UNIT, { 0: 0x1234 }), at: AT, lateChars: 4 },
    ],
  },
  {
    is: 'two devices with one address, one after the other',
    cause: 'two-devices',
    units: [
      { unit: simpleUnit(UNIT), at: AT },
      { unit: simpleUnit(UNIT, { 0: 0x1234 }), at: AT, lateChars: 7 },
    ],
  },
  { is: 'exception', cause: 'exception', units: [{ unit: simpleUnit(UNIT, {}), at: AT }] },
  { is: 'slow', cause: 'slow', units: [{ unit: vice((reply) => ({ ...reply, afterMs: 500 })), at: AT }] },
];

testWith('socat')('each persona at the wire is named rightly', async () => {
  const others = orderSettings({ ...AT, dataBits: 8, stopBits: 1 }, [], {
    bauds: [4800, 9600],
    parities: ['none', 'even'],
  });
  const tools = { signal: new AbortController().signal, progress: () => {} };
  const causeOf = async (units: readonly TunedUnit[]) => {
    await using line = await openTunedLine(units);
    await using link = await line.open();
    await using borrowed = link.borrow?.();
    if (borrowed === undefined) throw new Error('not lent');
    const question = { unit: UNIT, table: 'holding', address: 0, count: 1 } as const;
    return (await testWiring(borrowed, question, others, tools, openClock(), 250)).hint.cause;
  };
  const causes: Cause[] = await Promise.all(PERSONAS.map(({ units }) => causeOf(units)));
  // Real time on real ttys: one that was disturbed by what else runs is asked anew, alone, and once more.
  for (const [index, { cause, units }] of PERSONAS.entries()) {
    for (let again = 0; again < 2 && causes[index] !== cause; again++) causes[index] = await causeOf(units);
  }
  const rows = PERSONAS.map(({ is }, index) => `${is.padEnd(52)} ${causes[index]}`);
  const wrong = PERSONAS.flatMap(({ is, cause }, index) =>
    causes[index] === cause ? [] : [`${is}: ${causes[index]}, not ${cause}`],
  );
  console.log(rows.join('\n'));
  expect(wrong).toEqual([]);
});

const none = (symptom: 'silence' | 'echo-only' | 'crc' | 'garbage' | 'foreign' | 'double') =>
  ({ kind: 'none', symptom, tookMs: 70, echo: symptom === 'echo-only' }) as const;
const data = { kind: 'data', data: Uint8Array.of(0, 1), tookMs: 20, echo: false } as const;

test.each([
  ['nothing was asked', [], 'line-down'],
  ['the port is gone', [{ kind: 'closed', why: '', tookMs: 0, echo: false }], 'line-down'],
  ['now and then a wrong bit', [data, data, none('crc'), data], 'noise'],
  ['now and then garbage between right answers', [data, data, data, none('garbage')], 'noise'],
  ['one lost answer of five', [data, data, none('silence'), data, data], 'fine'],
  ['it answers, and the adapter gives back what it sends', [{ ...data, echo: true }], 'fine'],
  ['somebody else answers', [none('foreign'), none('foreign')], 'wrong-unit'],
] as const)('%s', (_, answers, cause) => {
  const hint = hintOf(countAnswers(answers));
  expect(hint.cause).toBe(cause);
  expect(hint.says.zh).not.toBe('');
  expect(hint.remedy.en).not.toBe('');
});
