import { describe, expect, test } from 'vitest';
import { SiteClock } from '../../../gateway/console/site-clock.ts';
import { dateOf, timeNear, timeOfDay } from '../../../gateway/console/time.ts';

const MIDNIGHT = Date.parse('2026-07-16T00:00:00+08:00');

describe("the site's clock, as the page can tell it", () => {
  test('knows no time before the first word', () => {
    expect(new SiteClock().now(1000)).toBeNaN();
  });

  test('runs on from the last word as time passes here', () => {
    const clock = new SiteClock();
    clock.hear(MIDNIGHT, 1000);
    expect(clock.now(4000)).toBe(MIDNIGHT + 3000);
  });

  test('runs 45 times as fast once it has heard that the gateway does', () => {
    const clock = new SiteClock();
    clock.hear(MIDNIGHT, 0);
    clock.hear(MIDNIGHT + 45 * 5000, 5000);
    expect(clock.now(6000)).toBe(MIDNIGHT + 45 * 6000);
  });

  test('a late answer is no faster clock', () => {
    const clock = new SiteClock();
    clock.hear(MIDNIGHT, 0);
    clock.hear(MIDNIGHT + 5000, 5400);
    expect(clock.now(6400)).toBe(MIDNIGHT + 6000);
  });

  test('goes back with a gateway that was started again', () => {
    const clock = new SiteClock();
    clock.hear(MIDNIGHT, 0);
    clock.hear(MIDNIGHT - 3_600_000, 5000);
    expect(clock.now(5000)).toBe(MIDNIGHT - 3_600_000);
  });
});

describe("times in the site's zone, wherever the browser is", () => {
  test('24 hours, and midnight is 00', () => {
    expect(timeOfDay(MIDNIGHT, 'Asia/Shanghai')).toBe('00:00:00');
    expect(dateOf(MIDNIGHT, 'Asia/Shanghai')).toBe('2026-07-16');
    expect(dateOf(MIDNIGHT, 'UTC')).toBe('2026-07-15');
  });

  test('the same watch needs no date, another day does', () => {
    const evening = MIDNIGHT - 3_600_000;
    expect(timeNear(evening, MIDNIGHT, 'Asia/Shanghai')).toBe('23:00:00');
    expect(timeNear(evening, MIDNIGHT + 86_400_000, 'Asia/Shanghai')).toBe('07-15 23:00:00');
  });
});
