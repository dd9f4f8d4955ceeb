import { describe, expect, test } from 'vitest';
import { type Action, action } from '../../../gateway/alarms/action.ts';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import { AlarmBook } from '../../../gateway/alarms/alarm-book.ts';
import type { EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import { ALARM_TYPE, type AlarmData } from '../../../gateway/alarms/alarm-event.ts';
import { paced, type ResponsePlan } from '../../../gateway/alarms/response-plan.ts';
import type { Finding, Watch } from '../../../gateway/rules/finding.ts';

const MIN = 60_000;
const each = (minutes: number) => ({
  blue: minutes * MIN,
  yellow: minutes * MIN,
  orange: minutes * MIN,
  red: minutes * MIN,
});
const planOf = (more: Partial<ResponsePlan> = {}): ResponsePlan => ({
  id: 'full',
  title: { zh: '全', en: 'Full' },
  steps: {
    acknowledge: each(5),
    dispatch: each(5),
    accept: each(2),
    arrive: each(15),
    resolve: each(60),
    verify: each(30),
  },
  escalate: { everyMs: 5 * MIN, tiers: 3 },
  followsWithinMs: 60 * MIN,
  pauseAtMostMs: 120 * MIN,
  ...more,
});

const watchOf = (respond?: string): Watch => ({
  key: 'r@d/p',
  rule: 'r',
  device: 'd',
  deviceName: '设备',
  point: 'p',
  quantity: 'water.depth',
  unit: 'cm',
  scene: 'underpass',
  place: { grid: 'JS-07', at: null },
  title: { zh: '积水', en: 'Water' },
  basis: null,
  legalLimit: null,
  permitKind: null,
  measure: 'value',
  ...(respond === undefined ? {} : { respond }),
});

/** A book with its clock in minutes, and what it tells as `12 arrived`. */
function bookOf(
  plan: ResponsePlan | null,
  more: { readonly respond?: string | undefined; readonly book?: AlarmBook } = {},
) {
  const plans = { current: plan };
  let ids = 0;
  const watch = watchOf(plan === null ? undefined : plan.id);
  const context = {
    newId: () => `a${++ids}`,
    encodeTime: (at: number) => String(at / MIN),
    trust: () => 'synchronised' as const,
    tickOf: (at: number) => at,
    atOf: (tick: number) => tick,
    plan: (name: string) => (plans.current?.id === name ? plans.current : null),
  };
  const book = more.book ?? new AlarmBook(context);
  const told: string[] = [];
  const data: AlarmData[] = [];
  const alarms: Alarm[] = [];
  const take = (step: { readonly alarms: readonly Alarm[]; readonly events: readonly EntryDraft<object>[] }) => {
    alarms.push(...step.alarms);
    for (const event of step.events) {
      if (!event.type.startsWith(ALARM_TYPE)) continue;
      const body = event.data as AlarmData;
      data.push(body);
      const { response, reason } = body;
      const late = response?.late == null ? [] : [`${response.late} ${response.tier}`];
      told.push(
        [event.time, event.type.slice(ALARM_TYPE.length), reason, ...late].filter((part) => part !== null).join(' '),
      );
    }
  };
  const finding = (answer: Finding['answer'], minute: number) => {
    take(book.advance(minute * MIN));
    take(
      book.take({
        ...{ watch, at: minute * MIN, answer, code: null, reason: null, value: 20, limit: 15, coverage: null },
        ...{ window: null, permit: null },
      }),
    );
  };
  const act = (asked: object, minute: number): string => {
    take(book.advance(minute * MIN));
    const { receipt, step } = book.act(action.parse({ alarm: 'r@d/p', by: 'Li', ...asked }) as Action, minute * MIN);
    take(step);
    return receipt.status === 'refused' ? receipt.code : receipt.status;
  };
  const advance = (minute: number) => take(book.advance(minute * MIN));
  const waits = () => {
    const response = data.at(-1)?.response;
    return `${response?.waitsFor ?? 'nothing'} by ${response?.due ?? 'no time'}`;
  };
  return { book, told, data, alarms, finding, act, advance, waits, plans, context, open: () => book.open[0] };
}
type Driven = ReturnType<typeof bookOf>;

/** How each stage is come to. */
const STAGES: Readonly<Record<string, readonly object[]>> = {
  waiting: [{ kind: 'acknowledge' }],
  dispatched: [{ kind: 'acknowledge' }, { kind: 'dispatch', to: '排水班' }],
  accepted: [{ kind: 'dispatch', to: '排水班' }, { kind: 'accept' }],
  refused: [
    { kind: 'dispatch', to: '排水班' },
    { kind: 'refuse', note: '人手不足' },
  ],
  arrived: [{ kind: 'dispatch', to: '排水班' }, { kind: 'arrive' }],
  resolved: [{ kind: 'dispatch', to: '排水班' }, { kind: 'arrive' }, { kind: 'resolve' }],
  verified: [{ kind: 'dispatch', to: '排水班' }, { kind: 'resolve' }, { kind: 'verify', passed: true }],
};

const ACTIONS: Readonly<Record<string, object>> = {
  'dispatch to the same': { kind: 'dispatch', to: '排水班' },
  'dispatch to others': { kind: 'dispatch', to: '夜巡队' },
  accept: { kind: 'accept' },
  refuse: { kind: 'refuse', note: '人手不足' },
  arrive: { kind: 'arrive', at: [120.7, 30.7], photo: 'p1.jpg' },
  resolve: { kind: 'resolve' },
  'verify, passed': { kind: 'verify', passed: true },
  'verify, failed': { kind: 'verify', passed: false },
  verdict: { kind: 'verdict', verdict: 'true' },
  pause: { kind: 'pause', note: '等配件', forMs: 10 * MIN },
  resume: { kind: 'resume' },
};

/** Every stage with every action: the answer, and what is waited for after it. Columns as in STAGES. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  'dispatch to the same': [
    'done accept',
    'unchanged',
    'done accept',
    'done accept',
    'done accept',
    'done accept',
    'done accept',
  ],
  'dispatch to others': [
    'done accept',
    'done accept',
    'done accept',
    'done accept',
    'done accept',
    'done accept',
    'done accept',
  ],
  accept: ['wrong-step', 'done arrive', 'unchanged', 'wrong-step', 'wrong-step', 'wrong-step', 'wrong-step'],
  refuse: ['wrong-step', 'done dispatch', 'done dispatch', 'unchanged', 'wrong-step', 'wrong-step', 'wrong-step'],
  arrive: ['wrong-step', 'done resolve', 'done resolve', 'wrong-step', 'unchanged', 'wrong-step', 'wrong-step'],
  resolve: ['wrong-step', 'done verify', 'done verify', 'done verify', 'done verify', 'unchanged', 'wrong-step'],
  'verify, passed': ['wrong-step', 'wrong-step', 'wrong-step', 'wrong-step', 'wrong-step', 'done null', 'unchanged'],
  'verify, failed': [
    'wrong-step',
    'wrong-step',
    'wrong-step',
    'wrong-step',
    'wrong-step',
    'done resolve',
    'wrong-step',
  ],
  verdict: ['done dispatch', 'done accept', 'done arrive', 'done dispatch', 'done resolve', 'done verify', 'done null'],
  pause: ['done dispatch', 'done accept', 'done arrive', 'done dispatch', 'done resolve', 'done verify', 'wrong-step'],
  resume: ['unchanged', 'unchanged', 'unchanged', 'unchanged', 'unchanged', 'unchanged', 'unchanged'],
};

const comeTo = (driven: Driven, stage: string) => {
  driven.finding('orange', 0);
  for (const asked of STAGES[stage] ?? []) expect(driven.act({ ...asked }, 1)).toBe('done');
  driven.act({ kind: 'acknowledge' }, 1);
};

describe.each(Object.keys(STAGES).map((stage, column) => [stage, column] as const))(
  'a response that is %s',
  (stage, column) => {
    test.each(Object.keys(TABLE).map((name) => [name, TABLE[name]?.[column] ?? ''] as const))(
      '%s: %s',
      (name, expected) => {
        const driven = bookOf(planOf());
        comeTo(driven, stage);
        const before = driven.told.length;
        const answer = driven.act({ ...ACTIONS[name] }, 2);
        const waits = driven.told.length === before ? '' : ` ${driven.data.at(-1)?.response?.waitsFor ?? null}`;
        expect(`${answer}${waits}`).toBe(expected);
      },
    );
  },
);

test('every action of the response is in the table', () => {
  const kinds = new Set(Object.values(ACTIONS).map((asked) => ('kind' in asked ? asked.kind : '')));
  expect([...kinds].sort()).toEqual([
    'accept',
    'arrive',
    'dispatch',
    'pause',
    'refuse',
    'resolve',
    'resume',
    'verdict',
    'verify',
  ]);
});

test('each step has its time from the step before it', () => {
  const driven = bookOf(planOf());
  const waits: string[] = [];
  const after = (asked: object | null, minute: number) => {
    if (asked === null) driven.finding('orange', minute);
    else driven.act(asked, minute);
    waits.push(driven.waits());
  };
  after(null, 0);
  after({ kind: 'acknowledge' }, 2);
  after({ kind: 'dispatch', to: '排水班' }, 4);
  after({ kind: 'accept' }, 5);
  after({ kind: 'arrive' }, 10);
  after({ kind: 'resolve' }, 20);
  after({ kind: 'verify', passed: false }, 30);
  after({ kind: 'resolve' }, 40);
  after({ kind: 'verify', passed: true }, 50);
  expect(waits).toEqual([
    ...['acknowledge by 5', 'dispatch by 7', 'accept by 6', 'arrive by 20', 'resolve by 70', 'verify by 50'],
    ...['resolve by 90', 'verify by 70', 'nothing by no time'],
  ]);
  driven.finding('normal', 60);
  expect(driven.told.slice(-2)).toEqual(['60 returned', '60 closed']);
});

test('a step that is late goes from tier to tier, until the last was told', () => {
  const driven = bookOf(planOf());
  driven.finding('red', 0);
  driven.advance(60);
  expect(driven.told).toEqual(['0 raised', '5 escalated acknowledge 2', '10 escalated acknowledge 3']);
  expect(driven.act({ kind: 'acknowledge' }, 61)).toBe('done');
  driven.advance(67);
  // The next step begins with the first tier again.
  expect(driven.told.slice(3)).toEqual(['61 acknowledged', '66 escalated dispatch 2']);
});

test('an alarm is waited for as its level says; a level that rises is to be acknowledged anew', () => {
  const plan = planOf({
    steps: { acknowledge: each(5), dispatch: { red: 10 * MIN }, arrive: { orange: 30 * MIN, red: 10 * MIN } },
  });
  const driven = bookOf(plan);
  driven.finding('yellow', 0);
  driven.act({ kind: 'acknowledge' }, 1);
  expect(driven.waits()).toBe('dispatch by no time');
  driven.finding('orange', 60);
  expect(driven.waits()).toBe('acknowledge by 65');
  driven.advance(66);
  expect(driven.told.at(-1)).toBe('65 escalated acknowledge 2');
  driven.act({ kind: 'acknowledge' }, 67);
  driven.act({ kind: 'dispatch', to: '夜巡队' }, 70);
  expect(driven.waits()).toBe('arrive by 100');
  // While they are on their way it rises: less time for them, and somebody has to see it.
  driven.finding('red', 72);
  expect(driven.waits()).toBe('acknowledge by 77');
  driven.act({ kind: 'acknowledge' }, 73);
  expect(driven.waits()).toBe('arrive by 82');
  driven.finding('yellow', 75);
  expect(driven.waits()).toBe('arrive by 82');
});

test('it closes when it is normal, acknowledged and resolved, whichever comes last', () => {
  for (const order of ['normal last', 'resolved last', 'acknowledged last']) {
    const driven = bookOf(planOf({ steps: { acknowledge: each(5), arrive: each(15) } }));
    driven.finding('orange', 0);
    driven.act({ kind: 'dispatch', to: '排水班' }, 1);
    if (order !== 'acknowledged last') driven.act({ kind: 'acknowledge' }, 1);
    if (order !== 'normal last') driven.finding('normal', 2);
    if (order !== 'resolved last') driven.act({ kind: 'resolve' }, 3);
    expect(driven.told.filter((line) => line.includes('closed'))).toEqual([]);
    if (order === 'normal last') driven.finding('normal', 4);
    if (order === 'resolved last') driven.act({ kind: 'resolve' }, 4);
    if (order === 'acknowledged last') driven.act({ kind: 'acknowledge' }, 4);
    expect([order, driven.told.at(-1)]).toEqual([order, '4 closed']);
  }
});

test('a plan of acknowledging alone waits for nothing else; what was never dispatched closes as ever', () => {
  const driven = bookOf(planOf({ steps: { acknowledge: each(5) } }));
  driven.finding('orange', 0);
  driven.act({ kind: 'acknowledge' }, 1);
  expect(driven.waits()).toBe('nothing by no time');
  driven.finding('normal', 2);
  expect(driven.told.at(-1)).toBe('2 closed');
});

test('without a plan nothing is late, and yet somebody can be sent', () => {
  const driven = bookOf(null);
  driven.finding('orange', 0);
  expect(driven.data.at(-1)?.response).toBeNull();
  driven.act({ kind: 'dispatch', to: '夜巡队' }, 1);
  expect(driven.data.at(-1)?.response).toMatchObject({ plan: 'none', waitsFor: 'resolve', to: '夜巡队', due: null });
  driven.act({ kind: 'acknowledge' }, 2);
  driven.finding('normal', 3);
  driven.advance(10_000);
  expect(driven.told.at(-1)).toBe('3 returned');
  driven.act({ kind: 'resolve' }, 10_001);
  expect(driven.told.at(-1)).toBe('10001 closed');
});

test('a pause stops the clock, ends by itself, and is bounded', () => {
  const driven = bookOf(planOf());
  driven.finding('orange', 0);
  expect(driven.act({ kind: 'pause', note: '停电', forMs: 500 * MIN }, 1)).toBe('too-long');
  expect(driven.act({ kind: 'pause', note: '停电', forMs: 100 * MIN }, 2)).toBe('done');
  driven.advance(103);
  expect(driven.waits()).toBe('acknowledge by 105');
  driven.advance(110);
  expect(driven.told).toEqual([
    '0 raised',
    '2 noted paused',
    '102 noted resumed',
    '105 escalated acknowledge 2',
    '110 escalated acknowledge 3',
  ]);
});

test('a pause can be ended before its time', () => {
  const driven = bookOf(planOf());
  driven.finding('orange', 0);
  driven.act({ kind: 'pause', note: '停电', forMs: 100 * MIN }, 2);
  expect(driven.act({ kind: 'resume' }, 12)).toBe('done');
  expect(driven.waits()).toBe('acknowledge by 15');
});

test('an alarm that follows one too soon begins a tier higher, and names it', () => {
  for (const [gap, tier] of [
    [30, 2],
    [90, 1],
  ] as const) {
    const driven = bookOf(planOf({ steps: { acknowledge: each(5) } }));
    driven.finding('orange', 0);
    driven.act({ kind: 'acknowledge' }, 1);
    driven.finding('normal', 2);
    driven.finding('orange', 2 + gap);
    expect(driven.data.at(-1)).toMatchObject({ follows: 'a1', response: { tier } });
    driven.advance(2 + gap + 5);
    expect(driven.data.at(-1)?.response?.tier).toBe(tier + 1);
  }
});

test('what came back after it was resolved begins from the first step', () => {
  const driven = bookOf(planOf({ steps: { acknowledge: each(5), arrive: each(15) } }));
  driven.finding('orange', 0);
  driven.act({ kind: 'dispatch', to: '排水班' }, 1);
  driven.act({ kind: 'resolve' }, 2);
  driven.finding('normal', 3);
  driven.finding('orange', 4);
  expect(driven.data.at(-1)).toMatchObject({ again: true, response: { to: null, waitsFor: 'acknowledge', due: '9' } });
});

test('a verdict is told once', () => {
  const driven = bookOf(planOf());
  driven.finding('orange', 0);
  expect(driven.act({ kind: 'verdict', verdict: 'false', note: '落叶' }, 1)).toBe('done');
  expect(driven.act({ kind: 'verdict', verdict: 'false' }, 2)).toBe('unchanged');
  expect(driven.data.at(-1)).toMatchObject({ verdict: 'false', note: '落叶' });
});

test('a place and a picture go with an arrival', () => {
  const driven = bookOf(planOf());
  comeTo(driven, 'dispatched');
  driven.act({ kind: 'arrive', note: '已封闭', at: [120.7551, 30.7466], photo: 'a.jpg' }, 3);
  expect(driven.data.at(-1)?.note).toBe('已封闭 @120.7551,30.7466 #a.jpg');
});

test('in emergency response people have less time', () => {
  const plan = paced(planOf(), 0.5);
  expect(plan.steps.arrive?.red).toBe(7.5 * MIN);
  expect(plan.escalate.everyMs).toBe(2.5 * MIN);
});

test('a restart at any minute tells what an unbroken run tells, at the same times, once each', () => {
  const run = (restartAt: readonly number[]): readonly string[] => {
    let driven = bookOf(planOf());
    const told: string[] = [];
    const story: readonly (readonly [number, (each: Driven) => void])[] = [
      [0, (each) => each.finding('yellow', 0)],
      [7, (each) => each.act({ kind: 'acknowledge' }, 7)],
      [11, (each) => each.act({ kind: 'pause', note: '停电', forMs: 6 * MIN }, 11)],
      [20, (each) => each.finding('red', 20)],
      [28, (each) => each.act({ kind: 'acknowledge' }, 28)],
      [31, (each) => each.act({ kind: 'dispatch', to: '排水班' }, 31)],
      [50, (each) => each.act({ kind: 'arrive' }, 50)],
      [130, (each) => each.act({ kind: 'resolve' }, 130)],
    ];
    for (let minute = 0; minute <= 200; minute++) {
      if (restartAt.includes(minute)) {
        const stored = JSON.parse(JSON.stringify(driven.book.open)) as Alarm[];
        told.push(...driven.told);
        const next = bookOf(planOf());
        next.book.restore(stored, []);
        driven = next;
      }
      // Off for some minutes: what is due meanwhile is told with its own time.
      if (minute % 4 === 0) driven.advance(minute);
      for (const [at, step] of story) if (at === minute) step(driven);
    }
    return [...told, ...driven.told];
  };
  const whole = run([]);
  expect(whole.filter((line) => line.includes('escalated')).length).toBeGreaterThan(6);
  for (let minute = 1; minute < 200; minute += 3) expect(run([minute])).toEqual(whole);
  expect(run([2, 6, 12, 22, 30, 40, 66, 70, 140])).toEqual(whole);
});

test('stored times are moved to the line of the next run', () => {
  const driven = bookOf(planOf());
  driven.finding('orange', 0);
  const next = bookOf(planOf());
  next.book.restore(JSON.parse(JSON.stringify(driven.book.open)) as Alarm[], [], 1000 * MIN);
  expect(next.book.nextDue()).toBe(1005 * MIN);
});
