import { afterEach, describe, expect, test, vi } from 'vitest';
import { openClock } from '../../../gateway/kit/clock.ts';

const BEGIN = Date.parse('2026-07-15T22:00:00+08:00');

/** The two lines of a machine, `real` ms after its clock was opened, their phases 0.7 ms apart. */
function machine() {
  let [real, stepped] = [0, 0];
  vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(BEGIN + real + stepped));
  vi.spyOn(performance, 'now').mockImplementation(() => 5000.7 + real);
  return {
    to: (ms: number) => {
      real = ms;
    },
    step: (ms: number) => {
      stepped += ms;
    },
  };
}

afterEach(() => vi.restoreAllMocks());

describe('the system’s clock', () => {
  test.each([1, 30])(
    'the wall clock is as far from the line as before, whatever is rounded, at a rate of %d',
    (rate) => {
      const lines = machine();
      const clock = openClock({ rate });
      const apart = new Set<number>();
      for (let ms = 0; ms < 200; ms += 0.3) {
        lines.to(ms);
        apart.add(clock.now() - clock.tick());
      }
      expect([...apart]).toEqual([0]);
    },
  );

  test('a step moves the wall clock and not the line, at once and to the millisecond', () => {
    const lines = machine();
    const clock = openClock();
    lines.to(1000);
    expect([clock.now(), clock.tick()]).toEqual([BEGIN + 1000, BEGIN + 1000]);
    lines.step(-3_600_000);
    lines.to(2000);
    expect([clock.now(), clock.tick()]).toEqual([BEGIN + 2000 - 3_600_000, BEGIN + 2000]);
    lines.step(3_600_000 + 40);
    lines.to(3000);
    expect([clock.now(), clock.tick()]).toEqual([BEGIN + 3040, BEGIN + 3000]);
  });

  test('one that is put right little by little is followed', () => {
    const lines = machine();
    const clock = openClock();
    for (let second = 1; second <= 100; second++) {
      lines.step(0.5);
      lines.to(second * 1000);
      expect(Math.abs(clock.now() - (BEGIN + second * 1000.5))).toBeLessThan(4);
    }
  });
});
