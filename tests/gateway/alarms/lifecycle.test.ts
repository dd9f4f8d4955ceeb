import { describe, expect, test } from 'vitest';
import { stateOf } from '../../../gateway/alarms/alarm.ts';
import { AlarmBook } from '../../../gateway/alarms/alarm-book.ts';
import { ALARM_TYPE } from '../../../gateway/alarms/alarm-event.ts';
import type { Step } from '../../../gateway/alarms/step.ts';
import type { Finding, Watch } from '../../../gateway/rules/finding.ts';

const WATCH: Watch = {
  key: 'r@d/p',
  rule: 'r',
  device: 'd',
  deviceName: '设备',
  point: 'p',
  quantity: 'noise.la',
  unit: 'dB(A)',
  scene: 'construction',
  place: { grid: 'JS-03', at: null },
  title: { zh: '噪声', en: 'Noise' },
  basis: 'GB 12523—2011',
  legalLimit: 55,
  permitKind: null,
  measure: 'leq 20min',
};

const finding = (answer: Finding['answer'], more: Partial<Finding> = {}): Finding => ({
  watch: WATCH,
  at: 1000,
  answer,
  code: null,
  reason: null,
  value: 65.00349,
  limit: 65,
  coverage: 1,
  window: { name: 'night', date: '2026-07-15' },
  permit: null,
  ...more,
});

const open = () => {
  let ids = 0;
  return new AlarmBook({
    newId: () => `a${++ids}`,
    encodeTime: (at) => new Date(at).toISOString(),
    trust: () => 'synchronised',
    tickOf: (at) => at,
    atOf: (tick) => tick,
  });
};

const acknowledge = (book: AlarmBook) =>
  book.act({ kind: 'acknowledge', alarm: 'r@d/p', by: 'Li', note: '已看' }, 2000).step;

/** How each state is come to. */
const STATES: Readonly<Record<string, (book: AlarmBook) => void>> = {
  none: () => {},
  UNACK: (book) => void book.take(finding('orange')),
  ACKED: (book) => {
    book.take(finding('orange'));
    acknowledge(book);
  },
  RTNUN: (book) => {
    book.take(finding('orange'));
    book.take(finding('normal'));
  },
};

const INPUTS: Readonly<Record<string, (book: AlarmBook) => Step>> = {
  'the same level': (book) => book.take(finding('orange')),
  'a higher level': (book) => book.take(finding('red')),
  'a lower level': (book) => book.take(finding('blue')),
  'another permit': (book) => book.take(finding('orange', { permit: { id: 'f', status: 'expired' } })),
  normal: (book) => book.take(finding('normal')),
  'not evaluable': (book) => book.take(finding('not-evaluable', { code: 'coverage' })),
  'not in force': (book) => book.take(finding('not-in-force', { reason: 'window-closed' })),
  'a level in a new opening': (book) => book.take(finding('orange', { window: { name: 'night', date: '2026-07-16' } })),
  acknowledge,
  note: (book) => book.act({ kind: 'note', alarm: 'r@d/p', by: 'Li', note: '已派人' }, 2000).step,
};

