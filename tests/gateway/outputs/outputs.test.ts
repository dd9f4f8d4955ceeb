import { describe, expect, test } from 'vitest';
import type { Written } from '../../../drivers/driver.ts';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import type { Output, OutputValue } from '../../../gateway/outputs/output.ts';
import type { OutputTold } from '../../../gateway/outputs/output-event.ts';
import { Outputs } from '../../../gateway/outputs/outputs.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { anAlarm, anOutput, aUse } from './some.ts';

type Vice = 'none' | 'cut' | 'refuses' | 'ignores' | 'hangs' | 'waits' | 'away';

/** Relays in memory, and a line that can be cut. */
class World {
  readonly clock = new FakeClock();
  readonly points = new Map<string, OutputValue>();
  readonly writes: string[] = [];
  readonly told: string[] = [];
  vice: Vice = 'none';
  /** What happens after a write, before its writer is told that it is done. */
  meanwhile = () => {};
  alarms: Alarm[] = [];

  open(outputs: readonly Output[] = [anOutput()], use = aUse()): Outputs {
    return new Outputs({
      outputs,
      usesOf: (rule) => (rule === 'wet' ? [use] : []),
      alarms: () => this.alarms,
      write: (_link, point, value, signal) => this.#write(point, value, signal),
      clock: this.clock,
      wire: this.clock,
      log: silentLog,
      encodeTime: (at) => new Date(at).toISOString(),
      tell: ({ type, data }) => {
        const { output, wanted, readBack, code, alarm } = data as OutputTold;
        this.told.push([type.slice(type.lastIndexOf('.') + 1), output, wanted, readBack, code, alarm].join(' '));
      },
    });
  }

  async #write(point: string, value: OutputValue, signal: AbortSignal): Promise<Written> {
    this.writes.push(`${point} ${value}`);
    switch (this.vice) {
      case 'cut':
        return { done: false, code: 'link-down' };
      case 'refuses':
        return { done: false, code: 'exception-4' };
      case 'ignores':
        return { done: false, code: 'read-back-differs', readBack: this.points.get(point) ?? 'off' };
      case 'away':
        return { done: false, code: 'not-connected' };
      case 'waits':
        return new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve({ done: false, code: 'aborted' })),
        );
      case 'hangs':
        return new Promise(() => {});
      default:
        this.points.set(point, value);
        this.meanwhile();
        return { done: true, readBack: value };
    }
  }

  /** A poll of a point shows what it is. */
  poll(outputs: Outputs, point: string, value: OutputValue | null = this.points.get(point) ?? null): void {
    const bad = { quality: 'bad', code: 'no-answer' } as const;
    outputs.take([{ point, value, tick: this.clock.tick(), ...(value === null ? bad : { quality: 'good' }) }]);
  }

  is = (point = 'relay-1/siren') => this.points.get(point);
}

const RED = anAlarm('a', 'red');
const KEY = 'wet@a/depth';

test('at the start each is what the alarms then want, whatever it was before', async () => {
  const world = new World();
  world.points.set('relay-1/siren', 'on').set('relay-1/beacon', 'off');
  world.alarms = [RED];
  const beacon = anOutput({ id: 'beacon-1', point: 'relay-1/beacon' });
  await using outputs = world.open([anOutput(), beacon], aUse({ outputs: ['beacon-1'] }));
  await world.clock.advance(10);
  expect([world.is(), world.is('relay-1/beacon')]).toEqual(['off', 'on']);
  expect(outputs.list().map(({ id, state, alarm }) => [id, state, alarm])).toEqual([
    ['siren-1', 'safe', null],
    ['beacon-1', 'on', KEY],
  ]);
  expect(world.told).toEqual([]);
});

test('it follows an alarm, and is written once, not at each look', async () => {
  const world = new World();
  await using outputs = world.open();
  await world.clock.advance(5000);
  world.alarms = [RED];
  outputs.refresh();
  await world.clock.advance(5000);
  expect(world.is()).toBe('on');
  world.alarms = [];
  outputs.refresh();
  await world.clock.advance(10);
  expect(world.writes).toEqual(['relay-1/siren off', 'relay-1/siren on', 'relay-1/siren off']);
});

