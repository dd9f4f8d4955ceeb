import { describe, expect, test } from 'vitest';
import type { Alarm, Announced } from '../../../gateway/alarms/alarm.ts';
import { beginsSafe, type DecideState, decide, levelsOf } from '../../../gateway/outputs/decide.ts';
import type { Output, OutputUse } from '../../../gateway/outputs/output.ts';
import { wishesFor } from '../../../gateway/outputs/wishes.ts';
import { anAlarm, anOutput, aUse } from './some.ts';

const T = anAlarm('a', 'red').changedAt;
const QUIET: Announced = { shelved: null, suppressedBy: null, outOfService: null };
const SHELVED = { announced: { ...QUIET, shelved: { until: T, once: false, by: 'wang' } } };
const WORKED_ON = { announced: { ...QUIET, outOfService: { owner: 'li', until: null } } };

interface Row {
  readonly says: string;
  readonly alarms: readonly Alarm[];
  readonly use?: Partial<OutputUse>;
  readonly output?: Partial<Output>;
  readonly at?: number;
  readonly wants: string;
}

const BY_LEVEL = { levels: { yellow: 'slow', red: 'on' } };

const WISHES: readonly Row[] = [
  { says: 'no alarm wants nothing', alarms: [], wants: 'off' },
  { says: 'an alarm at the level wants it', alarms: [anAlarm('a', 'orange')], wants: 'on' },
  { says: 'one below the level does not', alarms: [anAlarm('a', 'yellow')], wants: 'off' },
  { says: 'one above it wants what the level said', alarms: [anAlarm('a', 'red')], wants: 'on' },
  {
    says: 'a value holds until a higher level says otherwise',
    alarms: [anAlarm('a', 'orange')],
    use: BY_LEVEL,
    wants: 'slow',
  },
  { says: 'the higher level says otherwise', alarms: [anAlarm('a', 'red')], use: BY_LEVEL, wants: 'on' },
  {
    says: 'of two alarms the more urgent wins',
    alarms: [anAlarm('b', 'yellow'), anAlarm('a', 'red')],
    use: BY_LEVEL,
    wants: 'on',
  },
  { says: 'one that has returned wants nothing', alarms: [anAlarm('a', null)], wants: 'off' },
  { says: 'an acknowledged one still wants it', alarms: [anAlarm('a', 'red', { acknowledged: true })], wants: 'on' },
  {
    says: 'but not where the rule says until acknowledged',
    alarms: [anAlarm('a', 'red', { acknowledged: true })],
    use: { until: 'acknowledged' },
    wants: 'off',
  },
  {
    says: 'it wants it for a time only',
    alarms: [anAlarm('a', 'red')],
    use: { forMs: 60_000 },
    at: T + 60_000,
    wants: 'off',
  },
  {
    says: 'and until then it does',
    alarms: [anAlarm('a', 'red')],
    use: { forMs: 60_000 },
    at: T + 59_999,
    wants: 'on',
  },
  {
    says: 'an alarm elsewhere does not drive it',
    alarms: [anAlarm('a', 'red')],
    output: { alarmsOf: ['b/depth'] },
    wants: 'off',
  },
  { says: 'one of its own points does', alarms: [anAlarm('a', 'red')], output: { alarmsOf: ['a/depth'] }, wants: 'on' },
  { says: 'a drill drives nothing', alarms: [anAlarm('a', 'red', { exercise: 'drill' })], wants: 'off' },
  {
    says: 'a test drives nothing',
    alarms: [anAlarm('a', 'red', { exercise: 'test' })],
    output: { kind: 'pump' },
    wants: 'off',
  },
  {
    says: 'unless the output says so',
    alarms: [anAlarm('a', 'red', { exercise: 'drill' })],
    output: { exercise: true },
    wants: 'on',
  },
  { says: 'a shelved alarm sounds no siren', alarms: [anAlarm('a', 'red', SHELVED)], wants: 'off' },
  { says: 'but its pump goes on', alarms: [anAlarm('a', 'red', SHELVED)], output: { kind: 'pump' }, wants: 'on' },
  {
    says: 'what is worked on drives no pump',
    alarms: [anAlarm('a', 'red', WORKED_ON)],
    output: { kind: 'pump' },
    wants: 'off',
  },
];

