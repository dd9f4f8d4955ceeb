import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkTime } from '../../../drivers/network-time.ts';
import type { Clock, Trust } from '../../../gateway/kit/clock.ts';
import { CLOCK_CORRECTED, type ClockCorrected } from '../../../gateway/time/clock-corrected.ts';
import { KeptClock } from '../../../gateway/time/kept-clock.ts';
import type { TimeLink } from '../../../gateway/time/source-asker.ts';
import { STRETCH, TimeKeeper } from '../../../gateway/time/time-keeper.ts';
import { FakeClock } from '../../tools/fake-clock.ts';

const TRUE = Date.parse('2026-07-15T14:00:00Z');
const HOUR = 3_600_000;

interface Written {
  readonly time: number;
  readonly right: number;
  readonly told: ClockCorrected | null;
  readonly isVouched: boolean;
}

/** A machine with a wall clock that may be wrong, a log that is durable when it is flushed, and processes that are killed. */
class Machine {
  /** Since the machine was made, ms: what time really passes. */
  readonly real = new FakeClock(TRUE);
  #boot = 0;
  #bootedAt = TRUE - 60_000;
  /** What the wall clock is wrong by. */
  wrong = 0;
  trust: Trust = 'unknown';
  instruments: readonly string[] = [];
  readonly log: Written[] = [];
  #states = new Map<string, object>();
  #waiting: { written: Written[]; states: readonly { key: string; state: object | null }[] }[] = [];
  #keeper: TimeKeeper | undefined;
  clock = this.#start();

  get time(): KeptClock {
    return this.clock;
  }

  #start(links: ReadonlyMap<string, TimeLink> = new Map()): KeptClock {
    const { real } = this;
    const system: Clock = {
      now: () => real.now() + this.wrong,
      tick: () => real.tick(),
      trust: () => this.trust,
      sleep: (ms, signal) => real.sleep(ms, signal),
      after: (ms, run) => real.after(ms, run),
    };
    const stepped = async () => {};
    const clock = new KeptClock(system, { trust: () => this.trust, stepped }, ['modem', 'platform', 'hj212']);
    const bootedAt = this.#bootedAt;
    this.#keeper = new TimeKeeper({
      clock,
      boot: { id: `boot ${this.#boot}`, now: () => real.tick() - bootedAt },
      wire: real,
      log: { info() {}, warn() {}, error() {}, debug() {} } as never,
      saved: this.#states.get(STRETCH),
      next: () => this.log.length + this.#waiting.reduce((sum, { written }) => sum + written.length, 0) + 1,
      keep: async (told, states) => {
        const written = told.map(({ type, time, data }) => {
          expect(type).toBe(CLOCK_CORRECTED);
          return { time: Date.parse(time), right: real.now(), told: data as ClockCorrected, isVouched: true };
        });
        this.#waiting.push({ written, states });
        return [];
      },
      encodeTime: (at) => new Date(at).toISOString(),
      changed: () => {},
      links: () => links,
      instruments: () => this.instruments,
    });
    this.clock = clock;
    return clock;
  }

  restart(links?: ReadonlyMap<string, TimeLink>): void {
    this.#keeper?.[Symbol.dispose]();
    this.#waiting = [];
    this.#start(links);
  }

  /** The power was off for so long. */
  async reboot(offMs: number, wrong: number): Promise<void> {
    this.#keeper?.[Symbol.dispose]();
    await this.real.advance(offMs);
    this.#boot++;
    this.#bootedAt = this.real.tick();
    this.wrong = wrong;
    this.trust = 'unknown';
    this.restart();
  }

  write(): void {
    const time = this.clock.now();
    const isVouched = this.clock.trust() === 'synchronised';
    this.#waiting.push({ written: [{ time, right: this.real.now(), told: null, isVouched }], states: [] });
  }

  flush(): void {
    for (const { written, states } of this.#waiting.splice(0)) {
      this.log.push(...written);
      for (const { key, state } of states) {
        if (state === null) this.#states.delete(key);
        else this.#states.set(key, state);
      }
    }
  }

  synchronise(): void {
    this.wrong = 0;
    this.clock.now();
    this.trust = 'synchronised';
  }

  get told(): ClockCorrected[] {
    return this.log.flatMap(({ told }) => told ?? []);
  }

  status = () => this.#keeper?.status();
}

