import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import type { AlarmEvent, EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import { NOTHING } from '../../../gateway/alarms/step.ts';
import type { HistoryReader } from '../../../gateway/history/history.ts';
import { Judge, type JudgedSite } from '../../../gateway/judge/judge.ts';
import { LiveJudge } from '../../../gateway/judge/live-judge.ts';
import { NextRules } from '../../../gateway/judge/next-rules.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import type { Ledger, LedgerBatch } from '../../../gateway/ledger/ledger.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { FakeLedger } from '../../tools/fake-ledger.ts';
import { aPoint, aSite, NIGHT, told } from '../../tools/judged.ts';

/** A log and its rules in memory, and everything that was read. */
class Disk {
  readonly events: EntryDraft[] = [];
  readonly rules = new Map<string, object>();
  readonly readings: Reading[] = [];
  readonly ledger: Ledger;
  readonly history: HistoryReader;

  constructor() {
    const log = new FakeLedger();
    this.ledger = Object.assign(log, {
      append: async (batch: LedgerBatch) => {
        this.events.push(...batch.events);
        for (const { key, state } of batch.rules) {
          if (state === null) this.rules.delete(key);
          else this.rules.set(key, structuredClone(state));
        }
        return [];
      },
      restore: async () => ({ alarms: [], rules: this.rules }),
      [Symbol.asyncDispose]: async () => {},
    }) as unknown as Ledger;
    this.history = {
      series: async (point) => ({ point, at: [], value: [], quality: [] }),
      since: (after: number) => this.#since(after),
      status: () => ({ bytes: 0, readings: 0, dropped: 0, oldestAt: null }),
    } as HistoryReader;
  }

  async *#since(after: number): AsyncGenerator<readonly Reading[]> {
    const found = this.readings.filter(({ at }) => at > after);
    for (let i = 0; i < found.length; i += 7) yield found.slice(i, i + 7);
  }
}

/** A judge at work on a clock that is moved by hand, whose site can be changed. */
function openBox(site: JudgedSite) {
  const clock = new FakeClock(NIGHT);
  const disk = new Disk();
  const judge = new Judge(site, { at: NIGHT, tick: NIGHT }, 'synchronised');
  const live = new LiveJudge({ judge, stored: [] }, disk.ledger, clock, clock, silentLog);
  return {
    clock,
    disk,
    judge,
    live,
    read(point: string, value: number | string | null): void {
      const reading = {
        point,
        value,
        at: clock.now(),
        tick: clock.tick(),
        quality: value === null ? 'bad' : 'good',
      } as const;
      disk.readings.push(reading);
      live.take([reading], []);
    },
    prepare: (to: JudgedSite, changed: readonly string[] = []) =>
      NextRules.open({
        ...{ live, clock, wire: clock, site: to, changedPoints: new Set(changed) },
        ...{ history: disk.history, ledger: disk.ledger, since: NIGHT, signal: new AbortController().signal },
        brought: () => [],
      }),
    async change(to: JudgedSite, changed: readonly string[] = []): Promise<void> {
      const opening = this.prepare(to, changed);
      await clock.advance(0);
      void live.changeRules(await opening, [], []);
      await clock.advance(0);
    },
    told: () =>
      // An incident has another id in each run.
      disk.events.map(
        (event) => `${event.subject.replace(/^(incident)\/.*/, '$1')} ${told(event as AlarmEvent, NIGHT)}`,
      ),
    async end() {
      await clock.advance(0);
      await live[Symbol.asyncDispose]();
      return this.told();
    },
  };
}

const RULES = [
  { levels: { yellow: { above: 5 }, red: { above: 8 } }, hold: '25s', clear: { by: 1, for: '20s' } },
  { levels: { orange: { above: 5 } }, measure: { kind: 'mean', over: '60s' }, clear: { for: '10s' } },
  { levels: { blue: { above: 3 } }, during: 'night', measure: { kind: 'rate', over: '50s', coverage: '50%' } },
  { kind: 'silent', after: '45s', level: 'blue' },
  { kind: 'stuck', after: '60s', level: 'blue' },
  { levels: { red: { above: 7 } }, while: { all: [{ quantity: 'weather.rain', below: 6 }] } },
  { levels: { red: { above: 7 } }, permit: { kind: 'night-work', cap: 'yellow' }, hold: '10s' },
  {
    kind: 'together',
    on: { point: 'p' },
    when: {
      all: [
        { quantity: 'water.depth', above: 4 },
        { quantity: 'weather.rain', above: 4 },
      ],
    },
    level: 'yellow',
    hold: '15s',
  },
];
/** `basis`: what of the rules may be otherwise and means the same. */
const night = (basis = 'GB') =>
  aSite(
    RULES.map((each) => ({ ...each, basis })),
    [aPoint(), aPoint({ id: 'rain', quantity: 'weather.rain' })],
    {
      filings: [{ id: 'f', status: 'granted', from: '2026-07-15T22:02:00+08:00', to: '2026-07-15T22:04:00+08:00' }],
      notEvaluableAfterMs: 120_000,
    },
  );

