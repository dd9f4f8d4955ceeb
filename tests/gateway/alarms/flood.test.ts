import { describe, expect, test } from 'vitest';
import type { IncidentData } from '../../../gateway/alarms/incident.ts';
import { aWatch, Box, MIN, START, said } from './box.ts';

const watches = Array.from({ length: 10_000 }, (_, i) =>
  aWatch(`r@d${i}/p`, { place: { grid: `G${i % 7}`, at: null } }),
);
const KEYS = watches.map(({ key }) => key);
const FIRE = aWatch('fire@s/state', { quantity: 'smoke.state', vital: true });

const incidents = (box: Box) => box.entries.filter(({ type }) => type.startsWith('city.gengfu.incident.'));

describe('a flood', () => {
  test('begins with the eleventh alarm in ten minutes, as one incident that lists them and names the first', () => {
    const box = new Box(watches);
    for (const key of KEYS.slice(0, 10)) {
      box.to(box.now + 59_000);
      expect(box.say(key, 'yellow').events[0]?.data.incident).toBeNull();
    }
    const step = box.say(KEYS[10] ?? '', 'blue');
    expect(step.events[0]?.data.incident).toBe('a11');
    const [opened] = incidents(box);
    expect(opened).toMatchObject({
      type: 'city.gengfu.incident.opened',
      data: { incident: 'a11', count: 11, level: 'yellow', firstOut: { alarm: 'a1', subject: 'd0/p/r', grid: 'G0' } },
    });
    expect(JSON.stringify(opened?.data).match(/"subject"/g)).toHaveLength(12);
    // Those before it are of it from now on.
    expect(new Set(box.book.open.map(({ incident }) => incident))).toEqual(new Set(['a11']));
  });

  test('ten in ten minutes are none', () => {
    const box = new Box(watches);
    for (const key of KEYS.slice(0, 100)) {
      box.to(box.now + 60_000);
      box.say(key, 'yellow');
    }
    expect(incidents(box)).toEqual([]);
  });

  test('ends when fewer than five came in ten minutes', () => {
    const box = new Box(watches);
    for (const key of KEYS.slice(0, 20)) {
      box.to(box.now + 1000);
      box.say(key, 'yellow');
    }
    const until = box.now - 4000 + 10 * MIN;
    box.to(until - 1);
    expect(incidents(box).at(-1)?.type).not.toMatch(/closed/);
    box.to(until);
    expect(incidents(box).at(-1)).toMatchObject({
      type: 'city.gengfu.incident.closed',
      time: new Date(until).toISOString(),
      data: { count: 20, level: null, previousLevel: 'yellow', reason: 'steady' },
    });
    expect(box.say(KEYS[20] ?? '', 'yellow').events[0]?.data.incident).toBeNull();
  });

  test('people are told of it when its level rises, and each time that it has doubled', () => {
    const box = new Box(watches);
    for (const key of KEYS.slice(0, 50)) box.say(key, 'yellow');
    box.say(KEYS[50] ?? '', 'red');
    box.say(KEYS[0] ?? '', 'red');
    expect(incidents(box).map(({ type, data }) => `${type.slice(21)} ${(data as IncidentData).count}`)).toEqual([
      'opened 11',
      'changed 22',
      'changed 44',
      'changed 51',
    ]);
  });

  test('a fire in its midst is none of it', () => {
    const box = new Box([...watches, FIRE]);
    for (const key of KEYS.slice(0, 30)) box.say(key, 'yellow');
    expect(box.say(FIRE.key, 'red').events[0]?.data.incident).toBeNull();
  });

  test('what nobody is called for is no part of it', () => {
    const box = new Box(watches);
    box.act({ kind: 'out-of-service', on: 'd', by: 'Li', owner: 'Wang', note: 'moved' });
    for (const key of KEYS.slice(0, 30)) {
      const on = key.slice(2, key.indexOf('/'));
      box.act({ kind: 'out-of-service', on, by: 'Li', owner: 'Wang', note: 'moved' });
      box.say(key, 'yellow');
    }
    expect(incidents(box)).toEqual([]);
  });

  test('ten thousand alarms in a minute: each has its event, people have a few, and what is kept has a bound', () => {
    const box = new Box(watches);
    const began = performance.now();
    let longest = 0;
    KEYS.forEach((key, i) => {
      box.to(START + i * 6);
      box.say(key, 'orange');
      for (const [name, json] of box.states) if (name.startsWith('alarms:')) longest = Math.max(longest, json.length);
    });
    const tookMs = performance.now() - began;
    expect(box.entries.filter(({ type }) => type.endsWith('.raised'))).toHaveLength(10_000);
    expect(new Set(box.book.open.map(({ incident }) => incident)).size).toBe(1);
    expect(incidents(box).length).toBeLessThan(15);
    expect(incidents(box).map(said).at(-1)).toMatch(/changed orange count/);
    for (const entry of incidents(box)) expect(JSON.stringify(entry).length).toBeLessThan(32_768);
    expect(longest).toBeLessThan(16_384);
    expect([...box.states.keys()].filter((name) => name.startsWith('alarms:')).length).toBeLessThan(5);
    expect(tookMs).toBeLessThan(60_000);
  });
});
