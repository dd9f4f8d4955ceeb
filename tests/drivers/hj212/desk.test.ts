import { describe, expect, test } from 'vitest';
import { Desk, type DeskOptions } from '../../../drivers/hj212/desk.ts';
import { encodeFrame, type Frame, fieldOf, parseFrame } from '../../../drivers/hj212/frame.ts';
import type { Hj212Device } from '../../../drivers/hj212/kind.ts';
import { encodeQn } from '../../../drivers/hj212/local-time.ts';
import type { UntimedReading } from '../../../drivers/reading.ts';
import { type Log, silentLog } from '../../../gateway/kit/log.ts';
import { openZone } from '../../../gateway/kit/zone.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { MN, makeDevice, makePoint } from './site.ts';
import { vectorOf } from './vectors.ts';

/** A desk in the time of a fake clock, with one open line whose answers are gathered. */
function openDesk(options: Partial<DeskOptions> = {}, devices: readonly Hj212Device[] = [makeDevice()]) {
  const clock = new FakeClock('2026-07-15T14:00:00Z');
  const given: UntimedReading[] = [];
  const logged: string[] = [];
  const told: unknown[] = [];
  const log: Log = {
    ...silentLog,
    warn: (nouns, text) => {
      logged.push(text);
      told.push(nouns);
    },
    info: (_nouns, text) => void logged.push(text),
  };
  const desk = new Desk(
    devices,
    { mode: 'lenient', edition: 2017, extensions: true, timeSet: false, timeZone: 'Asia/Shanghai', ...options },
    { clock, wire: clock, log },
    (_device, readings) => given.push(...readings),
  );
  const openLine = () => {
    const sent: string[] = [];
    const line = {
      from: '10.0.0.1:4000',
      isOpen: true,
      send: (bytes: Uint8Array) => void sent.push(Buffer.from(bytes).toString()),
      sent,
      /** What was sent since the last look, as `CN Flag`. */
      answers: () =>
        sent.splice(0).map((text) => {
          const frame = parseFrame(Buffer.from(text), 'strict') as Frame;
          return `${frame.cn} ${frame.flag}`;
        }),
    };
    return line;
  };
  return { desk, clock, given, logged, told, openLine, line: openLine() };
}

const real: Frame = vectorOf('std-c25-noise-realtime').says;
const bare: Frame = { st: '23', cn: '2011', pw: '123456', mn: MN, cp: real.cp };

