import { describe, expect, test } from 'vitest';
import { Flood } from '../../../gateway/alarms/flood.ts';
import type { IncidentData } from '../../../gateway/alarms/incident.ts';
import { ALARM_SETTINGS } from '../../../gateway/alarms/settings.ts';
import { aWatch, Box, MIN, PLAN, START, said } from './box.ts';

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
    box.say(KEYS[50] ?? '', 'orange');
    box.say(KEYS[0] ?? '', 'orange');
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

/** Twelve yellow ones at once: one incident, with a plan. */
const flooded = (settings = {}): Box => {
  const box = new Box(watches, settings, [PLAN]);
  for (const key of KEYS.slice(0, 12)) box.say(key, 'yellow');
  return box;
};
const DAY = 24 * 60 * MIN;
/** What is told of an incident, in minutes from the start: `0 opened 11 tier 1`, `5 escalated 12 tier 2 acknowledge`. */
const toldOf = (box: Box): string[] => {
  let isOver = false;
  return incidents(box).map(({ type, time, data }) => {
    const { count, response, reason, by } = data as IncidentData;
    isOver ||= type.endsWith('.closed');
    expect((data as IncidentData).over).toBe(isOver);
    const parts = [(Date.parse(time) - START) / MIN, type.slice(21), count, `tier ${response?.tier}`, response?.late];
    return [...parts, reason === 'steady' ? null : reason, by && `by ${by}`].filter((part) => part != null).join(' ');
  });
};
const acknowledge = (alarm: string) => ({ kind: 'acknowledge', alarm, by: 'li' }) as const;

describe('an incident is to be acknowledged', () => {
  test('and goes from tier to tier while it is not, also beyond the end of the flood', () => {
    const box = flooded();
    box.to(START + DAY);
    expect(toldOf(box)).toEqual([
      '0 opened 11 tier 1',
      '5 escalated 12 tier 2 acknowledge',
      '10 closed 12 tier 2',
      '10 escalated 12 tier 3 acknowledge',
    ]);
  });

  test('says by when, and by which plan', () => {
    const [opened] = incidents(flooded());
    expect(opened?.data).toMatchObject({
      acknowledged: false,
      response: { plan: 'standard', waitsFor: 'acknowledge', due: new Date(START + 5 * MIN).toISOString(), tier: 1 },
    });
  });

  test('is so by its own id, and each of its alarms with it', () => {
    const box = flooded();
    box.to(START + MIN);
    const { receipt, each } = box.act(acknowledge('a11'));
    expect(receipt.status).toBe('done');
    expect(each).toHaveLength(12);
    expect(box.book.open.every(({ acknowledged }) => acknowledged)).toBe(true);
    expect(box.act(acknowledge('a11')).receipt.status).toBe('unchanged');
    box.to(START + DAY);
    expect(toldOf(box)).toEqual(['0 opened 11 tier 1', '1 acknowledged 12 tier 1 by li', '10 closed 12 tier 1']);
  });

  test('is so when the last of its alarms was seen, and not before', () => {
    const box = flooded();
    for (const key of KEYS.slice(0, 11)) box.act(acknowledge(key));
    expect(toldOf(box)).toHaveLength(1);
    box.act(acknowledge(KEYS[11] ?? ''));
    expect(toldOf(box).at(-1)).toBe('0 acknowledged 12 tier 1 by li');
  });

  test('what comes after it was seen is told in five minutes, and then goes from tier to tier like the rest', () => {
    const box = flooded();
    box.act(acknowledge('a11'));
    box.to(START + MIN);
    box.say(KEYS[12] ?? '', 'yellow');
    box.to(START + DAY);
    expect(toldOf(box).slice(2)).toEqual([
      '6 changed 13 tier 1 count',
      // One came, so that the end is no earlier.
      '10 closed 13 tier 1',
      '11 escalated 13 tier 2 acknowledge',
      '16 escalated 13 tier 3 acknowledge',
    ]);
  });

  test('what came after people were told, and before they said that they had seen it, is told as well', () => {
    const box = flooded();
    box.to(START + MIN);
    box.say(KEYS[12] ?? '', 'yellow');
    for (const key of KEYS.slice(0, 12)) box.act(acknowledge(key));
    box.to(START + 7 * MIN);
    expect(toldOf(box).slice(1)).toEqual(['1 acknowledged 13 tier 1 by li', '6 changed 13 tier 1 count']);
  });

  test('an alarm of it that was put aside is not waited for', () => {
    const box = flooded();
    for (const key of KEYS.slice(0, 11)) box.act(acknowledge(key));
    box.act({ kind: 'shelve', alarm: KEYS[11] ?? '', by: 'li', note: 'known', forMs: 60 * MIN, once: false });
    box.to(START + 20 * MIN);
    expect(toldOf(box).some((told) => told.includes('escalated'))).toBe(false);
  });

  test('is told once to a tier that nobody was sent to any of its alarms', () => {
    const plan = { ...PLAN, steps: { ...PLAN.steps, dispatch: { yellow: 10 * MIN } } };
    const sent = Array.from({ length: 12 }, (_, i) => aWatch(`r@e${i}/p`, { respond: 'standard' }));
    const box = new Box(sent, {}, [plan]);
    for (const { key } of sent) box.say(key, 'yellow');
    box.act(acknowledge('a11'));
    box.to(START + DAY);
    expect(toldOf(box).slice(2)).toEqual([
      '10 escalated 12 tier 2 dispatch',
      '10 closed 12 tier 1',
      '15 escalated 12 tier 3 dispatch',
    ]);
  });

  test('what is kept of it is gone with the last of its alarms', () => {
    const box = flooded();
    box.act(acknowledge('a11'));
    box.to(START + 30 * MIN);
    expect([...box.states.keys()].filter((name) => name.includes('incident'))).toHaveLength(2);
    for (const key of KEYS.slice(0, 12)) box.say(key, 'normal');
    expect([...box.states.keys()].filter((name) => name.includes('incident'))).toEqual([]);
  });
});

