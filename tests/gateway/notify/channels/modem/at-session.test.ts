import { duplexPair } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AtLines } from '../../../../../gateway/notify/channels/modem/at-lines.ts';
import { AtSession } from '../../../../../gateway/notify/channels/modem/at-session.ts';
import { signOf, stateInList } from '../../../../../gateway/notify/channels/modem/call-line.ts';
import { FakeClock } from '../../../../tools/fake-clock.ts';
import { fuzz } from '../../../../tools/fuzz.ts';
import { seeded, split } from '../../../../tools/noise.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A session, and the modem's end of its line. */
function openSession() {
  const [ours, theirs] = duplexPair();
  const wire = new FakeClock();
  const said: [string, string | null][] = [];
  const session = new AtSession(ours, wire, (line, pdu) => said.push([line, pdu]));
  let heard = '';
  theirs.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  theirs.on('error', () => {});
  return { session, wire, said, theirs, heard: () => heard };
}

const CSQ = { text: 'AT+CSQ', wanted: /^\+CSQ:/, timeoutMs: 1000 };

describe('a command', () => {
  const rows: readonly [says: string, sent: string, wanted: object][] = [
    ['is answered', '\r\n+CSQ: 20,99\r\n\r\nOK\r\n', { kind: 'ok', lines: ['+CSQ: 20,99'] }],
    ['is answered after its echo', 'AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n', { kind: 'ok' }],
    [
      'is not answered by the OK of an earlier one',
      'OK\r\n+CSQ: 7,99\r\nOK\r\n',
      { kind: 'ok', lines: ['+CSQ: 7,99'] },
    ],
    [
      'is answered between what is said unasked',
      '+CMTI: "SM",3\r\n+CSQ: 1,99\r\n^RSSI: 7\r\nRING\r\nOK\r\n',
      { kind: 'ok', lines: ['+CSQ: 1,99'] },
    ],
    ['is refused', 'ERROR\r\n', { kind: 'refused', code: 'error' }],
    ['is refused with a reason', '+CME ERROR: 10\r\n', { kind: 'refused', code: 'cme-10' }],
    ['is lost when the modem begins anew', '\r\nRDY\r\n', { kind: 'lost', why: 'reset', wasSent: true }],
  ];
  test.each(rows)('%s', async (_says, sent, wanted) => {
    const { session, theirs } = openSession();
    const asked = session.ask(CSQ);
    theirs.write(Buffer.from(sent, 'latin1'));
    expect(await asked).toMatchObject(wanted);
  });

  test('that is not answered ends the session, with those that wait', async () => {
    const { session, wire } = openSession();
    const both = [session.ask(CSQ), session.ask({ ...CSQ, pdu: '00' })];
    await wire.advance(1000);
    expect(await Promise.all(both)).toEqual([
      { kind: 'lost', why: 'timeout', wasSent: true },
      { kind: 'lost', why: 'timeout', wasSent: false },
    ]);
    expect(await session.ended).toBe('timeout');
    expect(await session.ask(CSQ)).toMatchObject({ kind: 'lost', wasSent: false });
  });

  test('that is urgent goes before those that wait, of which there is a bound', async () => {
    const { session, theirs, heard } = openSession();
    const asked = Array.from({ length: 102 }, (_, index) => session.ask({ text: `AT+${index}`, timeoutMs: 1000 }));
    expect(await asked.at(-1)).toMatchObject({ kind: 'lost', wasSent: false });
    session.end('closed');
    await turn();
    expect(heard()).toBe('AT+0\r');
    theirs.destroy();
    const next = openSession();
    for (const text of ['A', 'B']) void next.session.ask({ text, timeoutMs: 1000 });
    void next.session.ask({ text: 'U', timeoutMs: 1000, isUrgent: true });
    for (let i = 0; i < 3; i++) {
      next.theirs.write('\r\nOK\r\n');
      await turn();
      await turn();
    }
    expect(next.heard()).toBe('A\rU\rB\r');
  });

  test('with a message gives it only when it is asked for, and an escape when it never is', async () => {
    const { session, theirs, heard, wire } = openSession();
    const wanted = /^\+CMGS:/;
    const asked = session.ask({ text: 'AT+CMGS=1', pdu: 'ABCD', wanted, timeoutMs: 1000 });
    await turn();
    expect(heard()).toBe('AT+CMGS=1\r');
    theirs.write('AT+CMGS=1\r\r\n> ');
    await turn();
    expect(heard()).toBe('AT+CMGS=1\rABCD\u001a');
    theirs.write('\r\n+CDS: 25\r\n0006AA\r\n\r\n+CMGS: 7\r\n\r\nOK\r\n');
    expect(await asked).toEqual({ kind: 'ok', lines: ['+CMGS: 7'] });
    const never = session.ask({ text: 'AT+CMGS=2', pdu: 'ABCD', wanted, timeoutMs: 1000 });
    await wire.advance(1000);
    expect(await never).toMatchObject({ kind: 'lost', wasSent: false });
  });
});