describe('what is taken and what answers it', () => {
  test.each<[says: string, frame: Frame, values: unknown[], answers: string[]]>([
    ['real-time data with A=1', real, [50.1], ['9014 4']],
    ['with A=0 no answer is due', { ...real, flag: 4 }, [50.1], []],
    ['of the 2025 edition', { ...real, flag: 9 }, [50.1], ['9014 8']],
    ['of the 2005 edition without QN and Flag', bare, [50.1], []],
    [
      'data of points that nobody asked for is answered all the same',
      { ...real, cp: [[['x-Rtd', '1']]] },
      [],
      ['9014 4'],
    ],
    ['a kind of upload that nothing is read from', { ...real, cn: '3020' }, [], ['9014 4']],
    ['the start of an instrument', { ...real, cn: '2081' }, [], ['9014 4']],
    ['a login', { ...real, cn: '9021', st: '91', cp: [] }, [], ['9022 4']],
    ['a heartbeat', { ...real, cn: '9015', cp: [] }, [], ['9014 4']],
    ['a heartbeat that wants no answer', { ...real, cn: '9015', flag: 4, cp: [] }, [], []],
    ['a wish for the time, which is not set here', { ...real, cn: '1013', cp: [] }, [], ['9013 4']],
    ['an answer is not answered', { ...real, cn: '9014', cp: [] }, [], []],
    ['a request is none of ours to answer', { ...real, cn: '1062' }, [], []],
    ['another MN', { ...real, mn: 'F'.repeat(24) }, [], []],
    ['an empty MN', { ...real, mn: '' }, [], []],
    ['its MN in small letters', { ...real, mn: MN.toLowerCase() }, [50.1], ['9014 4']],
    ['another PW', { ...real, pw: '654321' }, [], []],
  ])('%s', (_says, frame, values, answers) => {
    const { desk, given, line } = openDesk();
    desk.take(frame, line);
    expect(given.map(({ value }) => value)).toEqual(values);
    const wanted = line.sent.map((text) => parseFrame(Buffer.from(text), 'lenient') as Frame);
    expect(wanted.map(({ cn, flag }) => `${cn} ${flag}`)).toEqual(answers);
    for (const answer of wanted) expect(answer.qn).toBe(frame.qn);
  });

  test('extensions are not answered where the link says so', () => {
    const { desk, line } = openDesk({ extensions: false });
    desk.take({ ...real, cn: '9021' }, line);
    desk.take({ ...real, cn: '9015' }, line);
    expect(line.answers()).toEqual([]);
  });

  test('without a password any PW is taken; a wrong one is told once, and never written', () => {
    const open = openDesk({}, [makeDevice('d', { password: undefined })]);
    open.desk.take({ ...real, pw: 'x' }, open.line);
    expect(open.given).toHaveLength(1);
    const { desk, line, logged, clock } = openDesk();
    for (let n = 0; n < 3; n++) desk.take({ ...real, pw: 'guess!' }, line);
    expect(desk.standingOf(makeDevice())).toEqual({ isConnected: false, refused: 'here' });
    expect(logged).toHaveLength(1);
    expect(logged.join()).not.toMatch(/guess!|123456/);
    expect(desk.counts.wrongPassword).toBe(3);
    expect(desk.unknown.list()).toEqual([]);
    desk.take({ ...real, qn: '20260715220000000' }, line);
    expect(desk.standingOf(makeDevice())).toEqual({ isConnected: true });
    expect(clock.now()).toBe(clock.tick());
  });

  test('who has another password than the instrument that is connected is told once an hour, and harms it nothing', async () => {
    const { desk, line, openLine, logged, clock, given } = openDesk();
    const stranger = openLine();
    const told = () => logged.filter((text) => text.includes('another PW')).length;
    for (let n = 0; n < 3; n++) {
      desk.take({ ...real, qn: `2026071522000000${n}` }, line);
      desk.take({ ...real, pw: 'guess!' }, stranger);
      expect(desk.standingOf(makeDevice())).toMatchObject({ isConnected: true, refused: 'elsewhere' });
      expect(told()).toBe(1);
    }
    expect(given).toHaveLength(3);
    await clock.advance(3_600_000);
    desk.take({ ...real, qn: '20260715230000000' }, line);
    desk.take({ ...real, pw: 'guess!' }, stranger);
    expect(told()).toBe(2);
    // Its own password was changed, or it dials in anew with another one.
    desk.take({ ...real, pw: 'other!' }, line);
    expect(desk.standingOf(makeDevice())).toMatchObject({ isConnected: true, refused: 'here' });
    line.isOpen = false;
    desk.take({ ...real, pw: 'other!' }, stranger);
    expect(desk.standingOf(makeDevice())).toMatchObject({ isConnected: false, refused: 'here' });
  });

  test('a device with an st takes data of that one only', () => {
    const { desk, given, line } = openDesk({}, [makeDevice('d', { st: '22' })]);
    desk.take(real, line);
    expect([given.length, line.answers(), desk.counts.wrongSt]).toEqual([0, [], 1]);
    desk.take({ ...real, st: '22' }, line);
    expect([given.length, line.answers()]).toEqual([1, ['9014 4']]);
    desk.take({ ...real, cn: '9021', st: '91', cp: [] }, line);
    expect(line.answers()).toEqual(['9022 4']);
  });

  test('who nobody knows is shown with what it sends, never a value or its PW; counted, and answered nothing', () => {
    const { desk, line, clock } = openDesk();
    desk.take({ ...real, mn: 'A'.repeat(24), pw: 'secret' }, line);
    desk.take({ ...real, mn: '' }, line);
    const times = { firstAt: clock.now(), lastAt: clock.now(), count: 1 };
    const rest = { from: line.from, ...times, sample: 'ST=23 CN=2011 DataTime LA-Rtd' };
    expect(desk.unknown.list()).toEqual([
      { id: '(no MN)', ...rest },
      { id: 'A'.repeat(24), ...rest },
    ]);
    expect([desk.counts.unknownMn, line.sent]).toEqual([2, []]);
  });

  test('of many that nobody knows a hundred are shown', () => {
    const { desk, line } = openDesk();
    for (let n = 0; n < 1000; n++) desk.take({ ...real, mn: `MN${n}`, cp: [[['x'.repeat(40), '1']]] }, line);
    expect(desk.unknown.list()).toHaveLength(100);
    expect(desk.unknown.list()[0]?.id).toBe('MN999');
  });

  test('strict: an MN in small letters is another; a value that is no number spoils its frame', () => {
    const { desk, given, line } = openDesk({ mode: 'strict' }, [
      makeDevice('d', {}, [makePoint('LA-Rtd'), makePoint('L5-Rtd')]),
    ]);
    desk.take({ ...real, mn: MN.toLowerCase() }, line);
    desk.take({ ...real, cp: [[['LA-Rtd', '50.1']], [['L5-Rtd', '5e1']]] }, line);
    expect(given).toEqual([]);
    expect(line.answers()).toEqual([]);
    expect(desk.counts).toMatchObject({ unknownMn: 1, badNumbers: 1 });
  });

  test('lenient: a value that is no number is bad and the others are taken', () => {
    const { desk, given, line } = openDesk({}, [makeDevice('d', {}, [makePoint('LA-Rtd'), makePoint('L5-Rtd')])]);
    desk.take({ ...real, cp: [[['LA-Rtd', '50.1']], [['L5-Rtd', '5e1']]] }, line);
    expect(given.map(({ value, code }) => value ?? code)).toEqual([50.1, 'not-a-number']);
    expect(desk.counts).toMatchObject({ badNumbers: 1, badTimes: 1 });
  });
});

