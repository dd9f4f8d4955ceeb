import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import type { AlarmEvent, EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import { NOTHING } from '../../../gateway/alarms/step.ts';
import type { History } from '../../../gateway/history/history.ts';
import type { JudgedSite } from '../../../gateway/judge/judge.ts';
import { LiveJudge } from '../../../gateway/judge/live-judge.ts';
import { firstTick, RUN, restoreJudge } from '../../../gateway/judge/restore.ts';
import { type Clock, type Trust, withTicksFrom } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import type { Ledger, LedgerBatch } from '../../../gateway/ledger/ledger.ts';
import type { Line } from '../../../gateway/replay/recording.ts';
import { replay } from '../../../gateway/replay/replay.ts';
import { type Permit, permit } from '../../../gateway/rules/permit.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { aPoint, aSite, NIGHT, told } from '../../tools/judged.ts';

/** In CI some; `RUNS=5000 npx vitest run tests/gateway/rules/restart.test.ts` looks longer, `SEED` again at the same. */
const RUNS = Number(process.env.RUNS ?? 120);
const SEED = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) };

const START = NIGHT + 60_000;
const HOUR = 3_600_000;

const hold = fc.constantFrom('0s', '10s', '25s', '40s');
const clear = fc.record({ by: fc.constantFrom(0, 1), for: fc.constantFrom('0s', '20s', '35s') });
const limits = fc.constantFrom<object>(
  { yellow: { above: 5 }, red: { above: 8 } },
  { orange: { atLeast: 5 } },
  { blue: { below: 3 }, yellow: { below: 2 } },
  { yellow: { outside: [2, 7] } },
);
const measure = fc.constantFrom<object>(
  { kind: 'value' },
  { kind: 'mean', over: '60s' },
  { kind: 'max', over: '30s' },
  { kind: 'rate', over: '50s', coverage: '50%' },
  { kind: 'percentile', p: 30, over: '70s', coverage: '40%' },
);
const around = fc.record(
  {
    during: fc.constantFrom('night', 'short'),
    effective: fc.constantFrom<object>({ to: '2026-07-15' }, { from: '2026-07-15' }, { from: '2026-07-16' }),
    while: fc.constantFrom<object>(
      { all: [{ quantity: 'weather.rain', below: 6 }] },
      {
        any: [
          { quantity: 'weather.rain', above: 3 },
          { quantity: 'humidity', above: 5 },
        ],
      },
    ),
    legal: fc.constant(true),
    permit: fc.constant({ kind: 'night-work', cap: 'blue' }),
  },
  { requiredKeys: [] },
);
const kind = fc.oneof(
  fc.record({ levels: limits, measure, hold, clear }),
  fc.record({ levels: limits, hold, clear }),
  fc.constant({ kind: 'silent', after: '47300ms', level: 'blue' }),
  fc.constant({ kind: 'stuck', after: '100s', within: 1, level: 'blue' }),
  fc.record({
    kind: fc.constant('together'),
    when: fc.constantFrom<object>(
      {
        all: [
          { quantity: 'water.depth', above: 4 },
          { quantity: 'weather.rain', above: 4 },
        ],
      },
      {
        any: [
          { quantity: 'water.depth', above: 8 },
          { quantity: 'weather.rain', above: 8 },
        ],
      },
    ),
    level: fc.constant('yellow'),
    hold,
  }),
);
const rule = fc.tuple(kind, around).map(([what, more]) => {
  const { permit: cap, ...rest } = more;
  return { on: { point: 'p' }, ...what, ...rest, ...(cap === undefined || 'kind' in what ? {} : { permit: cap }) };
});

const STATUSES = ['applied', 'granted', 'refused', 'revoked', 'withdrawn'] as const;
const filing = fc.record({
  id: fc.constantFrom('f', 'g'),
  status: fc.constantFrom(...STATUSES),
  from: fc.constantFrom('2026-07-15T22:02:00+08:00', '2026-07-15T21:00:00+08:00'),
  to: fc.constantFrom('2026-07-15T22:04:00+08:00', '2026-07-16T05:00:00+08:00'),
});
type Filing = typeof filing extends fc.Arbitrary<infer T> ? T : never;