describe('nobody is left without being called', () => {
  test.each<[sentence: string, play: (box: Box) => void]>([
    [
      'an alarm that comes back when the flood is over calls by itself',
      (box) => {
        box.say(KEYS[0] ?? '', 'normal');
        box.to(START + 60 * MIN);
        box.say(KEYS[0] ?? '', 'yellow');
      },
    ],
    [
      'and one that rises then',
      (box) => {
        box.to(START + 60 * MIN);
        box.say(KEYS[0] ?? '', 'orange');
      },
    ],
    ['one that turns red in its midst', (box) => void box.say(KEYS[0] ?? '', 'red')],
    ['one that is red from the beginning', (box) => void box.say(KEYS[20] ?? '', 'red')],
  ])('%s', (_, play) => {
    const box = flooded();
    const before = box.entries.length;
    play(box);
    const [last] = box.entries
      .slice(before)
      .filter(({ type }) => /raised|level-changed/.test(type))
      .slice(-1);
    expect(last?.data).toMatchObject({ incident: null });
  });

  test('of a flood of red ones as many as are no flood yet call by themselves, and the incident tells of the others', () => {
    const box = new Box(watches, {}, [PLAN]);
    for (const key of KEYS.slice(0, 40)) box.say(key, 'red');
    const own = box.book.open.filter(({ incident }) => incident === undefined);
    expect(own).toHaveLength(11);
    expect(incidents(box)[0]?.data).toMatchObject({ level: 'red', firstOut: { alarm: 'a2' } });
    box.to(START + 2 * MIN);
    expect(toldOf(box).at(-1)).toBe('2 escalated 30 tier 2 acknowledge');
  });

  test('a red one that comes after it was seen is told at once', () => {
    const box = new Box(watches, {}, [PLAN]);
    for (const key of KEYS.slice(0, 40)) box.say(key, 'red');
    box.act(acknowledge(box.book.open.at(-1)?.incident ?? ''));
    box.to(START + MIN);
    box.say(KEYS[40] ?? '', 'red');
    box.to(START + MIN);
    expect(toldOf(box).at(-1)).toBe('1 changed 31 tier 1 count');
  });
});

test('what an earlier version has saved of a flood, without who calls alone, is taken over', () => {
  const incidents = { tell: () => [], list: () => {}, members: () => [] };
  const context = { newId: () => 'a1', incidents } as unknown as ConstructorParameters<typeof Flood>[1];
  const incident = { id: 'a1', openedAt: START, firstOut: null, count: 12, level: 'yellow', toldCount: 11 };
  const saved = { recent: [{ at: START, tick: 5, member: null }], incident };
  const before = new Flood(ALARM_SETTINGS.flood, context);
  before.restore(new Map([['alarms:flood:now', saved]]), 10);
  expect(before.incident).toEqual(incident);
  expect(before.standsAlone(20)).toBe(true);
});