const VICES: readonly [Vice, string][] = [
  ['cut', 'failed siren-1 on  link-down wet@a/depth'],
  ['refuses', 'failed siren-1 on  exception-4 wet@a/depth'],
  ['ignores', 'failed siren-1 on off read-back-differs wet@a/depth'],
];

describe('the world does not follow', () => {
  test.each(VICES)(
    'a line that is %s: told once, tried again more and more seldom, told when it follows again',
    async (vice, told) => {
      const world = new World();
      await using outputs = world.open();
      await world.clock.advance(10_000);
      world.vice = vice;
      world.alarms = [RED];
      outputs.refresh();
      await world.clock.advance(300_000);
      expect(world.told).toEqual([told]);
      expect(outputs.list()[0]).toMatchObject({ state: 'failed', wanted: 'on', failures: 1 });
      const tries = world.writes.length;
      expect(tries).toBeGreaterThan(8);
      expect(tries).toBeLessThan(25);
      world.vice = 'none';
      await world.clock.advance(31_000);
      expect(world.told).toEqual([told, 'restored siren-1 on on  wet@a/depth']);
      expect(world.is()).toBe('on');
    },
  );

  test('a link that comes up within the first seconds is no failure', async () => {
    const world = new World();
    world.vice = 'cut';
    await using _outputs = world.open();
    await world.clock.advance(3000);
    world.vice = 'none';
    await world.clock.advance(5000);
    expect([world.is(), world.told]).toEqual(['off', []]);
  });

  test('what is wanted meanwhile is tried at once, not after the pause', async () => {
    const world = new World();
    world.vice = 'cut';
    await using outputs = world.open();
    await world.clock.advance(120_000);
    world.vice = 'none';
    world.alarms = [RED];
    outputs.refresh();
    await world.clock.advance(1);
    expect(world.is()).toBe('on');
  });

  test('a write that waits for its device is given up for what is wanted now', async () => {
    const world = new World();
    await using outputs = world.open();
    await world.clock.advance(10_000);
    world.vice = 'waits';
    world.alarms = [RED];
    outputs.refresh();
    await world.clock.advance(10);
    world.vice = 'none';
    world.alarms = [];
    outputs.refresh();
    await world.clock.advance(10);
    expect([world.writes.at(-1), world.is(), world.told]).toEqual(['relay-1/siren off', 'off', []]);
    expect(outputs.list()[0]).toMatchObject({ state: 'safe' });
  });

  test('one that waits does not hold up the end', async () => {
    const world = new World();
    const outputs = world.open();
    await world.clock.advance(10_000);
    world.vice = 'waits';
    world.alarms = [RED];
    outputs.refresh();
    await world.clock.advance(10);
    world.vice = 'none';
    const ending = outputs[Symbol.asyncDispose]();
    await world.clock.advance(10);
    await ending;
    expect([world.writes.at(-1), world.told]).toEqual(['relay-1/siren off', []]);
  });

  test('a device that is not back at its broker yet is no failure for half a minute, and is told what to be once it is heard', async () => {
    const world = new World();
    world.vice = 'away';
    world.alarms = [RED];
    await using outputs = world.open();
    await world.clock.advance(29_000);
    expect(world.told).toEqual([]);
    world.vice = 'none';
    world.poll(outputs, 'relay-1/siren', 'off');
    await world.clock.advance(1);
    expect([world.is(), world.told]).toEqual(['on', []]);
  });

  test('one that stays away is told', async () => {
    const world = new World();
    world.vice = 'away';
    await using _outputs = world.open();
    await world.clock.advance(90_000);
    expect(world.told).toEqual(['failed siren-1 off  not-connected ']);
    // Else the end would wait for it.
    world.vice = 'none';
  });

  test('a relay that somebody switches by hand is switched back; one that does not hold is told of', async () => {
    const world = new World();
    await using outputs = world.open();
    world.alarms = [RED];
    outputs.refresh();
    await world.clock.advance(1000);
    for (let i = 0; i < 2; i++) {
      world.points.set('relay-1/siren', 'off');
      world.poll(outputs, 'relay-1/siren');
      await world.clock.advance(1000);
      expect(world.is()).toBe('on');
    }
    expect(world.told).toEqual([]);
    world.points.set('relay-1/siren', 'off');
    world.poll(outputs, 'relay-1/siren');
    await world.clock.advance(1000);
    expect(world.told).toEqual([`failed siren-1 on off does-not-hold ${KEY}`]);
    await world.clock.advance(61_000);
    world.poll(outputs, 'relay-1/siren');
    expect(world.told[1]).toBe(`restored siren-1 on on  ${KEY}`);
  });

  test('of a device that reports only changes: switched back the very moment it has obeyed, it is switched again', async () => {
    const world = new World();
    await using outputs = world.open();
    await world.clock.advance(1000);
    world.meanwhile = () => {
      world.meanwhile = () => {};
      world.poll(outputs, 'relay-1/siren', 'off');
      world.poll(outputs, 'relay-1/siren', 'on');
      world.points.set('relay-1/siren', 'off');
      world.poll(outputs, 'relay-1/siren', 'off');
    };
    world.alarms = [RED];
    outputs.refresh();
    await world.clock.advance(2000);
    expect([world.is(), world.told]).toEqual(['on', []]);
  });

  test('what a poll shows of before the write is no change', async () => {
    const world = new World();
    await using outputs = world.open();
    await world.clock.advance(1000);
    world.writes.length = 0;
    world.meanwhile = () => world.poll(outputs, 'relay-1/siren', 'off');
    world.alarms = [RED];
    outputs.refresh();
    await world.clock.advance(2000);
    expect([world.writes, world.told]).toEqual([['relay-1/siren on'], []]);
    world.meanwhile = () => {};
  });

  test('a cut line under a siren that is on is told before anybody wants it otherwise', async () => {
    const world = new World();
    world.alarms = [RED];
    await using outputs = world.open();
    await world.clock.advance(1000);
    world.poll(outputs, 'relay-1/siren', null);
    expect(world.told).toEqual([`failed siren-1 on  no-answer ${KEY}`]);
    world.poll(outputs, 'relay-1/siren');
    expect(world.told[1]).toBe(`restored siren-1 on on  ${KEY}`);
  });

  const pump = anOutput({
    id: 'pump-1',
    kind: 'pump',
    point: 'box/run',
    feedback: { point: 'box/contact', withinMs: 5000, shows: { on: 'running', off: 'stopped' } },
  });

  test('a contactor that does not pull: the order was taken, the contact says otherwise', async () => {
    const world = new World();
    world.points.set('box/contact', 'stopped');
    await using outputs = world.open([pump], aUse({ outputs: ['pump-1'] }));
    world.poll(outputs, 'box/contact');
    await world.clock.advance(10_000);
    expect(world.told).toEqual([]);
    world.alarms = [RED];
    outputs.refresh();
    await world.clock.advance(1000);
    world.poll(outputs, 'box/contact');
    await world.clock.advance(5000);
    expect(world.told).toEqual([`failed pump-1 on stopped feedback-differs ${KEY}`]);
    world.points.set('box/contact', 'running');
    world.poll(outputs, 'box/contact');
    expect(world.told[1]).toBe(`restored pump-1 on on  ${KEY}`);
  });

  test('the watchdog of a device is set at the start, and again when the device was away', async () => {
    const world = new World();
    await using outputs = world.open([{ ...pump, feedback: null, watchdog: { point: 'box/watchdog', value: 60 } }]);
    await world.clock.advance(1000);
    expect(world.writes).toEqual(['box/run off', 'box/watchdog 60']);
    world.poll(outputs, 'box/run', null);
    await world.clock.advance(1000);
    world.poll(outputs, 'box/run');
    await world.clock.advance(1000);
    expect(world.writes).toEqual(['box/run off', 'box/watchdog 60', 'box/watchdog 60']);
  });
});