test('a boot in 1970: what was written until the time was known is corrected by one later entry', async () => {
  const machine = new Machine();
  machine.wrong = -TRUE;
  machine.restart();
  machine.write();
  await machine.real.advance(60_000);
  machine.write();
  machine.synchronise();
  await machine.real.advance(5000);
  machine.write();
  await machine.real.advance(5000);
  machine.flush();
  expect(machine.told).toEqual([
    {
      from: 1,
      to: 2,
      offsetMs: TRUE,
      source: 'system',
      trust: { before: 'unknown', after: 'synchronised' },
      at: { old: '1970-01-01T00:01:01.000Z', new: '2026-07-15T14:01:01.000Z' },
    },
  ]);
});

test('a boot in 1970 goes on from the last time that is known, until the wall clock is set', async () => {
  const machine = new Machine();
  machine.wrong = -TRUE;
  machine.restart();
  machine.clock.remember(TRUE - HOUR);
  await machine.real.advance(1000);
  machine.write();
  expect(machine.status()).toMatchObject({ trust: 'unknown', source: 'ledger', offsetMs: TRUE - HOUR });
  machine.synchronise();
  machine.write();
  await machine.real.advance(1000);
  machine.flush();
  expect(machine.log.slice(0, 2).map(({ time, right }) => time - right)).toEqual([-HOUR, 0]);
  expect(machine.told.map(({ from, to, offsetMs }) => [from, to, offsetMs])).toEqual([[1, 1, HOUR]]);
});

for (const [what, ms] of [
  ['an hour ahead', HOUR],
  ['an hour behind', -HOUR],
  ['years ahead', 9 * 365 * 24 * HOUR],
] as const) {
  test(`a clock that nobody vouches for is stepped ${what}: each part of the log is told its own`, async () => {
    const machine = new Machine();
    machine.write();
    machine.wrong = ms;
    machine.write();
    machine.write();
    machine.synchronise();
    await machine.real.advance(2000);
    machine.flush();
    expect(machine.told.map(({ from, to, offsetMs }) => [from, to, offsetMs])).toEqual([[2, 3, -ms]]);
  });
}

test('a kill before the time is known, and one just after, lose nothing and tell nothing twice', async () => {
  const machine = new Machine();
  machine.wrong = HOUR;
  machine.restart();
  machine.write();
  machine.flush();
  machine.restart();
  machine.synchronise();
  await machine.real.advance(1000);
  machine.restart();
  machine.flush();
  await machine.real.advance(2000);
  machine.flush();
  machine.restart();
  await machine.real.advance(2000);
  machine.flush();
  expect(machine.told.map(({ from, to, offsetMs }) => [from, to, offsetMs])).toEqual([[1, 1, -HOUR]]);
});

test('a clock that is trusted and stepped is told once a minute at most, as a sum, of no entries', async () => {
  const machine = new Machine();
  machine.trust = 'synchronised';
  machine.restart();
  machine.write();
  for (let n = 0; n < 30; n++) {
    machine.wrong += 2000;
    await machine.real.advance(1000);
  }
  await machine.real.advance(90_000);
  machine.flush();
  expect(machine.told.map(({ from, to, offsetMs, trust }) => [from, to, offsetMs, trust.before])).toEqual([
    [null, null, 2000, 'synchronised'],
    [null, null, 58_000, 'synchronised'],
  ]);
  expect(machine.status()).toMatchObject({ steps: 30, trust: 'synchronised', source: 'system', offsetMs: 0 });
});

