import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../../gateway/console/api.ts';
import { callLines } from '../../../gateway/console/called.ts';
import { lateSteps, nightOf, sumsOf } from '../../../gateway/console/night.ts';
import { lastNoon } from '../../../gateway/console/night-log.ts';
import { NIGHT } from './night.ts';

const MIN = 60_000;
let sequence = 0;

/** An entry so many minutes after the night's worst; `waits` in minutes too. */
function told(
  kind: string,
  minute: number,
  waits: { step: string; due?: number } | null = null,
  data: Partial<LogEntry['data']> & { late?: string } = {},
): LogEntry {
  const { late = null, ...rest } = data;
  sequence += 1;
  return {
    ...{ id: `g/${sequence}`, type: `city.gengfu.${kind}`, subject: 'water-02/depth/waterlogging' },
    ...{ time: new Date(NIGHT + minute * MIN).toISOString(), sequence: String(sequence) },
    data: {
      ...{ alarm: 'a', device: 'water-02', title: { zh: '积水', en: 'Water' }, level: 'orange', exercise: null },
      response: {
        ...{ plan: 'flood', waitsFor: waits?.step ?? null, to: null, tier: 1, late },
        due: waits?.due === undefined ? null : new Date(NIGHT + waits.due * MIN).toISOString(),
      },
      ...rest,
    },
  };
}

const raised = () => told('alarm.raised', 0, { step: 'acknowledge', due: 5 }, { again: false });
const seen = (minute: number) => told('alarm.acknowledged', minute, { step: 'dispatch' });

describe('a night of entries', () => {
  test('tells how long each step took, from what it followed, against its promise', () => {
    const [alarm] = nightOf([
      raised(),
      seen(2),
      told('alarm.dispatched', 3, { step: 'arrive', due: 18 }),
      told('alarm.arrived', 13.5, { step: 'resolve' }),
      told('alarm.resolved', 40),
      told('alarm.closed', 40),
    ]);
    const at = (minute: number) => NIGHT + minute * MIN;
    expect(alarm).toMatchObject({ isClosed: true, level: 'orange', raisedAt: NIGHT });
    expect(alarm?.runs).toEqual({
      acknowledge: [{ from: at(0), due: at(5), done: at(2), isLate: false }],
      dispatch: [{ from: at(2), due: null, done: at(3), isLate: false }],
      arrive: [{ from: at(3), due: at(18), done: at(13.5), isLate: false }],
      resolve: [{ from: at(13.5), due: null, done: at(40), isLate: false }],
    });
  });

  test('a rise is to be acknowledged anew, and the step under way keeps its beginning', () => {
    const [alarm] = nightOf([
      raised(),
      seen(1),
      told('alarm.dispatched', 3, { step: 'arrive', due: 18 }),
      told('alarm.level-changed', 6, { step: 'acknowledge', due: 11 }, { level: 'red', previousLevel: 'orange' }),
      told('alarm.acknowledged', 7, { step: 'arrive', due: 18 }, { level: 'red' }),
    ]);
    expect(alarm?.level).toBe('red');
    expect(alarm?.runs.acknowledge?.map(({ from, done }) => [from, done])).toEqual([
      [NIGHT, NIGHT + MIN],
      [NIGHT + 6 * MIN, NIGHT + 7 * MIN],
    ]);
    expect(alarm?.runs.arrive?.map(({ from }) => from)).toEqual([NIGHT + 3 * MIN]);
  });

  test('a step that was escalated is late by its own promise, not by that of the next tier', () => {
    const alarms = nightOf([
      raised(),
      told('alarm.escalated', 5, { step: 'acknowledge', due: 10 }, { late: 'acknowledge' }),
      seen(7),
    ]);
    const [late] = lateSteps(alarms, NIGHT + 20 * MIN);
    expect(late?.run).toEqual({ from: NIGHT, due: NIGHT + 5 * MIN, done: NIGHT + 7 * MIN, isLate: true });
  });

  test('what is over its time now is late, also before anybody was told; what was closed is not', () => {
    expect(lateSteps(nightOf([raised()]), NIGHT + 6 * MIN)).toHaveLength(1);
    expect(lateSteps(nightOf([raised()]), NIGHT + 4 * MIN)).toHaveLength(0);
    expect(lateSteps(nightOf([raised(), told('alarm.closed', 2)]), NIGHT + 6 * MIN)).toHaveLength(0);
  });

  test('a clock that stood still is promised for later', () => {
    const [alarm] = nightOf([raised(), told('alarm.noted', 2, { step: 'acknowledge', due: 35 })]);
    expect(alarm?.runs.acknowledge?.[0]?.due).toBe(NIGHT + 35 * MIN);
  });

  test('an alarm that was raised before the list begins is left out', () => {
    expect(nightOf([seen(1)])).toEqual([]);
  });

  test('sums: median, longest, and how many of those with a time were in it', () => {
    const of = (id: string, minute: number) =>
      [raised(), seen(minute)].map((entry) => ({ ...entry, data: { ...entry.data, alarm: id } }));
    const [sum] = sumsOf(nightOf([...of('a', 1), ...of('b', 2), ...of('c', 7)]));
    expect(sum).toEqual({
      ...{ step: 'acknowledge', done: 3, promised: 3, onTime: 2 },
      ...{ medianMs: 2 * MIN, longestMs: 7 * MIN },
    });
  });
});