test('a frame that is sent again is answered again and not taken twice', () => {
  const { desk, given, line } = openDesk();
  for (let n = 0; n < 4; n++) desk.take(real, line);
  expect(line.answers()).toEqual(['9014 4', '9014 4', '9014 4', '9014 4']);
  expect(given).toHaveLength(1);
  expect(desk.counts.repeats).toBe(3);
});

test('packets are answered each and give their values together; what does not come is not waited for for ever', async () => {
  const points = [
    makePoint('w00000-Avg', { source: { factor: 'w00000-Avg', cn: 2061 } }),
    makePoint('w01018-Avg', { source: { factor: 'w01018-Avg', cn: 2061 } }),
  ];
  const { desk, given, line, clock } = openDesk({}, [makeDevice('d', {}, points)]);
  desk.take(vectorOf('std-c50-packet-1-of-2').says, line);
  expect([given.length, line.answers()]).toEqual([0, ['9014 4']]);
  desk.take(vectorOf('std-c50-packet-2-of-2').says, line);
  expect([given.map(({ value }) => value), line.answers()]).toEqual([[17.5, 40.1], ['9014 4']]);
  given.length = 0;
  desk.take({ ...vectorOf('std-c50-packet-1-of-2').says, qn: '20160801085857999' }, line);
  await clock.advance(59_000);
  expect(given).toEqual([]);
  await clock.advance(2000);
  expect(given.map(({ value }) => value)).toEqual([17.5]);
  expect(desk.counts.incompleteUploads).toBe(1);
});

