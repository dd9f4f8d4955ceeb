import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Action } from '../../../gateway/alarms/action.ts';
import { LEVELS } from '../../../gateway/rules/finding.ts';
import { aWatch, Box, MIN, PLAN } from './box.ts';

const WATCHES = [
  aWatch('owed@b/q', { respond: 'standard' }),
  ...['a', 'b', 'c'].map((device) => aWatch(`r@${device}/p`, { link: 'l', suppressedBy: ['down', 'r'] })),
  aWatch('latched@a/p', { latched: true, link: 'l' }),
  aWatch('down@link:l/state'),
  aWatch('fire@a/smoke', { quantity: 'smoke.state', vital: true }),
];
const KEYS = WATCHES.map(({ key }) => key);

type Input =
  | { readonly say: string; readonly answer: (typeof LEVELS)[number] | 'normal' }
  | { readonly act: Action }
  | { readonly wait: number };

const key = fc.constantFrom(...KEYS);
const on = fc.constantFrom('a', 'b', 'a/p', 'link:l');
const li = { by: 'Li', note: 'n' };
const forMs = fc.constantFrom(MIN, 5 * MIN, 60 * MIN);
const acts: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('acknowledge' as const), alarm: key, by: fc.constant('Li') }),
  fc.record({
    kind: fc.constant('acknowledge' as const),
    alarm: fc.constantFrom('a1', 'a4', 'a5', 'a6'),
    by: fc.constant('Li'),
  }),
  fc.record({ kind: fc.constant('reset' as const), alarm: key, by: fc.constant('Li') }),
  fc.record({ alarm: key, forMs, once: fc.boolean() }).map((more) => ({ kind: 'shelve', ...li, ...more }) as const),
  fc.record({ alarm: key }).map((more) => ({ kind: 'unshelve', ...li, ...more }) as const),
  fc
    .record({ on, forMs: fc.option(forMs, { nil: undefined }) })
    .map((more) => ({ kind: 'out-of-service', owner: 'W', ...li, ...more }) as const),
  fc.record({ on }).map((more) => ({ kind: 'in-service', ...li, ...more }) as const),
  fc.record({ on, forMs }).map((more) => ({ kind: 'work-order', order: '7', ...li, ...more }) as const),
  fc.record({ on }).map((more) => ({ kind: 'end-work-order', ...li, ...more }) as const),
);
const input: fc.Arbitrary<Input> = fc.oneof(
  { arbitrary: fc.record({ say: key, answer: fc.constantFrom('normal' as const, ...LEVELS) }), weight: 5 },
  { arbitrary: fc.record({ act: acts }), weight: 3 },
  { arbitrary: fc.record({ wait: fc.constantFrom(1, 1000, MIN, 7 * MIN, 60 * MIN) }), weight: 2 },
);
const SETTINGS = { flood: { over: 3, below: 2, withinMs: 5 * MIN, respond: 'standard' }, staleAfterMs: 90 * MIN };

function run(inputs: readonly Input[], isKilled: (i: number) => boolean, isFlooded = false): unknown[] {
  const box = new Box(WATCHES, SETTINGS, [PLAN]);
  if (isFlooded) for (const each of KEYS) box.say(each, 'yellow');
  for (const [i, each] of inputs.entries()) {
    if ('say' in each) box.say(each.say, each.answer);
    else if ('act' in each) box.act(each.act);
    else if (isKilled(i)) {
      // It is off while time passes, and what was due comes at the start.
      box.kill();
      box.to(box.now + each.wait);
    } else box.to(box.now + each.wait);
    if (isKilled(i)) box.kill();
  }
  box.to(box.now + 10 * 60 * MIN);
  return box.entries;
}

test('killed after any input it tells what an unbroken run tells: everything of it is on disk', () => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 60 }), fc.uniqueArray(fc.nat(59)), (inputs, kills) => {
      const killed = new Set(kills);
      expect(run(inputs, (i) => killed.has(i))).toEqual(run(inputs, () => false));
    }),
    { numRuns: Number(process.env.RUNS ?? 200) },
  );
});

test('the same while an incident goes from tier to tier', () => {
  const steps = fc.oneof(
    fc.constantFrom<Input>(...KEYS.map((alarm) => ({ act: { kind: 'acknowledge', alarm, by: 'Li' } }) as const)),
    fc.constantFrom<Input>(...KEYS.map((say) => ({ say, answer: 'yellow' }) as const)),
    { arbitrary: fc.constantFrom<Input>({ wait: MIN }, { wait: 2 * MIN }, { wait: 7 * MIN }), weight: 2 },
    input,
  );
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 20 }), fc.uniqueArray(fc.nat(19)), (inputs, kills) => {
      const killed = new Set(kills);
      expect(run(inputs, (i) => killed.has(i), true)).toEqual(run(inputs, () => false, true));
    }),
    { numRuns: Number(process.env.RUNS ?? 200) },
  );
});

test('whatever happens, what was announced of an open alarm is what keeps it from people', () => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
      const box = new Box(WATCHES, SETTINGS, [PLAN]);
      for (const each of inputs) {
        if ('say' in each) box.say(each.say, each.answer);
        else if ('act' in each) box.act(each.act);
        else box.to(box.now + each.wait);
        const { shelves, outOfService } = box.book.standing;
        for (const { watch, announced, condition } of box.book.open) {
          if (watch.vital) expect(announced).toBeUndefined();
          if (watch.vital) continue;
          const isShelved = shelves.some((shelf) => shelf.key === watch.key);
          expect(announced?.shelved != null).toBe(isShelved);
          const isOut = outOfService.some(
            (out) => out.on === watch.device || out.on === `${watch.device}/${watch.point}`,
          );
          expect(announced?.outOfService != null).toBe(isOut);
          const isDown = box.book.find('down@link:l/state')?.condition === 'active';
          if (isDown && watch.rule === 'r') expect(announced?.suppressedBy).toBe('down@link:l/state');
          expect(['active', 'normal']).toContain(condition);
        }
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 100) },
  );
});
