import { describe, expect, test } from 'vitest';
import { answerTo } from '../../../drivers/hj212/answers.ts';
import { encodeFrame, type Frame } from '../../../drivers/hj212/frame.ts';
import { Repeats } from '../../../drivers/hj212/repeats.ts';
import { stepTimeSet, type TimeSet, type TimeSetInput } from '../../../drivers/hj212/time-set.ts';
import { Uploads } from '../../../drivers/hj212/uploads.ts';
import { MN } from './site.ts';
import { vectorOf } from './vectors.ts';

const frame: Frame = vectorOf('std-c25-noise-realtime').says;

describe('an answer repeats the QN in the edition of what it answers', () => {
  test.each<[edition: string, flag: number, wanted: string]>([
    ['2017', 5, `QN=${frame.qn};ST=91;CN=9014;PW=123456;MN=${MN};Flag=4;CP=&&&&`],
    ['2025', 9, `QN=${frame.qn};ST=91;CN=9014;PW=123456;MN=${MN};Flag=8;CP=&&&&`],
    ['2005', 1, `ST=91;CN=9014;PW=123456;MN=${MN};Flag=0;CP=&&QN=${frame.qn}&&`],
  ])('%s', (_edition, flag, wanted) => {
    expect(
      encodeFrame(answerTo({ ...frame, flag }, '9014'))
        .toString()
        .slice(6, -6),
    ).toBe(wanted);
  });
  test('a 2005 frame without a QN has none to repeat', () => {
    const { qn: _, flag: __, ...bare } = frame;
    expect(answerTo(bare, '9022', [['Logon', '1']]).cp).toEqual([[['Logon', '1']]]);
  });
  test('the standard’s own 9014 comes out', () => {
    const { frame: bytes, says } = vectorOf('pub-9014-data-ack');
    expect(encodeFrame(answerTo({ ...says, flag: 5, cn: '2011', st: '23' }, '9014')).toString()).toBe(bytes);
  });
});

describe('packets are put together', () => {
  const [one, two] = [vectorOf('std-c50-packet-1-of-2').says, vectorOf('std-c50-packet-2-of-2').says];
  const whole = { frame: { ...one, cp: [...one.cp, ...two.cp] }, isWhole: true };
  const many = (of: number, from = 1, to = of, time = '20160801080000') =>
    Array.from(
      { length: to - from + 1 },
      (_, index): Frame => ({
        ...one,
        packet: { of, number: from + index },
        cp: [[['DataTime', time]]],
      }),
    );

  test('in order, in disorder, and again', () => {
    const uploads = new Uploads();
    expect(uploads.take(one, 0)).toEqual([]);
    expect(uploads.take(two, 10)).toEqual([whole]);
    expect(uploads.take(two, 20)).toEqual([]);
    expect(uploads.take(two, 25)).toEqual([]);
    expect(uploads.take(one, 30)).toEqual([whole]);
    expect(uploads.nextAt()).toBeUndefined();
  });
  test('a frame without packets, or of one packet, is whole', () => {
    const uploads = new Uploads();
    expect(uploads.take(frame, 0)).toEqual([{ frame, isWhole: true }]);
    const single = { ...frame, packet: { number: 1, of: 1 } };
    expect(uploads.take(single, 0)).toEqual([{ frame: single, isWhole: true }]);
  });
  test('of two times they are two uploads', () => {
    const uploads = new Uploads();
    const [early, late] = [many(2), many(2, 1, 2, '20160801090000')];
    const taken = [early[0], late[1], late[0], early[1]].map((each) => uploads.take(each as Frame, 0).length);
    expect(taken).toEqual([0, 0, 1, 1]);
  });
  test('what does not come is not waited for longer than a minute: the rest is given as it is', () => {
    const uploads = new Uploads();
    uploads.take(one, 1000);
    expect(uploads.nextAt()).toBe(61_000);
    expect(uploads.takeDue(60_999)).toEqual([]);
    expect(uploads.takeDue(61_000)).toEqual([{ frame: one, isWhole: false }]);
    expect(uploads.nextAt()).toBeUndefined();
  });
  test('more than 16 packets are not kept, of one upload or of many', () => {
    const uploads = new Uploads();
    const given = many(9999, 1, 400).flatMap((each) => uploads.take(each, 0));
    expect(given.every(({ isWhole }) => !isWhole)).toBe(true);
    expect(given.reduce((sum, { frame: { cp } }) => sum + cp.length, 0)).toBeGreaterThanOrEqual(400 - 16);
    for (let hour = 0; hour < 24; hour++) {
      uploads.take(many(2, 1, 1, `20160801${String(hour).padStart(2, '0')}0000`)[0] as Frame, 0);
    }
    expect(uploads.takeDue(60_000).length).toBeLessThanOrEqual(16);
  });
});