const value = fc.oneof(
  { arbitrary: fc.constant(null), weight: 1 },
  { arbitrary: fc.integer({ min: 0, max: 10 }), weight: 6 },
);
const read = fc.record({
  do: fc.constant('read' as const),
  gap: fc.constantFrom(5, 10, 10, 10, 20, 40),
  depth: value,
  rain: fc.option(value),
  wet: fc.option(value),
});
const op = fc.oneof(
  { arbitrary: read, weight: 20 },
  { arbitrary: fc.record({ do: fc.constant('kill' as const) }), weight: 2 },
  fc.record({
    do: fc.constant('step' as const),
    ms: fc.constantFrom(-HOUR, HOUR, 9 * HOUR, 1500, -2500, 24 * 365 * HOUR),
  }),
  fc.record({ do: fc.constant('trust' as const), trust: fc.constantFrom<Trust>('synchronised', 'holding', 'unknown') }),
  fc.record({ do: fc.constant('permit' as const), filing }),
);
type Op = typeof op extends fc.Arbitrary<infer T> ? T : never;

const siteOf = (rules: readonly object[], filings: readonly Filing[]): JudgedSite =>
  aSite(
    rules,
    [
      aPoint(),
      aPoint({ id: 'rain', quantity: 'weather.rain' }),
      aPoint({ id: 'wet', quantity: 'humidity' }),
      // The mean of each minute, kept as a point.
      aPoint({ id: 'mean', everyMs: 60_000, derived: { from: 'd/p', per: 60_000, value: 'mean', coverage: 0.25 } }),
    ],
    {
      filings: [...new Map(filings.map((each) => [each.id, each])).values()],
      notEvaluableAfterMs: 120_000,
      windows: {
        night: { name: 'night', fromMinute: 22 * 60, toMinute: 6 * 60 },
        short: { name: 'short', fromMinute: 22 * 60 + 2, toMinute: 22 * 60 + 5 },
      },
    },
  );

/** What outlives a process: the ledger, the history, the permits as they are now. */
class Box {
  readonly #site: JudgedSite;
  readonly #fake = new FakeClock(START);
  readonly #events: AlarmEvent[] = [];
  readonly #alarms = new Map<string, LedgerBatch['alarms'][number]>();
  readonly #rules = new Map<string, object>();
  readonly #history: (readonly Reading[])[] = [];
  readonly #permits: Map<string, Permit>;
  /** The same life as a recording has it. */
  readonly lines: Line[] = [];
  #live: LiveJudge | undefined;
  #clock: Clock = this.#fake;

  constructor(site: JudgedSite) {
    this.#site = site;
    this.#permits = new Map(site.permits.map((each) => [each.id, each]));
  }

  get told(): string[] {
    return this.#events.map(heard);
  }