test.each([
  ['in the night it is that of the day before', '2026-07-16T00:09:30+08:00', '2026-07-15T12:00:00+08:00'],
  ['in the morning too', '2026-07-16T11:59:59+08:00', '2026-07-15T12:00:00+08:00'],
  ['after noon that of the day', '2026-07-16T12:00:00+08:00', '2026-07-16T12:00:00+08:00'],
])('the last noon at the site: %s', (_sentence, now, noon) => {
  expect(lastNoon(Date.parse(now), 'Asia/Shanghai')).toBe(Date.parse(noon));
});

describe('who was called', () => {
  const zhou = { kind: 'person', id: 'zhou' } as const;
  const call = (state: string, minute: number, channel: string, code: string | null = null) =>
    told(`call.${state}`, minute, null, {
      entry: 9,
      to: zhou,
      channel,
      step: 'raised',
      tier: 1,
      repeated: false,
      code,
    });

  test('each channel that was tried, as it was told of last', () => {
    const lines = callLines(
      [call('failed', 0, 'sms', 'no-network'), call('sent', 1, 'call'), call('delivered', 2, 'call')],
      [],
    );
    expect(lines.map(({ channel, state, why }) => [channel, state, why])).toEqual([
      ['sms', 'failed', 'no-network'],
      ['call', 'delivered', ''],
    ]);
  });

  test('one that was given up since somebody had seen the alarm has not failed', () => {
    const [line] = callLines([call('failed', 0, 'call', 'cancelled')], []);
    expect([line?.state, line?.why]).toEqual(['cancelled', '']);
  });

  test('that there was nobody to call stands there too', () => {
    const nobody = { entry: 9, to: { kind: 'nobody', id: '' }, channel: '', step: 'raised', code: 'nobody' } as const;
    const [line] = callLines([told('call.failed', 0, null, nobody)], []);
    expect([line?.to.kind, line?.state, line?.why]).toEqual(['nobody', 'failed', 'nobody']);
  });

  test('what is under way stands at its end; what went out is in the log already', () => {
    const now = {
      ...{ sequence: 9, alarm: 'a', step: 'raised', to: zhou, tier: 1, urgent: false, channels: ['sms', 'call'] },
      ...{ channel: 1, tries: 2, repeated: true, wantedAt: NIGHT + MIN, notBefore: null, sentAt: null },
    };
    const lines = callLines(
      [call('failed', 0, 'sms')],
      [
        { ...now, state: 'sending' },
        { ...now, sequence: 8, state: 'sent' },
      ],
    );
    expect(lines.map(({ channel, state, repeated }) => [channel, state, repeated])).toEqual([
      ['sms', 'failed', false],
      ['call', 'sending', true],
    ]);
  });
});