test('while the system has no time a modem tells it; steps of the system then move nothing; the system takes over', async () => {
  const machine = new Machine();
  machine.wrong = -TRUE;
  let answer: () => NetworkTime = () => ({ code: 'no-network-time', error: 'not in a network' });
  machine.restart(new Map([['box', { networkTime: async () => answer() }]]));
  machine.write();
  await machine.real.advance(2000);
  expect(machine.status()).toMatchObject({ trust: 'unknown', source: 'system' });
  answer = () => ({ at: Date.UTC(1980, 0, 6), accuracyMs: 500 });
  await machine.real.advance(31_000);
  expect(machine.status()).toMatchObject({ trust: 'unknown', refused: 1 });
  answer = () => ({ at: machine.real.now() + 300, accuracyMs: 500 });
  await machine.real.advance(31_000);
  expect(machine.status()).toMatchObject({ trust: 'synchronised', source: 'modem', offsetMs: TRUE + 300 });
  machine.wrong = HOUR;
  expect(machine.clock.now()).toBe(machine.real.now() + 300);
  machine.write();
  machine.synchronise();
  await machine.real.advance(2000);
  expect(machine.status()).toMatchObject({ trust: 'synchronised', source: 'system', offsetMs: 0 });
  machine.flush();
  expect(machine.told).toMatchObject([{ from: 1, to: 1, offsetMs: TRUE + 300, source: 'modem' }]);
});

test('while the system has no time two instruments that agree tell it; no timer is moved, and one telling corrects all', async () => {
  const machine = new Machine();
  machine.wrong = -TRUE;
  machine.instruments = ['noise-1', 'noise-2'];
  let off: Readonly<Record<string, number>> = { 'noise-1': 0, 'noise-2': HOUR };
  const deviceClocks = () =>
    Object.entries(off).map(([device, wrong]) => ({
      device,
      at: machine.real.now() + wrong - 200,
      agoMs: 200,
      accuracyMs: 5000,
    }));
  let rung = 0;
  machine.real.after(90_000, () => rung++);
  machine.restart(new Map([['instruments', { deviceClocks }]]));
  machine.write();
  await machine.real.advance(40_000);
  expect(machine.status()).toMatchObject({ trust: 'unknown', source: 'system', refused: 0 });
  off = { 'noise-1': 0, 'noise-2': 1000 };
  machine.write();
  await machine.real.advance(40_000);
  expect(machine.status()).toMatchObject({ trust: 'synchronised', source: 'hj212', offsetMs: TRUE + 1000 });
  expect(rung).toBe(0);
  await machine.real.advance(10_000);
  expect(rung).toBe(1);
  machine.write();
  machine.flush();
  expect(machine.told).toMatchObject([{ from: 1, to: 2, offsetMs: TRUE + 1000, source: 'hj212' }]);
});

test('whatever happens, each entry that nobody vouched for can be put right by what is told later, and once', async () => {
  const op = fc.oneof(
    { arbitrary: fc.constant({ do: 'write' } as const), weight: 5 },
    { arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3000 }) }), weight: 2 },
    fc.record({ do: fc.constant('step' as const), ms: fc.constantFrom(-TRUE, -HOUR, -1500, 1500, HOUR, 9e10) }),
    { arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'kill' as const) }), weight: 3 },
    fc.record({ do: fc.constantFrom('synchronise' as const, 'lose' as const) }),
    fc.record({ do: fc.constant('reboot' as const), ms: fc.integer({ min: 1000, max: 1e9 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 40 }), async (ops) => {
      const machine = new Machine();
      const reboots: number[] = [];
      for (const each of ops) {
        if (each.do === 'write') machine.write();
        if (each.do === 'wait') await machine.real.advance(each.ms);
        if (each.do === 'step' && machine.trust !== 'synchronised') machine.wrong += each.ms;
        if (each.do === 'synchronise') machine.synchronise();
        if (each.do === 'lose') machine.trust = 'unknown';
        if (each.do === 'flush') machine.flush();
        if (each.do === 'kill') machine.restart();
        if (each.do === 'reboot') {
          await machine.reboot(each.ms, -each.ms);
          reboots.push(machine.log.length);
        }
      }
      machine.synchronise();
      await machine.real.advance(3000);
      machine.flush();
      for (const [index, { time, right, told, isVouched }] of machine.log.entries()) {
        if (told !== null) continue;
        const sequence = index + 1;
        const of = machine.told.filter(
          ({ from, to }) => from !== null && to !== null && from <= sequence && sequence <= to,
        );
        expect(of.length).toBeLessThanOrEqual(1);
        if (of[0]?.offsetMs === null) {
          expect(reboots.some((at) => at >= sequence)).toBe(true);
          continue;
        }
        expect(Math.abs(time + (of[0]?.offsetMs ?? 0) - right)).toBeLessThanOrEqual(1000);
        if (isVouched) expect(of).toEqual([]);
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 200) },
  );
});