test('a message is given also when something unasked follows right after it was asked for', async () => {
  const { session, theirs, heard, said } = openSession();
  const asked = session.ask({ text: 'AT+CMGS=1', pdu: 'ABCD', wanted: /^\+CMGS:/, timeoutMs: 1000 });
  await turn();
  theirs.write('\r\n> \r\n+RXDTMF: 1\r\n');
  await turn();
  expect(heard()).toBe('AT+CMGS=1\rABCD\u001a');
  expect(said).toEqual([['+RXDTMF: 1', null]]);
  theirs.write('+CMGS: 7\r\nOK\r\n');
  expect(await asked).toMatchObject({ kind: 'ok' });
});

test('a message that comes in is told with its hex, in whatever pieces it comes', async () => {
  const random = seeded(7);
  const bytes = Buffer.from('\r\n+CMT: ,24\r\n07911234\r\n\r\n+CDS: 25\r\n0006AA\r\nRING\r\n', 'latin1');
  for (let round = 0; round < 50; round++) {
    const { session, said, theirs } = openSession();
    for (const piece of split(bytes, 8, random)) theirs.write(piece);
    await turn();
    await turn();
    expect(said).toEqual([
      ['+CMT: ,24', '07911234'],
      ['+CDS: 25', '0006AA'],
      ['RING', null],
    ]);
    session.end('closed');
  }
});

test('noise of some megabytes throws nothing and is not kept', async () => {
  const seeds = [
    '\r\n+CMT: ,24\r\n07911234\r\n',
    'OK\r\n> ',
    '+CLCC: 1,0,3,0,0\r\n',
    '+CME ERROR: 10\r\n',
    '+QTONEDET: 49\r\n',
  ];
  const lines = new AtLines();
  const { session, said } = openSession();
  let longest = 0;
  const { bytes } = await fuzz(
    (input) => {
      for (const line of lines.push(input)) {
        longest = Math.max(longest, line.length);
        signOf(line);
        stateInList([line]);
      }
      if (lines.hasPrompt) lines.dropPrompt();
    },
    { bytes: 4e6, seeds: seeds.map((seed) => Buffer.from(seed)), longest: 3000 },
  );
  expect(bytes).toBeGreaterThanOrEqual(4e6);
  expect(longest).toBeLessThanOrEqual(1024);
  // A session on it, too, with commands under way.
  let sessions = 0;
  await fuzz(
    (input) => {
      const { session: own, theirs } = openSession();
      void own.ask(CSQ);
      void own.ask({ text: 'AT+CMGS=1', pdu: '00', wanted: /^\+CMGS:/, timeoutMs: 1000 });
      theirs.write(input);
      setImmediate(() => own.end('closed'));
      sessions++;
    },
    { bytes: 2e5, seeds: seeds.map((seed) => Buffer.from(seed)), longest: 400 },
  );
  await turn();
  await turn();
  expect(sessions).toBeGreaterThan(500);
  session.end('closed');
  expect(said).toEqual([]);
});

test.each([
  ['VOICE CALL: BEGIN', { kind: 'picked-up' }],
  ['^CONN:1,0', { kind: 'picked-up' }],
  ['VOICE CALL: END: 000012', { kind: 'ended', how: 'no-carrier' }],
  ['NO CARRIER', { kind: 'ended', how: 'no-carrier' }],
  ['BUSY', { kind: 'ended', how: 'busy' }],
  ['+RXDTMF: 1', { kind: 'key', key: '1' }],
  ['+DTMF:3,160', { kind: 'key', key: '3' }],
  ['+QTONEDET: 35', { kind: 'key', key: '#' }],
  ['+QTONEDET: 7', undefined],
  ['RING', undefined],
])('%s', (line, wanted) => {
  expect(signOf(line)).toEqual(wanted);
});

test('of a list of calls the one that was made counts, not one that comes in', () => {
  expect(stateInList(['+CLCC: 1,1,0,0,0,"10086",129', '+CLCC: 2,0,3,0,0,"138",129'])).toBe('ringing');
  expect(stateInList(['+CLCC: 1,0,0,0,0,"138",129'])).toBe('active');
  expect(stateInList(['+CLCC: 1,1,4,0,0'])).toBe(null);
});
