import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import type { AlarmEvent } from '../../../gateway/alarms/alarm-event.ts';
import { Judge } from '../../../gateway/judge.ts';
import { aPoint, aSite, NIGHT, readingOf, told } from '../../tools/judged.ts';

const RULES = [
  { levels: { yellow: { above: 5 }, red: { above: 8 } }, hold: '25s', clear: { by: 1, for: '20s' } },
  { levels: { orange: { above: 5 } }, measure: { kind: 'mean', over: '60s' }, clear: { for: '10s' } },
  { levels: { blue: { above: 3 } }, during: 'night', measure: { kind: 'rate', over: '50s', coverage: '50%' } },
  { kind: 'silent', after: '45s', level: 'blue' },
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
/** The mean of each minute, kept as a point. */
const MEAN = aPoint({
  id: 'mean',
  everyMs: 60_000,
  derived: { from: 'd/p', per: 60_000, value: 'mean', coverage: 0.25 },
});
const SITE = aSite(RULES, [aPoint(), aPoint({ id: 'rain', quantity: 'weather.rain' }), MEAN], {
  filings: [{ id: 'f', status: 'granted', from: '2026-07-15T22:02:00+08:00', to: '2026-07-15T22:04:00+08:00' }],
  notEvaluableAfterMs: 120_000,
});

/** What the ledger would hold: all events so far, open alarms, and the rules as they were saved last. */
class Kept {
  readonly events: AlarmEvent[] = [];
  readonly alarms = new Map<string, Alarm>();
  readonly rules = new Map<string, object>();

  keep(judge: Judge, step: { events: readonly AlarmEvent[]; alarms: readonly Alarm[] }, isCheckpoint: boolean): void {
    if (step.events.length === 0 && !isCheckpoint) return;
    this.events.push(...step.events);
    for (const alarm of step.alarms) {
      if (alarm.closedAt === null) this.alarms.set(alarm.id, alarm);
      else this.alarms.delete(alarm.id);
    }
    for (const { key, state } of judge.rules.save()) this.rules.set(key, structuredClone(state));
  }
}

const START = NIGHT + 60_000;

function run(instants: readonly (readonly Reading[])[], kills: ReadonlySet<number>): string[] {
  const kept = new Kept();
  const begin = { at: START, tick: START };
  /** As it would be in the history, what was derived before the readings after it. */
  const history: (readonly Reading[])[] = [];
  let judge = new Judge(SITE, begin, 'synchronised');
  for (const [i, instant] of instants.entries()) {
    kept.keep(judge, judge.step(instant), i % 7 === 0);
    for (const each of judge.rules.takeDerived()) history.push([each]);
    history.push(instant);
    if (!kills.has(i)) continue;
    // Killed here: what the last transaction held, and the readings, are all that is left.
    judge = new Judge(SITE, begin, 'synchronised');
    judge.alarms.restore([...kept.alarms.values()], []);
    judge.rules.restore(kept.rules, 0, START);
    for (const past of history) kept.keep(judge, judge.step(past), false);
  }
  const end = (instants.at(-1)?.[0]?.at ?? START) + 300_000;
  kept.keep(judge, judge.advance({ at: end, tick: end }), false);
  return kept.events.map((event) => `${event.subject} ${told(event, START)} ${event.data.limit}`);
}

test('a run that is killed and started again tells what an unbroken one tells', () => {
  const value = fc.oneof(
    { arbitrary: fc.constant(null), weight: 1 },
    { arbitrary: fc.integer({ min: 0, max: 10 }), weight: 6 },
  );
  const step = fc.record({ gap: fc.constantFrom(5, 10, 10, 10, 20, 40), depth: value, rain: fc.option(value) });
  const night = fc.record({
    steps: fc.array(step, { minLength: 5, maxLength: 60 }),
    kills: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(night, ({ steps, kills }) => {
      let seconds = 0;
      const instants = steps.map(({ gap, depth, rain }) => {
        seconds += gap;
        const rows: Reading[] = [readingOf([seconds, depth], START)];
        if (rain !== null) rows.push(readingOf([seconds, rain, 'd/rain'], START));
        return rows;
      });
      expect(run(instants, new Set(kills))).toEqual(run(instants, new Set()));
    }),
    { numRuns: Number(process.env.RUNS ?? 300) },
  );
});