describe('the time', () => {
  const rig = () => openDesk({ timeSet: true });
  const replyTo = (text: string, cn: string, cp: Frame['cp']): Frame => ({
    ...(parseFrame(Buffer.from(text), 'lenient') as Frame),
    ...{ st: '91', cn, flag: 4, cp },
  });

  test('is set after the first frame of a connection, as the site has it', () => {
    const { desk, line } = rig();
    desk.take(real, line);
    expect(line.sent[1]).toBe(
      encodeFrame({
        qn: '20260715220000000',
        ...{ st: '23', cn: '1012', pw: '123456', mn: MN, flag: 5 },
        cp: [[['SystemTime', '20260715220000']]],
      }).toString(),
    );
    desk.take(replyTo(line.sent[1] ?? '', '9011', [[['QnRtn', '1']]]), line);
    desk.take(replyTo(line.sent[1] ?? '', '9012', [[['ExeRtn', '1']]]), line);
    expect(desk.counts).toMatchObject({ timeSets: 1, timeSetsUnanswered: 0 });
  });

  test('is asked four times, each with the time as it is then, and given up', async () => {
    const { desk, line, clock } = rig();
    desk.take(real, line);
    await clock.advance(120_000);
    const times = line.sent.map((text) => fieldOf(parseFrame(Buffer.from(text), 'lenient') as Frame, 'SystemTime'));
    expect(times).toEqual([undefined, '20260715220000', '20260715220010', '20260715220020', '20260715220030']);
    expect(desk.counts).toMatchObject({ timeSets: 0, timeSetsUnanswered: 1 });
  });

  test.each([
    ['refused', '9011', 'QnRtn', '2', 'timeSetsRefused'],
    ['not done', '9012', 'ExeRtn', '2', 'timeSetsFailed'],
  ] as const)('that is %s is counted', (_says, cn, name, code, count) => {
    const { desk, line } = rig();
    desk.take(real, line);
    desk.take(replyTo(line.sent[1] ?? '', cn, [[[name, code]]]), line);
    expect(desk.counts[count]).toBe(1);
  });

  test('is set again a day later, and by another connection, but not twice within a minute', async () => {
    const { desk, line, clock, openLine } = rig();
    const asked = (from: { sent: string[] }) => from.sent.splice(0).filter((text) => text.includes('CN=1012')).length;
    const again = (qn: string, by: Parameters<Desk['take']>[1]) => desk.take({ ...real, qn }, by);
    again('1'.repeat(17), line);
    desk.take(replyTo(line.sent[1] ?? '', '9012', [[['ExeRtn', '1']]]), line);
    expect(asked(line)).toBe(1);
    again('2'.repeat(17), line);
    expect(asked(line)).toBe(0);
    const other = openLine();
    again('3'.repeat(17), other);
    expect(asked(other)).toBe(0);
    await clock.advance(61_000);
    const third = openLine();
    again('4'.repeat(17), third);
    expect(asked(third)).toBe(1);
    await clock.advance(86_400_000);
    third.sent.length = 0;
    again('5'.repeat(17), third);
    expect(asked(third)).toBe(1);
  });

  test('that an instrument asks for is noticed and set', async () => {
    const { desk, line, clock } = rig();
    desk.take(real, line);
    await clock.advance(120_000);
    line.sent.length = 0;
    desk.take({ ...real, cn: '1013', cp: [] }, line);
    expect(line.answers()).toEqual(['9013 4', '1012 5']);
  });

  test('that the gateway does not know itself is set nowhere', () => {
    const { desk, line, clock } = rig();
    clock.trusted = 'unknown';
    desk.take(real, line);
    expect(line.answers()).toEqual(['9014 4']);
  });

  test('is not asked for on a line that has closed', async () => {
    const { desk, line, clock } = rig();
    desk.take(real, line);
    line.isOpen = false;
    line.sent.length = 0;
    await clock.advance(120_000);
    expect(line.sent).toEqual([]);
    expect(desk.standingOf(makeDevice()).isConnected).toBe(false);
  });

  test('no timer outlives the link', async () => {
    const { desk, line, clock } = rig();
    desk.take(real, line);
    line.sent.length = 0;
    desk[Symbol.dispose]();
    await clock.advance(120_000);
    expect(line.sent).toEqual([]);
  });
});