/** Every state with every input: the events, and the state after it. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  none: {
    'the same level': 'raised → UNACK',
    'a higher level': 'raised → UNACK',
    'a lower level': 'raised → UNACK',
    'another permit': 'raised → UNACK',
    normal: '→ none',
    'not evaluable': '→ none',
    'not in force': '→ none',
    'a level in a new opening': 'raised → UNACK',
    acknowledge: '→ none',
    note: '→ none',
  },
  UNACK: {
    'the same level': '→ UNACK',
    'a higher level': 'level-changed → UNACK',
    'a lower level': 'level-changed → UNACK',
    'another permit': 'level-changed → UNACK',
    normal: 'returned → RTNUN',
    'not evaluable': '→ UNACK',
    'not in force': 'returned → RTNUN',
    // An opening that closes returns the alarm first: while it is active the same alarm goes on.
    'a level in a new opening': '→ UNACK',
    acknowledge: 'acknowledged → ACKED',
    note: 'noted → UNACK',
  },
  ACKED: {
    'the same level': '→ ACKED',
    'a higher level': 'level-changed → UNACK',
    'a lower level': 'level-changed → ACKED',
    'another permit': 'level-changed → ACKED',
    normal: 'returned closed → none',
    'not evaluable': '→ ACKED',
    'not in force': 'returned closed → none',
    'a level in a new opening': '→ ACKED',
    acknowledge: '→ ACKED',
    note: 'noted → ACKED',
  },
  RTNUN: {
    'the same level': 'raised → UNACK',
    'a higher level': 'raised → UNACK',
    'a lower level': 'raised → UNACK',
    'another permit': 'raised → UNACK',
    normal: '→ RTNUN',
    'not evaluable': '→ RTNUN',
    'not in force': '→ RTNUN',
    'a level in a new opening': 'closed raised → UNACK',
    acknowledge: 'acknowledged closed → none',
    note: 'noted → RTNUN',
  },
};

describe.each(Object.entries(STATES))('%s', (state, arrive) => {
  test.each(Object.entries(INPUTS))('%s', (input, give) => {
    const book = open();
    arrive(book);
    const step = give(book);
    const events = step.events.map(({ type }) => type.slice(ALARM_TYPE.length));
    const alarm = book.find('r@d/p');
    const after = alarm === null ? 'none' : stateOf(alarm);
    expect([...events, '→', after].join(' ')).toBe(TABLE[state]?.[input]);
  });
});

describe('what events carry', () => {
  test('level, value, limit and the excess over the legal limit, in thousandths', () => {
    const [event] = open().take(finding('red')).events;
    expect(event).toMatchObject({
      type: 'city.gengfu.alarm.raised',
      subject: 'd/p/r',
      time: '1970-01-01T00:00:01.000Z',
      data: {
        level: 'red',
        previousLevel: null,
        value: 65.003,
        limit: 65,
        legalLimit: 55,
        excess: 10.003,
        again: false,
      },
    });
  });

  test('no field is missing, and none undefined', () => {
    const book = open();
    const events = [
      ...book.take(finding('red')).events,
      ...book.take(finding('normal')).events,
      ...acknowledge(book).events,
    ];
    const keys = events.map(({ data }) => Object.keys(data));
    for (const each of keys) expect(each).toEqual(keys[0]);
    for (const { data } of events) expect(Object.values(data)).not.toContain(undefined);
  });

  test('returned and closed have no level; returned names the one that was', () => {
    const book = open();
    book.take(finding('red'));
    acknowledge(book);
    const [returned, closed] = book.take(finding('normal')).events;
    expect(returned?.data).toMatchObject({ level: null, previousLevel: 'red', condition: 'normal' });
    expect(closed?.data).toMatchObject({ level: null, condition: 'normal', acknowledged: true });
  });

  test('who acknowledged, and what they said', () => {
    const book = open();
    book.take(finding('red'));
    expect(acknowledge(book).events[0]?.data).toMatchObject({
      by: 'Li',
      note: '已看',
      level: 'red',
      acknowledged: true,
    });
  });

  test('raised again is the same alarm, told with `again`', () => {
    const book = open();
    const first = book.take(finding('red')).alarms[0];
    book.take(finding('normal'));
    const again = book.take(finding('blue'));
    expect(again.events[0]?.data).toMatchObject({ alarm: first?.id, again: true, acknowledged: false });
  });

  test('a closed id never lives again: what comes later follows it', () => {
    const book = open();
    const first = book.take(finding('red')).alarms[0];
    acknowledge(book);
    book.take(finding('normal'));
    expect(book.take(finding('red')).events[0]?.data).toMatchObject({ alarm: 'a2', follows: first?.id, again: false });
  });

  test('superseded: the old one closes with that reason, unacknowledged as it is', () => {
    const book = open();
    book.take(finding('red'));
    book.take(finding('not-in-force', { reason: 'window-closed' }));
    const [closed, raised] = book.take(finding('red', { window: { name: 'night', date: '2026-07-16' } })).events;
    expect(closed?.data).toMatchObject({ reason: 'superseded', acknowledged: false, alarm: 'a1' });
    expect(raised?.data).toMatchObject({ alarm: 'a2', follows: 'a1' });
  });
});

describe('actions', () => {
  test('on an alarm that is not there are refused by name', () => {
    const { receipt } = open().act({ kind: 'acknowledge', alarm: 'nothing', by: 'Li' }, 0);
    expect(receipt).toMatchObject({ status: 'refused', code: 'no-such-alarm' });
  });

  test('a second acknowledgement changes nothing', () => {
    const book = open();
    STATES.ACKED?.(book);
    expect(book.act({ kind: 'acknowledge', alarm: 'a1', by: 'Wang' }, 3000).receipt.status).toBe('unchanged');
  });
});