describe('what alarms want', () => {
  test.each(WISHES)('$says', ({ alarms, use, output, at = T, wants }) => {
    const it = anOutput(output);
    const wishes = wishesFor(it, alarms, () => [aUse(use)], at);
    expect(decide(it, beginsSafe(it), wishes, 0, at).state.value).toBe(wants);
    // In whatever order they come.
    const turned = wishesFor(it, alarms.toReversed(), () => [aUse(use)], at);
    expect(turned).toEqual(wishes);
  });

  test('a real alarm goes before an exercise of its level, the older before the younger', () => {
    const it = anOutput({ exercise: true });
    const alarms = [
      anAlarm('c', 'red', { raisedAt: T - 5, exercise: 'drill' }),
      anAlarm('b', 'red', { raisedAt: T + 1 }),
      anAlarm('a', 'red', { raisedAt: T }),
      anAlarm('d', 'orange', { raisedAt: T - 9 }),
    ];
    expect(wishesFor(it, alarms, () => [aUse()], T).map(({ alarm }) => alarm)).toEqual(['a', 'b', 'c', 'd']);
  });
});

/** Plays seconds and the alarms from then on; gives `second value` for each change, as timers would find them. */
function play(output: Output, script: readonly (readonly [second: number, ...alarms: Alarm[]])[], until: number) {
  let state: DecideState = beginsSafe(output);
  const changes: string[] = [];
  const times = new Set(script.map(([second]) => second * 1000));
  for (let tick = 0; tick <= until * 1000; ) {
    const alarms = script.findLast(([second]) => second * 1000 <= tick)?.slice(1) as Alarm[];
    const wishes = wishesFor(output, alarms ?? [], () => [aUse()], T + tick);
    const decision = decide(output, state, wishes, tick, T + tick);
    if (decision.state.value !== state.value) changes.push(`${tick / 1000} ${decision.state.value}`);
    state = decision.state;
    tick = Math.min(decision.nextTick, ...[...times].filter((time) => time > tick), until * 1000 + 1);
  }
  return changes;
}

const ON = anAlarm('a', 'red');
const flapping = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? ([i, ON] as const) : ([i] as const)));

describe('how long it is what', () => {
  test('an alarm that flaps each second does not make a pump flap', () => {
    const pump = anOutput({ kind: 'pump', minOnMs: 10_000, minOffMs: 5000 });
    // On at 0, kept on to 10; the alarm stands then, and is gone at 11; off for at least 5.
    expect(play(pump, flapping, 30)).toEqual(['0 on', '11 off', '16 on', '26 off']);
  });

  test('at most so long, and then only for another alarm', () => {
    const siren = anOutput({ maxOnMs: 180_000 });
    expect(
      play(
        siren,
        [
          [0, ON],
          [500, ON, anAlarm('b', 'orange')],
        ],
        1000,
      ),
    ).toEqual(['0 on', '180 off', '500 on', '680 off']);
  });

  test('an alarm that rises is another one', () => {
    const siren = anOutput({ maxOnMs: 60_000 });
    expect(
      play(
        siren,
        [
          [0, anAlarm('a', 'orange')],
          [100, ON],
        ],
        200,
      ),
    ).toEqual(['0 on', '60 off', '100 on', '160 off']);
  });

  test('an alarm that has returned and comes again is another one', () => {
    const siren = anOutput({ maxOnMs: 60_000 });
    expect(play(siren, [[0, ON], [100], [120, ON]], 150)).toEqual(['0 on', '60 off', '120 on']);
  });

  test('with a rest it goes on for the same alarm', () => {
    const pump = anOutput({ kind: 'pump', maxOnMs: 60_000, restMs: 20_000 });
    expect(play(pump, [[0, ON]], 170)).toEqual(['0 on', '60 off', '80 on', '140 off', '160 on']);
  });

  const byHand = (value: string, alarms: readonly Alarm[]) => {
    const siren = anOutput();
    const seen = levelsOf(wishesFor(siren, alarms, () => [aUse()], T));
    const state = { ...beginsSafe(siren), byHand: { value, by: 'wang', untilTick: 60_000, seen } };
    return (now: readonly Alarm[], tick: number) =>
      decide(
        siren,
        state,
        wishesFor(siren, now, () => [aUse()], T),
        tick,
        T,
      ).state.value;
  };

  test('silenced by hand it is silent, until a new alarm or a rise, or its time is over', () => {
    const silenced = byHand('off', [anAlarm('a', 'orange')]);
    expect(silenced([anAlarm('a', 'orange')], 10)).toBe('off');
    expect(silenced([anAlarm('a', 'orange'), anAlarm('b', 'orange')], 10)).toBe('on');
    expect(silenced([anAlarm('a', 'red')], 10)).toBe('on');
    expect(silenced([anAlarm('a', 'orange')], 60_000)).toBe('on');
  });

  test('switched on by hand it is on without an alarm, until its time is over', () => {
    const on = byHand('slow', []);
    expect(on([], 59_999)).toBe('slow');
    expect(on([anAlarm('a', 'red')], 10)).toBe('slow');
    expect(on([], 60_000)).toBe('off');
  });
});