describe("an instrument's own clock", () => {
  /** What it says after uploads whose DataTime, and the line, are so many seconds after the first. */
  async function clocksAfter(
    tellings: readonly (readonly [dataTime: number, line: number])[],
    options = {},
    cn = '2011',
  ) {
    const { desk, clock, line } = openDesk(options);
    const zone = openZone('Asia/Shanghai');
    const first = Date.parse('2026-07-15T22:10:00+08:00');
    let at = 0;
    for (const [dataTime, seconds] of tellings) {
      await clock.advance((seconds - at) * 1000);
      at = seconds;
      const time = encodeQn(first + dataTime * 1000, zone).slice(0, 14);
      desk.take({ ...bare, cn, cp: [[['DataTime', time]], [['LA-Rtd', '50.1']]] }, line);
    }
    return desk.deviceClocks().map((told) => [told.device, (told.at - first) / 1000, told.agoMs]);
  }

  test.each<[says: string, tellings: [number, number][], told: unknown[]]>([
    ['one telling is none: it may have been kept', [[0, 0]], []],
    [
      'two that went as the line did',
      [
        [0, 0],
        [60, 60],
      ],
      [['d', 60, 0]],
    ],
    [
      'a second too many or too few is rounding',
      [
        [0, 0],
        [31, 30],
        [59, 60],
      ],
      [['d', 59, 0]],
    ],
    [
      'what was kept comes faster than it was measured',
      [
        [0, 0],
        [60, 1],
        [120, 2],
        [180, 3],
      ],
      [],
    ],
    [
      'after it the clock counts from its second telling',
      [
        [0, 0],
        [60, 1],
        [120, 2],
        [180, 62],
      ],
      [['d', 180, 0]],
    ],
    [
      'a clock that stands still',
      [
        [0, 0],
        [0, 4],
        [0, 8],
        [0, 12],
        [0, 30],
        [0, 60],
      ],
      [],
    ],
    ['one that tells each second', Array.from({ length: 12 }, (_, i) => [i, i] as [number, number]), [['d', 10, 1000]]],
    [
      'one that was moved is as one that has told nothing',
      [
        [0, 0],
        [60, 60],
        [9999, 120],
      ],
      [],
    ],
  ])('%s', async (_says, tellings, told) => {
    expect(await clocksAfter(tellings)).toEqual(told);
  });

  test('is not heard where the gateway sets it, nor from means of a period', async () => {
    expect(
      await clocksAfter(
        [
          [0, 0],
          [60, 60],
        ],
        { timeSet: true },
      ),
    ).toEqual([]);
    expect(
      await clocksAfter(
        [
          [0, 0],
          [60, 60],
        ],
        {},
        '2051',
      ),
    ).toEqual([]);
  });
});