  /** A process, on a line of ticks of its own that begins at the wall clock. */
  async start(): Promise<void> {
    const fake = this.#fake;
    const shift = fake.now() - fake.tick();
    const own: Clock = {
      now: () => fake.now(),
      tick: () => fake.tick() + shift,
      trust: () => fake.trust(),
      sleep: (ms, signal) => fake.sleep(ms, signal),
      after: (ms, run) => fake.after(ms, run),
    };
    this.#clock = withTicksFrom(own, await firstTick(this.#ledger));
    const site = { ...this.#site, permits: [...this.#permits.values()] };
    const restored = await restoreJudge(site, this.#ledger, this.#past, this.#clock, silentLog);
    const live = new LiveJudge(restored, this.#ledger, this.#clock, fake, silentLog);
    this.#live = live;
    live.recordTo(
      (kind, instant, what) => {
        if (kind !== 'start') return;
        this.#history.push([{ point: `@${kind}`, value: JSON.stringify(what), ...instant, quality: 'good' }]);
      },
      restored.start,
      [],
    );
    void live.keep(restored.step, [], [{ key: RUN, state: restored.start }]);
    live.judge.listenToDerived((batch) => this.#history.push(batch));
  }

  async do(each: Op): Promise<void> {
    const fake = this.#fake;
    switch (each.do) {
      case 'read': {
        await fake.advance(each.gap * 1000);
        const values = { p: each.depth, rain: each.rain, wet: each.wet };
        const [at, tick] = [this.#clock.now(), this.#clock.tick()];
        const readings = Object.entries(values).flatMap(([id, raw]): Reading[] => {
          if (raw === null && id !== 'p') return [];
          return [{ point: `d/${id}`, value: raw, at, tick, quality: raw === null ? 'bad' : 'good' }];
        });
        this.#live?.take(readings, []);
        this.#history.push(readings);
        const line = { at: fake.now(), tick: fake.tick() };
        const recorded = readings.map((reading) => ({ ...reading, ...line }));
        this.lines.push({ ...line, kind: 'readings', readings: recorded });
        return;
      }
      case 'kill':
        await fake.advance(1);
        return;
      case 'step':
        fake.step(each.ms);
        return this.#lookAtClock();
      case 'trust':
        fake.trusted = each.trust;
        return this.#lookAtClock();
      case 'permit': {
        const changed = permit.parse({ on: { device: 'd' }, ...each.filing });
        this.#permits.set(changed.id, changed);
        // As the register does: the change is an entry of the log.
        const entry: EntryDraft = { type: 'city.gengfu.permit.changed', subject: 'd', time: '', data: {} };
        const instant = { at: this.#clock.now(), tick: this.#clock.tick() };
        void this.#live?.changePermits([changed], { told: [entry], permits: [], audit: [] }, instant);
        this.lines.push({ at: fake.now(), tick: fake.tick(), kind: 'permit', permit: changed });
        return;
      }
      default:
        each satisfies never;
    }
  }

  /** What a process that is killed leaves: its timers do nothing any more. */
  async kill(): Promise<void> {
    await this.#live?.[Symbol.asyncDispose]();
    this.#live = undefined;
  }

  async end(): Promise<void> {
    await this.#fake.advance(300_000);
    await this.kill();
  }

  /** A step of the clock and another trust in it are stored at once, as the gateway's time keeper does. */
  #lookAtClock(): void {
    const fake = this.#fake;
    this.#live?.lookAtTrust();
    void this.#live?.keep(NOTHING, [], [{ key: 'clock', state: null }]);
    this.lines.push({ at: fake.now(), tick: fake.tick(), kind: 'clock', trust: fake.trust() });
  }

  // Only what a start and a judge at work ask of it.
  readonly #ledger = {
    append: async ({ events, alarms, rules }: LedgerBatch) => {
      if (this.#live === undefined) return [];
      this.#events.push(...(events.filter(({ type }) => type.includes('.alarm.')) as AlarmEvent[]));
      for (const alarm of alarms) this.#alarms.set(alarm.id, structuredClone(alarm));
      for (const { key, state } of rules) {
        if (state === null) this.#rules.delete(key);
        else this.#rules.set(key, structuredClone(state));
      }
      return [];
    },
    restore: async () => ({
      alarms: [...this.#alarms.values()].filter(({ open }) => open).map(({ state }) => state),
      rules: new Map([...this.#rules].map(([key, state]) => [key, structuredClone(state)])),
    }),
    closedAlarms: async () =>
      [...this.#alarms.values()]
        .filter(({ open }) => !open)
        .map(({ state }) => state)
        .reverse(),
    status: () => ({ durable: true, waiting: 0 }),
  } as unknown as Ledger;

  readonly #past = {
    since: async function* (this: Box, _: number, points?: ReadonlySet<string>) {
      for (const batch of this.#history) {
        if (points === undefined || batch.some(({ point }) => points.has(point))) yield batch;
      }
    }.bind(this),
  } as unknown as History;
}

/** Of an event what sections 4 and 6 ask to be equal; silence does not count for the millisecond of a restart. */
function heard(event: AlarmEvent): string {
  const at = Math.round(Date.parse(event.time) / 100) * 100;
  return `${event.subject} ${told({ ...event, time: new Date(at).toISOString() }, START)} ${event.data.limit}`;
}

async function life(site: JudgedSite, ops: readonly Op[], isKilled: boolean): Promise<Box> {
  const box = new Box(site);
  await box.start();
  for (const each of ops) {
    await box.do(each);
    if (each.do !== 'kill' || !isKilled) continue;
    await box.kill();
    await box.start();
  }
  await box.end();
  return box;
}

async function replayed(site: JudgedSite, { lines }: Box): Promise<string[]> {
  const events: string[] = [];
  const last = lines.at(-1);
  async function* pages() {
    yield [{ at: START, tick: START, kind: 'clock', trust: 'synchronised' } as const];
    yield lines;
  }
  for await (const event of replay(site, pages(), (last?.at ?? START) + 300_000)) events.push(heard(event));
  return events;
}

test('a life with kills, steps of the clock, lost trust and changed permits is told as an unbroken one, and as its replay', async () => {
  const seed = SEED.seed ?? Math.floor(Math.random() * 2 ** 31);
  console.info(`SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(rule, { minLength: 1, maxLength: 4 }),
      fc.array(filing, { maxLength: 2 }),
      fc.array(op, { minLength: 5, maxLength: 60 }),
      async (rules, filings, ops) => {
        const site = siteOf(rules, filings);
        const unbroken = await life(site, ops, false);
        expect(await replayed(site, unbroken)).toEqual(unbroken.told);
        const broken = await life(site, ops, true);
        expect(broken.told).toEqual(unbroken.told);
      },
    ),
    { numRuns: RUNS, seed },
  );
});

type Read = Extract<Op, { do: 'read' }>;
const reads = (...all: readonly (readonly [gap: Read['gap'], more?: Partial<Read>])[]): Op[] =>
  all.map(([gap, more]) => ({ do: 'read', gap, depth: 0, rain: null, wet: null, ...more }));
const KILL: Op = { do: 'kill' };
const step = (ms: number): Op => ({ do: 'step', ms });
const A_YEAR = 24 * 365 * HOUR;
const FILED: Op = {
  do: 'permit',
  filing: { id: 'f', status: 'applied', from: '2026-07-15T22:02:00+08:00', to: '2026-07-15T22:04:00+08:00' },
};
const LIMIT = { on: { point: 'p' }, levels: { yellow: { above: 5 }, red: { above: 8 } }, hold: '0s' };
const NIGHTLY = { ...LIMIT, during: 'night' };
const BOTH_HIGH = {
  on: { point: 'p' },
  kind: 'together',
  when: {
    all: [
      { quantity: 'water.depth', above: 4 },
      { quantity: 'weather.rain', above: 4 },
    ],
  },
  level: 'yellow',
  hold: '0s',
};
const WET = {
  any: [
    { quantity: 'weather.rain', above: 3 },
    { quantity: 'humidity', above: 5 },
  ],
};
const SILENT = { on: { point: 'p' }, kind: 'silent', after: '47300ms', level: 'blue' };
const RATE = { kind: 'rate', over: '50s', coverage: '50%' };

/** What longer looks have found. */
const FOUND: readonly (readonly [says: string, rules: readonly object[], ops: readonly Op[]])[] = [
  [
    'an alarm stands, the clock is set, and two restarts follow',
    [{ ...LIMIT, clear: { for: '35s' } }, LIMIT],
    [...reads([5, { depth: 6 }]), step(A_YEAR), KILL, ...reads([5]), KILL, ...reads([5], [5])],
  ],
  [
    'the clock is set back out of the night, and two restarts follow',
    [{ ...NIGHTLY, measure: { kind: 'max', over: '30s' } }],
    [...reads([40], [10], [20], [20], [40], [20]), step(-HOUR), KILL, ...reads([5]), KILL, ...reads([5])],
  ],
  [
    'what began at a step of the clock is not begun again by a restart',
    [{ ...NIGHTLY, measure: RATE }],
    [step(A_YEAR), ...reads([5]), KILL, ...reads([5]), { do: 'trust', trust: 'synchronised' }, FILED],
  ],
  [
    'a step of the clock between bad readings, and two kills in a row',
    [{ ...NIGHTLY, measure: { kind: 'percentile', p: 30, over: '70s', coverage: '40%' } }, BOTH_HIGH],
    [...reads([5, { depth: null }]), step(A_YEAR), ...reads([5]), KILL, KILL],
  ],
  [
    'a mean of before the step is told after it, and its time moves nothing',
    [{ ...NIGHTLY, measure: { kind: 'percentile', p: 30, over: '70s', coverage: '40%' } }, LIMIT],
    [step(A_YEAR), ...reads([5]), KILL, KILL, ...reads([5], [5], [5, { depth: 6 }], [5, { depth: null }], [5])],
  ],
  [
    'trust is lost between two restarts after a step',
    [{ ...BOTH_HIGH, during: 'night', legal: true }],
    [step(A_YEAR), FILED, KILL, { do: 'trust', trust: 'unknown' }, KILL, ...reads([5])],
  ],
  [
    'what a `while` needs was never known at one time',
    [{ ...SILENT, while: WET }],
    [...reads([5]), KILL, ...reads([40, { wet: 0 }]), KILL, ...reads([20], [20, { rain: 0 }])],
  ],
  [
    'silence under a `while` that was not known when the point was read',
    [{ ...SILENT, while: WET }],
    [...reads([5], [40], [5, { rain: 0 }]), KILL, ...reads([5, { depth: null, wet: 6 }])],
  ],
  [
    'a window of the day opens while a `while` is false',
    [{ ...LIMIT, measure: RATE, during: 'short', while: { all: [{ quantity: 'weather.rain', below: 6 }] } }],
    [
      ...reads([10], [10], [20], [5], [5], [5, { rain: 6 }], [5]),
      KILL,
      ...reads([5, { depth: null }], [5, { rain: 0 }]),
    ],
  ],
  [
    'a reading is bad soon after one of which a `while` was not known',
    [{ ...LIMIT, while: WET }, LIMIT],
    [...reads([5]), KILL, KILL, ...reads([5, { rain: 0, wet: 0 }], [5, { depth: null, rain: 4 }])],
  ],
];

test.each(FOUND)('%s: told as by one that never ended', async (_, rules, ops) => {
  const site = siteOf(rules, []);
  expect((await life(site, ops, true)).told).toEqual((await life(site, ops, false)).told);
});
