import { describe, expect, test } from 'vitest';
import { Fault } from '../../../gateway/kit/fault.ts';
import { answers, rtuSeal, silent, tcpSeal } from './fake-bus.ts';
import { Rig, type RigOptions } from './rig.ts';
import { makeDevice } from './site.ts';

const EVERY_MS = 1000;
const gone = new Fault('modbus-unreachable', 'gone');

/** Seconds from the return of a link or unit to its first good value. */
async function untilGood(rig: Rig, device: string): Promise<number> {
  rig.forget();
  for (let steps = 1; steps <= 1000; steps++) {
    await rig.clock.advance(100);
    if (rig.take(device).some((text) => !text.startsWith('!'))) return steps / 10;
  }
  return Number.POSITIVE_INFINITY;
}

describe('what was away is back within one back-off', () => {
  const away = [1, 5, 20, 60, 300];
  test.each(away.flatMap((seconds) => (['rtu', 'tcp'] as const).map((kind) => ({ seconds, kind }))))(
    'a $kind link pulled for $seconds s',
    async ({ seconds, kind }) => {
      const seal = kind === 'rtu' ? rtuSeal : tcpSeal;
      await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'], {}, EVERY_MS)], { kind }, (bus) => {
        bus.slaves.set(1, answers(seal, 10));
      }).read();
      await rig.clock.advance(3000);
      rig.bus.fault = gone;
      rig.bus.drop(gone);
      await rig.clock.advance(seconds * 1000);
      expect(rig.take('a').at(-1)).toBe('!link-down');
      rig.bus.fault = undefined;
      // The back-off is never longer than it was away, nor than 30 s; then the next period.
      expect(await untilGood(rig, 'a')).toBeLessThanOrEqual(Math.min(seconds, 30) + EVERY_MS / 1000 + 0.3);
    },
  );

  test.each(away)('a unit that is without power for %d s on a line with time', async (seconds) => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16', 'holding 6 u16'], {}, EVERY_MS)], {}, (bus) => {
      bus.slaves.set(1, answers(rtuSeal, 10));
    }).read();
    await rig.clock.advance(3000);
    rig.bus.slaves.set(1, silent);
    await rig.clock.advance(seconds * 1000);
    rig.bus.slaves.set(1, answers(rtuSeal, 10));
    // Four time-outs of patience for what may still be owed.
    expect(await untilGood(rig, 'a')).toBeLessThanOrEqual(6);
  });
});

describe('a unit that was without power on a line that is full', () => {
  // Twenty units each second, each answering after 46 ms: nearly all that one after another can.
  const units = Array.from({ length: 20 }, (_, index) => index + 1);
  const cases: readonly (readonly [string, RigOptions, number])[] = [
    ['RTU', { kind: 'rtu' }, 12],
    ['TCP, one in flight', { kind: 'tcp', window: 1 }, 40],
  ];
  test.each(cases)('%s', async (_, options, mostSeconds) => {
    const seal = options.kind === 'tcp' ? tcpSeal : rtuSeal;
    const devices = units.map((unit) => makeDevice(`u${unit}`, unit, ['holding 5 u16', 'holding 6 u16']));
    const work = answers(seal, 43);
    await using rig = new Rig(devices, options, (bus) => {
      for (const unit of units) bus.slaves.set(unit, work);
    }).read();
    await rig.clock.advance(10_000);
    for (const seconds of [10, 60]) {
      rig.bus.slaves.set(7, silent);
      await rig.clock.advance(seconds * 1000);
      rig.bus.slaves.set(7, work);
      expect(await untilGood(rig, 'u7')).toBeLessThanOrEqual(mostSeconds);
      await rig.clock.advance(10_000);
    }
  });
});