describe('the end', () => {
  test('every output is safe, though alarms stand', async () => {
    const world = new World();
    world.alarms = [RED];
    const outputs = world.open();
    await world.clock.advance(100);
    expect(world.is()).toBe('on');
    await outputs[Symbol.asyncDispose]();
    expect(world.is()).toBe('off');
    outputs.refresh();
    await world.clock.advance(10_000);
    expect(world.is()).toBe('off');
  });

  test.each<Vice>(['cut', 'refuses', 'hangs'])(
    'a line that is %s holds it up for seconds, and is told',
    async (vice) => {
      const world = new World();
      world.alarms = [RED];
      const outputs = world.open();
      await world.clock.advance(10_000);
      world.vice = vice;
      const ending = outputs[Symbol.asyncDispose]();
      await world.clock.advance(4000);
      await ending;
      expect(world.told).toEqual(['failed siren-1 off on not-safe ']);
    },
  );
});

describe('another site', () => {
  test('what stays keeps its state; what goes is safe first, and what is new is driven', async () => {
    const world = new World();
    world.alarms = [RED];
    const [siren, beacon] = [anOutput(), anOutput({ id: 'beacon-1', point: 'relay-1/beacon' })];
    const use = aUse({ outputs: ['siren-1', 'beacon-1'] });
    await using outputs = world.open(
      [siren, anOutput({ id: 'old', point: 'relay-1/old' })],
      aUse({ outputs: ['siren-1', 'old'] }),
    );
    await world.clock.advance(100);
    expect([world.is(), world.is('relay-1/old')]).toEqual(['on', 'on']);
    world.writes.length = 0;
    await outputs.leave([siren, beacon]);
    outputs.change([siren, beacon], () => [use], []);
    await world.clock.advance(100);
    expect(world.writes).toEqual(['relay-1/old off', 'relay-1/beacon on']);
    expect(outputs.list().map(({ id }) => id)).toEqual(['siren-1', 'beacon-1']);
  });

  test('behind a link that was opened anew it is written again', async () => {
    const world = new World();
    world.alarms = [RED];
    await using outputs = world.open();
    await world.clock.advance(100);
    world.writes.length = 0;
    outputs.change([anOutput()], () => [aUse()], ['plc']);
    await world.clock.advance(100);
    expect(world.writes).toEqual(['relay-1/siren on']);
  });
});

