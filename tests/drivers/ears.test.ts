import { expect, test } from 'vitest';
import type { Overheard } from '../../drivers/driver.ts';
import { Ears } from '../../drivers/ears.ts';
import { Desk } from '../../drivers/hj212/desk.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { FakeClock } from '../tools/fake-clock.ts';
import { makeDevice } from './hj212/site.ts';
import { vectorOf } from './hj212/vectors.ts';

const said = (what: string, who: string | null = 'a'): Overheard => ({ at: 1, way: 'in', who, what, isRight: true });

test('each hears all until it stops; what is not printable is left out, and what is long is cut', () => {
  const ears = new Ears();
  const [first, second]: Overheard[][] = [[], []];
  const stop = ears.tap((heard) => first?.push(heard));
  ears.tap((heard) => second?.push(heard));
  ears.tell(() => said(`\u001b[2J${'更'.repeat(600)}`, 't'.repeat(300)));
  stop();
  ears.tell(() => said('b', null));
  expect(first).toEqual([said(`[2J${'更'.repeat(497)}`, 't'.repeat(200))]);
  expect(second).toHaveLength(2);
});

test('nothing is made up while nobody listens', () => {
  new Ears().tell(() => {
    throw new Error('made up');
  });
});

test('a frame of HJ 212 is heard with its fields and its answer, and without its password', () => {
  const clock = new FakeClock();
  const options = {
    mode: 'lenient',
    edition: 2017,
    extensions: true,
    timeSet: false,
    timeZone: 'Asia/Shanghai',
  } as const;
  const desk = new Desk([makeDevice()], options, { clock, wire: clock, log: silentLog }, () => {});
  const heard: Overheard[] = [];
  desk.ears.tap((each) => heard.push(each));
  const frame = vectorOf('std-c25-noise-realtime').says;
  desk.take(frame, { from: '10.0.0.1:4000', isOpen: true, send: () => {} });
  expect(heard.map(({ way, who }) => `${way} ${who}`)).toEqual([`in ${frame.mn}`, `out ${frame.mn}`]);
  expect(heard[0]?.what).toMatch(/^ST=23 CN=2011 .*-Rtd=50.1/);
  expect(JSON.stringify(heard)).not.toContain(frame.pw);
});