interface Step {
  readonly gap: number;
  readonly depth: number | null;
  readonly rain: number | null | undefined;
}

/** A night in which the site is changed, to one that says the same, after each of these steps. */
async function play(steps: readonly Step[], changes: ReadonlySet<number>, basis?: string): Promise<readonly string[]> {
  const box = openBox(night());
  for (const [i, { gap, depth, rain }] of steps.entries()) {
    await box.clock.advance(gap * 1000);
    // At one instant before the change, at the other after it.
    if (i % 2 === 0 && changes.has(i)) await box.change(night(basis));
    box.read('d/p', depth);
    if (rain !== undefined) box.read('d/rain', rain);
    if (i % 2 === 1 && changes.has(i)) await box.change(night(basis && `${basis} ${i}`));
  }
  await box.clock.advance(300_000);
  return box.end();
}

test('a night in which the site is changed to one that says the same tells what it tells without', async () => {
  const value = fc.oneof(
    { arbitrary: fc.constant(null), weight: 1 },
    { arbitrary: fc.integer({ min: 0, max: 10 }), weight: 6 },
  );
  const step = fc.record({
    gap: fc.constantFrom(5, 10, 10, 10, 20, 40),
    depth: value,
    rain: fc.option(value, { nil: undefined }),
  });
  const run = fc.record({
    steps: fc.array(step, { minLength: 5, maxLength: 40 }),
    changes: fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { minLength: 1, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(run, async ({ steps, changes }) => {
      const told = await play(steps, new Set());
      // What is equal goes on as it is; what is only called otherwise hands on what it knows.
      expect(await play(steps, new Set(changes))).toEqual(told);
      expect(await play(steps, new Set(changes), 'GB 2')).toEqual(told);
    }),
    { numRuns: Number(process.env.RUNS ?? 60) },
  );
});

const over = (above: number, more: object = {}) => ({ levels: { yellow: { above } }, ...more });

test('what is read while windows are filled, and at the instant of the change, is judged once', async () => {
  const box = openBox(aSite([over(5)]));
  const opening = box.prepare(aSite([over(5), over(7)]));
  box.read('d/p', 6);
  await box.clock.advance(0);
  const next = await opening;
  void box.live.changeRules(next, [], []);
  box.read('d/p', 8);
  await box.clock.advance(10_000);
  box.read('d/p', 8);
  expect(await box.end()).toEqual(['d/p/r0 0 raised yellow 6', 'd/p/r1 0 raised yellow 8']);
});

test('the window of a new rule is filled from what was read before', async () => {
  const box = openBox(aSite([over(50)]));
  for (let i = 0; i < 6; i++) {
    box.read('d/p', 9);
    await box.clock.advance(10_000);
  }
  await box.change(aSite([over(50), over(5, { measure: { kind: 'mean', over: '60s' } })]));
  box.read('d/p', 9);
  expect(await box.end()).toEqual(['d/p/r1 60 raised yellow 9']);
});

test('a new rule that was filled has not been read yet, and is judged from its first reading on', async () => {
  const box = openBox(aSite([over(50)]));
  for (const value of [9, 9, 9]) {
    box.read('d/p', value);
    await box.clock.advance(10_000);
  }
  await box.change(aSite([over(50), over(5, { measure: { kind: 'mean', over: '60s' } })]));
  const said = () => [...box.judge.rules.answers()].map(({ rule, answer, code }) => `${rule} ${answer} ${code}`);
  expect(said()).toEqual(['r0 normal null', 'r1 not-evaluable no-value']);
  box.read('d/p', 9);
  await box.clock.advance(0);
  expect(said()).toEqual(['r0 normal null', 'r1 not-evaluable filling']);
  await box.end();
});

test('it is filled too from what is read while it is filled, and each reading is in it once', async () => {
  const box = openBox(aSite([over(50)]));
  const mean = over(5, { measure: { kind: 'mean', over: '60s', coverage: '100%' } });
  const tell = async (more: number) => {
    box.read('d/p', more);
    await box.clock.advance(10_000);
  };
  for (const value of [9, 9, 9]) await tell(value);
  box.read('d/p', 9);
  const opening = box.prepare(aSite([over(50), mean]));
  await box.clock.advance(10_000);
  await tell(3);
  const next = await opening;
  await tell(3);
  void box.live.changeRules(next, [], []);
  await tell(9);
  expect(await box.end()).toEqual(['d/p/r1 60 raised yellow 7']);
});

/** What becomes of an alarm that stands, by what is otherwise. */
const ROWS: readonly [what: string, to: JudgedSite, changed: readonly string[], told: readonly string[]][] = [
  ['nothing', aSite([over(5)]), [], []],
  ['how the rule is called', aSite([over(5, { title: { zh: '别名', en: 'otherwise' }, basis: 'GB' })]), [], []],
  ['another rule', aSite([over(5), over(20)]), [], []],
  ['its threshold', aSite([over(6)]), [], ['d/p/r0 0 returned 9 rule-changed']],
  ['its hysteresis', aSite([over(5, { clear: { by: 1 } })]), [], ['d/p/r0 0 returned 9 rule-changed']],
  ['the rule is gone', aSite([]), [], ['d/p/r0 0 returned 9 rule-removed']],
  ['the point is gone', aSite([over(5)], [aPoint({ id: 'q' })]), ['d/p'], ['d/p/r0 0 returned 9 point-removed']],
  ['what the point measures', aSite([over(5)]), ['d/p'], ['d/p/r0 0 returned 9 point-changed']],
  ['its period', aSite([over(5)], [aPoint({ everyMs: 5000 })]), [], ['d/p/r0 0 returned 9 rule-changed']],
];
test.each(ROWS)('an alarm that stands, and what is otherwise is %s', async (_, to, changed, events) => {
  const box = openBox(aSite([over(5)]));
  box.read('d/p', 9);
  await box.change(to, changed);
  expect((await box.end()).slice(1)).toEqual(events);
  const keys = [...box.disk.rules.keys()].filter(
    (key) => key !== '' && !key.startsWith('alarms:') && !key.startsWith('gengfu.'),
  );
  expect(keys.toSorted()).toEqual(to.rules.flatMap(({ id }) => to.points.map(({ key }) => `${id}@${key}`)));
});

test('a window of the day that is otherwise is another meaning, also of a rule that says the same', async () => {
  const at = (fromMinute: number) =>
    aSite([over(5, { during: 'night' })], [aPoint()], {
      windows: { night: { name: 'night', fromMinute, toMinute: 360 } },
    });
  const box = openBox(at(22 * 60));
  box.read('d/p', 9);
  await box.change(at(23 * 60));
  expect((await box.end()).slice(1)).toEqual(['d/p/r0 0 returned 9 rule-changed']);
});

test('a device that is taken out and put back stands as it was learned', async () => {
  const axes = ['x', 'y', 'z'].map((id) => aPoint({ id, quantity: `tilt.${id}`, unit: 'deg' }));
  const tilted = aSite(
    [{ on: { point: 'z' }, levels: { yellow: { above: 10 } }, measure: { kind: 'angle', from: 'background' } }],
    axes,
  );
  const box = openBox(tilted);
  const lie = (x: number, z: number) => {
    box.read('d/x', x);
    box.read('d/y', 0);
    box.read('d/z', z);
  };
  for (let i = 0; i < 10; i++) {
    lie(0, 90);
    await box.clock.advance(10_000);
  }
  await box.change(aSite([], [aPoint({ device: 'other' })]));
  await box.clock.advance(60_000);
  await box.change(tilted);
  lie(45, 45);
  expect(await box.end()).toEqual(['d/z/r0 160 raised yellow 35.264']);
});

test('given up, nothing of it stays', async () => {
  const box = openBox(aSite([over(5)]));
  const next = await box.prepare(aSite([over(6)]));
  next[Symbol.dispose]();
  box.read('d/p', 9);
  expect(await box.end()).toEqual(['d/p/r0 0 raised yellow 9']);
  expect(await box.live.keep(NOTHING, [])).toEqual([]);
});