describe('by hand', () => {
  const WANG = { by: 'wang', isAdmin: false };

  test.each([
    ['a value that is not in the whitelist', 'siren-1', 'loud', 1000, {}, 'output-value'],
    ['an output that is not there', 'siren-9', 'on', 1000, {}, 'no-such-output'],
    ['longer than it may be on', 'siren-1', 'on', 60_001, { maxOnMs: 60_000 }, 'output-time'],
    ['more than a day', 'siren-1', 'off', 25 * 3_600_000, {}, 'output-time'],
    ['silenced where nobody may', 'siren-1', 'off', 1000, { silence: 'nobody' as const }, 'output-silence'],
    ['silenced where only an admin may', 'siren-1', 'off', 1000, { silence: 'admin' as const }, 'output-silence'],
  ])('%s is refused', async (_says, id, value, forMs, more, code) => {
    const world = new World();
    world.alarms = [RED];
    await using outputs = world.open([anOutput(more)]);
    await world.clock.advance(100);
    expect(() => outputs.set(id, value, forMs, WANG)).toThrow(expect.objectContaining({ code }));
    await world.clock.advance(100);
    expect([world.is(), world.told]).toEqual(['on', []]);
  });

  test('set, told with who, and given back by itself', async () => {
    const world = new World();
    await using outputs = world.open();
    await world.clock.advance(100);
    expect(outputs.set('siren-1', 'slow', 60_000, WANG)).toMatchObject({ wanted: 'slow', by: 'wang' });
    await world.clock.advance(1000);
    expect(world.is()).toBe('slow');
    await world.clock.advance(60_000);
    expect([world.is(), world.told]).toEqual(['off', ['set siren-1 slow off  ']]);
  });

  test('released, it is what the alarms want', async () => {
    const world = new World();
    world.alarms = [RED];
    await using outputs = world.open();
    await world.clock.advance(100);
    outputs.set('siren-1', 'off', 60_000, WANG);
    await world.clock.advance(100);
    expect(world.is()).toBe('off');
    outputs.release('siren-1', 'wang');
    await world.clock.advance(100);
    expect([world.is(), world.told]).toEqual(['on', [`set siren-1 off on  ${KEY}`, `released siren-1 on off  ${KEY}`]]);
  });
});