describe('a clock that is off', () => {
  const HOUR_MS = 3_600_000;
  const zone = openZone('Asia/Shanghai');

  /** An instrument that sends every 30 s with a clock so far off, and answers a time set as it is told to. */
  function rig(options: Partial<DeskOptions> = {}) {
    const open = openDesk({ timeSet: true, ...options });
    const { desk, clock, line } = open;
    const instrument = {
      offMs: -8 * HOUR_MS,
      answer: undefined as readonly [cn: string, name: string, code: string] | undefined,
      asked: 0,
      line,
    };
    let number = 0;
    const run = async (ms: number) => {
      for (const end = clock.tick() + ms; clock.tick() < end; await clock.advance(30_000)) {
        const time = encodeQn(clock.now() + instrument.offMs, zone);
        desk.take(
          { ...real, qn: String(number++).padStart(17, '0'), cp: [[['DataTime', time]], [['LA-Rtd', '50.1']]] },
          instrument.line,
        );
        for (const text of instrument.line.sent.splice(0)) {
          if (!text.includes('CN=1012')) continue;
          instrument.asked++;
          const { answer } = instrument;
          if (answer === undefined) continue;
          const cp = [[[answer[1], answer[2]]]] as const;
          desk.take(
            { ...(parseFrame(Buffer.from(text), 'lenient') as Frame), ...{ st: '91', cn: answer[0], flag: 4, cp } },
            instrument.line,
          );
          if (answer[0] === '9012' && answer[2] === '1') instrument.offMs = 0;
        }
      }
    };
    return { ...open, run, instrument, off: () => desk.standingOf(makeDevice()).clock };
  }

  test.each<
    [
      says: string,
      options: Partial<DeskOptions>,
      answer: readonly [string, string, string] | undefined,
      set: unknown,
      sets: number,
    ]
  >([
    ['refuses to be set', {}, ['9011', 'QnRtn', '2'], 'refused', 4],
    ['fails to be set', {}, ['9012', 'ExeRtn', '2'], 'failed', 4],
    ['says nothing to it', {}, undefined, 'unanswered', 16],
    ['is not set by the gateway', { timeSet: false }, undefined, 'not-set', 0],
  ])(
    'one that %s: it is told with that, once in the log, and tried again each hour',
    async (_says, options, answer, set, sets) => {
      const { run, off, instrument, logged, told, desk } = rig(options);
      instrument.answer = answer;
      await run(2.5 * HOUR_MS);
      expect(off()).toEqual({ offMs: -8 * HOUR_MS, set });
      expect(logged).toEqual(["hj212: an instrument's clock is 8h behind: its values come too late for the rules"]);
      expect(told).toEqual([{ device: 'd', offMs: -8 * HOUR_MS, timeSet: set }]);
      // At the connection, when it is found to be off, and an hour and two hours later; four tries where nothing comes.
      expect([instrument.asked, desk.counts.clocksOff]).toEqual([sets, 1]);
    },
  );

  test('one that is set is right, and that is told', async () => {
    const { run, off, instrument, logged, desk } = rig();
    await run(90_000);
    expect(off()?.offMs).toBe(-8 * HOUR_MS);
    instrument.answer = ['9012', 'ExeRtn', '1'];
    await run(2 * HOUR_MS);
    expect(off()).toBe(undefined);
    expect(logged.at(-1)).toBe("hj212: an instrument's clock is right again");
    expect(desk.counts.timeSets).toBe(1);
  });

  test('one that says it was set and is off all the same', async () => {
    const { run, off, instrument } = rig();
    instrument.answer = ['9012', 'ExeRtn', '1'];
    await run(30_000);
    instrument.offMs = 2 * HOUR_MS;
    await run(90_000);
    expect(off()).toEqual({ offMs: 2 * HOUR_MS, set: 'done' });
  });

  test('one that only later cannot be set: the log has that once too', async () => {
    const { run, instrument, logged } = rig();
    instrument.answer = ['9012', 'ExeRtn', '1'];
    await run(30_000);
    instrument.offMs = -HOUR_MS;
    instrument.answer = ['9011', 'QnRtn', '2'];
    await run(4 * HOUR_MS);
    expect(logged).toEqual([
      "hj212: an instrument's clock is 1h behind: its values come too late for the rules",
      'hj212: an instrument whose clock is off cannot be set',
    ]);
  });

  test('one that is off now and then is in the log once an hour, and counted', async () => {
    const { run, off, instrument, logged, desk } = rig({ timeSet: false });
    for (let n = 0; n < 10; n++) {
      instrument.offMs = -HOUR_MS;
      await run(120_000);
      expect(off()?.offMs).toBe(-HOUR_MS);
      instrument.offMs = 0;
      await run(120_000);
      expect(off()).toBe(undefined);
    }
    const once = [
      "hj212: an instrument's clock is 1h behind: its values come too late for the rules",
      "hj212: an instrument's clock is right again",
    ];
    expect([logged, desk.counts.clocksOff]).toEqual([once, 10]);
    await run(HOUR_MS);
    instrument.offMs = -HOUR_MS;
    await run(120_000);
    expect(logged).toHaveLength(3);
  });

  test('is nothing that a gateway speaks of that does not know the time', async () => {
    const { run, off, clock, logged } = rig();
    clock.trusted = 'unknown';
    await run(HOUR_MS);
    expect([off(), logged]).toEqual([undefined, []]);
    clock.trusted = 'holding';
    await run(120_000);
    expect(off()?.offMs).toBe(-8 * HOUR_MS);
    clock.trusted = 'unknown';
    await run(30_000);
    expect(off()).toBe(undefined);
  });

  test('an instrument that sends a period has the time of its end: a minute that has just passed is right', async () => {
    const points = [makePoint('Leq-Avg', { source: { factor: 'Leq-Avg' }, everyMs: 60_000 })];
    const { desk, clock, line } = openDesk({}, [makeDevice('d', {}, points)]);
    const tell = async (offMs: number) => {
      for (let n = 0; n < 5; n++) {
        const time = encodeQn(clock.now() - 60_000 + offMs, zone).slice(0, 14);
        desk.take({ ...bare, cn: '2051', cp: [[['DataTime', time]], [['Leq-Avg', '50.1']]] }, line);
        await clock.advance(60_000);
      }
      return desk.standingOf(makeDevice()).clock?.offMs;
    };
    expect([await tell(-150_000), await tell(-190_000), await tell(0)]).toEqual([undefined, -190_000, undefined]);
    // From now on it is said to send every ten minutes, and may be as late as three times that.
    desk.change([
      makeDevice(
        'd',
        {},
        points.map((point) => ({ ...point, everyMs: 600_000 })),
      ),
    ]);
    expect(await tell(-900_000)).toBe(undefined);
  });
});