describe('a frame that is sent again', () => {
  const { qn: _, ...bare } = frame;
  test.each<[says: string, first: Frame, second: Frame, repeat: boolean]>([
    ['is known by its QN and all of its content', frame, { ...frame }, true],
    ['with another QN it is another', frame, { ...frame, qn: '20160801085857224' }, false],
    ['with the same QN and another content it is another', frame, { ...frame, cp: [[['LA-Rtd', '1']]] }, false],
    ['without a QN its DataTime tells', bare, { ...bare }, true],
    ['without both nothing tells', { ...bare, cp: [] }, { ...bare, cp: [] }, false],
  ])('%s', (_says, first, second, repeat) => {
    const repeats = new Repeats();
    expect(repeats.isRepeat(first)).toBe(false);
    expect(repeats.isRepeat(second)).toBe(repeat);
  });
  test('is forgotten after sixteen others', () => {
    const repeats = new Repeats();
    repeats.isRepeat(frame);
    for (let n = 0; n < 16; n++) repeats.isRepeat({ ...frame, qn: `201608010859000${10 + n}` });
    expect(repeats.isRepeat(frame)).toBe(false);
  });
});

describe('setting the time', () => {
  const reply = (cn: string, cp: Frame['cp'], qn = '1'.repeat(17)): TimeSetInput => ({
    kind: 'answer',
    frame: { ...frame, cn, cp, qn },
  });
  const asked: TimeSet = { phase: 'asked', qns: ['1'.repeat(17)], dueAt: 10_000 };
  const accepted: TimeSet = { ...asked, phase: 'accepted', dueAt: 15_000 };
  const four: TimeSet = { ...asked, qns: ['0', '1', '2', '3'] };
  const yes = reply('9011', [[['QnRtn', '1']]]);
  const no = reply('9011', [[['QnRtn', '3']]]);
  const done = reply('9012', [[['ExeRtn', '1']]]);
  const failed = reply('9012', [[['ExeRtn', '2']]]);
  test.each<[says: string, state: TimeSet | undefined, input: TimeSetInput, tick: number, wanted: object]>([
    [
      'it begins with a request',
      undefined,
      { kind: 'begin', qn: 'q' },
      0,
      { ask: 'q', state: { phase: 'asked', qns: ['q'], dueAt: 10_000 } },
    ],
    ['while one runs no other begins', asked, { kind: 'begin', qn: 'q' }, 0, { state: asked }],
    [
      'without an answer it is asked again, with the time as it is then',
      asked,
      { kind: 'due', qn: 'q' },
      10_000,
      { ask: 'q', state: { phase: 'asked', qns: [...asked.qns, 'q'], dueAt: 20_000 } },
    ],
    ['before its time nothing is due', asked, { kind: 'due', qn: 'q' }, 9999, { state: asked }],
    [
      'after three more tries it is given up',
      four,
      { kind: 'due', qn: 'q' },
      10_000,
      { state: undefined, outcome: 'unanswered' },
    ],
    ['9011 with 1: accepted', asked, yes, 5000, { state: accepted }],
    ['9011 with another: refused', asked, no, 5000, { state: undefined, outcome: 'refused' }],
    ['9012 with 1: done', accepted, done, 6000, { state: undefined, outcome: 'done' }],
    ['9012 with another: failed', accepted, failed, 6000, { state: undefined, outcome: 'failed' }],
    ['9012 without a 9011 will do', asked, done, 6000, { state: undefined, outcome: 'done' }],
    [
      'accepted and no result: given up',
      accepted,
      { kind: 'due', qn: 'q' },
      15_000,
      { state: undefined, outcome: 'unanswered' },
    ],
    ['an answer to another QN is none', asked, reply('9012', [[['ExeRtn', '1']]], '2'.repeat(17)), 0, { state: asked }],
    [
      'an answer to an earlier try is one',
      { ...asked, qns: ['1'.repeat(17), '3'] },
      done,
      0,
      { state: undefined, outcome: 'done' },
    ],
    [
      'of the 2005 edition the QN is in the CP',
      asked,
      reply('9012', [[['QN', '1'.repeat(17)]], [['ExeRtn', '1']]], '9'),
      0,
      { state: undefined, outcome: 'done' },
    ],
    ['another reply changes nothing', asked, reply('9013', []), 0, { state: asked }],
    ['an answer to nothing', undefined, done, 0, { state: undefined }],
    ['nothing is due of nothing', undefined, { kind: 'due', qn: 'q' }, 0, { state: undefined }],
  ])('%s', (_says, state, input, tick, wanted) => {
    expect(stepTimeSet(state, input, tick)).toEqual(wanted);
  });
});
