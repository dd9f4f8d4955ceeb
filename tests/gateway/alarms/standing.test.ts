import { describe, expect, test } from 'vitest';
import type { Step } from '../../../gateway/alarms/step.ts';
import { aWatch, Box, MIN, START, saidBy, standOf } from './box.ts';

const KEY = 'r@d/p';
const PARENT = 'down@link:l/state';
const WATCHES = [
  aWatch(KEY, { link: 'l', suppressedBy: ['down'] }),
  aWatch(PARENT, { quantity: 'link.state' }),
  aWatch('fire@s/state', { quantity: 'smoke.state', vital: true, link: 'l', suppressedBy: ['down'] }),
  aWatch('low@s/state', { quantity: 'smoke.state', vital: false }),
];
const li = { by: 'Li', note: 'known' };
const shelve = { kind: 'shelve', alarm: KEY, ...li, forMs: 60 * MIN, once: false } as const;

const SHELVED = (box: Box) => box.act(shelve).step;
const OUT = (box: Box) => box.act({ kind: 'out-of-service', on: 'd', owner: 'Wang', ...li, forMs: 60 * MIN }).step;
const ORDER = (box: Box) => box.act({ kind: 'work-order', on: 'd', order: '7', ...li, forMs: 60 * MIN }).step;
const DOWN = (box: Box) => box.say(PARENT, 'yellow');
const CHATTERED = (box: Box) => {
  for (let i = 0; i < 3; i++) {
    box.say(KEY, 'orange');
    box.to(box.now + 1000);
    box.say(KEY, 'normal');
    box.to(box.now + 1000);
  }
  return box.say(KEY, 'orange');
};

/** What keeps the alarm from people, before it is raised in orange. */
const COVERS: Readonly<Record<string, (box: Box) => unknown>> = {
  nothing: () => {},
  'a shelf': SHELVED,
  'its link': DOWN,
  'a work order': ORDER,
  'out of service': OUT,
  chatter: CHATTERED,
};

const INPUTS: Readonly<Record<string, (box: Box) => Step>> = {
  normal: (box) => box.say(KEY, 'normal'),
  'a higher level': (box) => box.say(KEY, 'red'),
  acknowledge: (box) => box.act({ kind: 'acknowledge', alarm: KEY, by: 'Li' }).step,
  shelve: SHELVED,
  unshelve: (box) => box.act({ kind: 'unshelve', alarm: KEY, by: 'Li' }).step,
  'link down': DOWN,
  'link up': (box) => box.say(PARENT, 'normal'),
  'out of service': OUT,
  'in service': (box) => box.act({ kind: 'in-service', on: 'd', by: 'Li' }).step,
  'work order': ORDER,
  'work done': (box) => box.act({ kind: 'end-work-order', on: 'd', by: 'Li' }).step,
  'an hour': (box) => box.to(box.now + 60 * MIN),
};

/** Every cover with every input: what is told, and how the alarm stands after it. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nothing: {
    normal: 'returned; → RTNUN',
    'a higher level': 'level-changed red; → UNACK',
    acknowledge: 'acknowledged orange by Li; → ACKED',
    shelve: 'shelved orange shelved by Li; → UNACK shelved',
    unshelve: '→ UNACK',
    'link down':
      'link:l/state/down raised yellow; suppressed orange suppressed:down@link:l/state parent-active; → UNACK suppressed',
    'link up': '→ UNACK',
    'out of service': 'd device.out-of-service by Li; out-of-service orange out by Li; → UNACK out',
    'in service': '→ UNACK',
    'work order': 'd device.work-order by Li; suppressed orange suppressed:work-order:7 by Li; → UNACK suppressed',
    'work done': '→ UNACK',
    'an hour': '→ UNACK',
  },
  'a shelf': {
    normal: 'returned shelved; → RTNUN shelved',
    'a higher level': 'level-changed red shelved; → UNACK shelved',
    acknowledge: 'acknowledged orange shelved by Li; → ACKED shelved',
    shelve: '→ UNACK shelved',
    unshelve: 'unshelved orange by Li; → UNACK',
    'link down':
      'link:l/state/down raised yellow; suppressed orange shelved suppressed:down@link:l/state parent-active; → UNACK shelved suppressed',
    'link up': '→ UNACK shelved',
    'out of service': 'd device.out-of-service by Li; out-of-service orange shelved out by Li; → UNACK shelved out',
    'in service': '→ UNACK shelved',
    'work order':
      'd device.work-order by Li; suppressed orange shelved suppressed:work-order:7 by Li; → UNACK shelved suppressed',
    'work done': '→ UNACK shelved',
    'an hour': 'unshelved orange expired; → UNACK',
  },
  'its link': {
    normal: 'returned suppressed:down@link:l/state; → RTNUN suppressed',
    'a higher level': 'level-changed red suppressed:down@link:l/state; → UNACK suppressed',
    acknowledge: 'acknowledged orange suppressed:down@link:l/state by Li; → ACKED suppressed',
    shelve: 'shelved orange shelved suppressed:down@link:l/state by Li; → UNACK shelved suppressed',
    unshelve: '→ UNACK suppressed',
    'link down': '→ UNACK suppressed',
    'link up': 'link:l/state/down returned; unsuppressed orange parent-returned; → UNACK',
    'out of service':
      'd device.out-of-service by Li; out-of-service orange suppressed:down@link:l/state out by Li; → UNACK suppressed out',
    'in service': '→ UNACK suppressed',
    'work order': 'd device.work-order by Li; → UNACK suppressed',
    'work done': '→ UNACK suppressed',
    'an hour': '→ UNACK suppressed',
  },
  'a work order': {
    normal: 'returned suppressed:work-order:7; → RTNUN suppressed',
    'a higher level': 'level-changed red suppressed:work-order:7; → UNACK suppressed',
    acknowledge: 'acknowledged orange suppressed:work-order:7 by Li; → ACKED suppressed',
    shelve: 'shelved orange shelved suppressed:work-order:7 by Li; → UNACK shelved suppressed',
    unshelve: '→ UNACK suppressed',
    'link down':
      'link:l/state/down raised yellow; suppressed orange suppressed:down@link:l/state parent-active; → UNACK suppressed',
    'link up': '→ UNACK suppressed',
    'out of service':
      'd device.out-of-service by Li; out-of-service orange suppressed:work-order:7 out by Li; → UNACK suppressed out',
    'in service': '→ UNACK suppressed',
    'work order': 'd device.work-order by Li; → UNACK suppressed',
    'work done': 'd device.work-order-ended by Li; unsuppressed orange by Li; → UNACK',
    'an hour': 'd device.work-order-ended expired; unsuppressed orange expired; → UNACK',
  },
  'out of service': {
    normal: 'returned out; → RTNUN out',
    'a higher level': 'level-changed red out; → UNACK out',
    acknowledge: 'acknowledged orange out by Li; → ACKED out',
    shelve: 'shelved orange shelved out by Li; → UNACK shelved out',
    unshelve: '→ UNACK out',
    'link down':
      'link:l/state/down raised yellow; suppressed orange suppressed:down@link:l/state out parent-active; → UNACK suppressed out',
    'link up': '→ UNACK out',
    'out of service': 'd device.out-of-service by Li; → UNACK out',
    'in service': 'd device.in-service by Li; in-service orange by Li; → UNACK',
    'work order':
      'd device.work-order by Li; suppressed orange suppressed:work-order:7 out by Li; → UNACK suppressed out',
    'work done': '→ UNACK out',
    'an hour': 'd device.in-service expired; in-service orange expired; → UNACK',
  },
  chatter: {
    normal: 'returned suppressed:chatter; → RTNUN suppressed',
    'a higher level': 'unsuppressed orange level; level-changed red; → UNACK',
    acknowledge: 'acknowledged orange suppressed:chatter by Li; → ACKED suppressed',
    shelve: 'shelved orange shelved suppressed:chatter by Li; → UNACK shelved suppressed',
    unshelve: '→ UNACK suppressed',
    'link down':
      'link:l/state/down raised yellow; suppressed orange suppressed:down@link:l/state parent-active; → UNACK suppressed',
    'link up': '→ UNACK suppressed',
    'out of service':
      'd device.out-of-service by Li; out-of-service orange suppressed:chatter out by Li; → UNACK suppressed out',
    'in service': '→ UNACK suppressed',
    'work order': 'd device.work-order by Li; suppressed orange suppressed:work-order:7 by Li; → UNACK suppressed',
    'work done': '→ UNACK suppressed',
    'an hour': 'unsuppressed orange steady; → UNACK',
  },
};

describe.each(Object.entries(COVERS))('orange, kept by %s', (cover, arrive) => {
  test.each(Object.entries(INPUTS))('%s, also after a restart', (input, give) => {
    for (const isKilled of [false, true]) {
      const box = new Box(WATCHES);
      arrive(box);
      if (cover !== 'chatter') box.say(KEY, 'orange');
      if (isKilled) box.kill();
      const step = give(box);
      const got = [...saidBy(step).map((each) => each.replace('d/p/r ', '')), `→ ${standOf(box.book, KEY)}`];
      expect(got.join('; ')).toBe(TABLE[cover]?.[input]);
    }
  });
});

describe('raised while it is kept from people', () => {
  test.each(Object.entries(COVERS))('by %s: its own event says so', (cover, arrive) => {
    const box = new Box(WATCHES);
    arrive(box);
    const raised = cover === 'chatter' ? box.entries.at(-1) : box.say(KEY, 'orange').events[0];
    const why = { shelvedUntil: null, suppressedBy: null, outOfService: null };
    const said: Readonly<Record<string, object>> = {
      'a shelf': { ...why, shelvedUntil: new Date(START + 60 * MIN).toISOString() },
      'its link': { ...why, suppressedBy: PARENT },
      'a work order': { ...why, suppressedBy: 'work-order:7' },
      'out of service': { ...why, outOfService: 'Wang' },
      chatter: { ...why, suppressedBy: 'chatter' },
    };
    expect(raised?.data).toMatchObject(said[cover] ?? why);
  });
});

describe('a shelf', () => {
  test('is told with who, why and until when, also on a key without an open alarm', () => {
    const box = new Box(WATCHES);
    const { receipt, step } = box.act(shelve);
    expect(receipt).toEqual({ status: 'done', alarm: null });
    expect(step.beside?.[0]?.entry).toMatchObject({
      type: 'city.gengfu.shelf.set',
      subject: KEY,
      data: { on: KEY, by: 'Li', note: 'known', until: new Date(START + 60 * MIN).toISOString(), once: false },
    });
    expect(saidBy(box.to(START + 60 * MIN))).toEqual([`${KEY} shelf.ended expired`]);
  });

  test.each([
    ['longer than the site allows', { forMs: 8 * 60 * MIN + 1 }, 'too-long'],
    ['of a fire', { alarm: 'fire@s/state' }, 'never-shelved'],
    ['of nothing', { alarm: 'r@d/none' }, 'no-such-alarm'],
  ])('%s is refused', (_says, more, code) => {
    const box = new Box(WATCHES);
    expect(box.act({ ...shelve, ...more }).receipt).toMatchObject({ status: 'refused', code });
    expect(box.entries).toEqual([]);
  });

  test('without a time lasts as long as the site allows', () => {
    const box = new Box(WATCHES, { shelveAtMostMs: 30 * MIN });
    box.say(KEY, 'orange');
    box.act({ kind: 'shelve', alarm: KEY, ...li, once: false });
    expect(saidBy(box.to(START + 30 * MIN))).toEqual(['d/p/r unshelved orange expired']);
    expect(box.entries.at(-1)?.time).toBe(new Date(START + 30 * MIN).toISOString());
  });

  test('that is one-shot ends when the alarm has returned, and the next one is heard', () => {
    const box = new Box(WATCHES);
    box.say(KEY, 'orange');
    box.act({ kind: 'shelve', alarm: KEY, ...li, once: true });
    expect(saidBy(box.say(KEY, 'normal'))).toEqual(['d/p/r returned shelved', 'd/p/r unshelved returned']);
    expect(saidBy(box.say(KEY, 'orange'))).toEqual(['d/p/r raised orange']);
  });

  test('is of the level that was seen: a higher one ends it', () => {
    const box = new Box(WATCHES);
    box.say(KEY, 'yellow');
    box.act(shelve);
    expect(saidBy(box.say(KEY, 'blue'))).toEqual(['d/p/r level-changed blue shelved']);
    expect(saidBy(box.say(KEY, 'orange'))).toEqual(['d/p/r unshelved blue level', 'd/p/r level-changed orange']);
  });
});

describe('a fire', () => {
  const FIRE = 'fire@s/state';

  test('is heard whatever stands: link down, work order, out of service', () => {
    const box = new Box(WATCHES);
    DOWN(box);
    box.act({ kind: 'work-order', on: 's', order: '7', ...li, forMs: MIN });
    box.act({ kind: 'out-of-service', on: 's', owner: 'Wang', ...li });
    const [raised] = box.say(FIRE, 'red').events;
    expect(raised?.data).toMatchObject({ suppressedBy: null, outOfService: null, shelvedUntil: null, incident: null });
    // Its battery is not.
    expect(box.say('low@s/state', 'blue').events[0]?.data).toMatchObject({
      suppressedBy: 'work-order:7',
      outOfService: 'Wang',
    });
  });

  test('that comes and goes is never calmed', () => {
    const box = new Box(WATCHES);
    for (let i = 0; i < 20; i++) {
      box.to(box.now + 1000);
      expect(box.say(FIRE, i % 2 === 0 ? 'red' : 'normal').events[0]?.data.suppressedBy).toBeNull();
    }
    expect(box.book.standing.chattering).toEqual([]);
  });

  test('that was stored before alarms said so is still one', () => {
    const box = new Box([aWatch(FIRE, { quantity: 'smoke.state' })]);
    box.say(FIRE, 'red');
    expect(box.act({ ...shelve, alarm: FIRE }).receipt).toMatchObject({ code: 'never-shelved' });
  });
});

describe('latched', () => {
  const LATCHED = [aWatch(KEY, { latched: true })];
  const reset = { kind: 'reset', alarm: KEY, by: 'Li', note: 'looked at' } as const;

  test('it stays active when its cause is gone, until it is reset', () => {
    const box = new Box(LATCHED);
    box.say(KEY, 'orange');
    expect(box.act(reset).receipt).toMatchObject({ status: 'refused', code: 'wrong-step' });
    expect(saidBy(box.say(KEY, 'normal'))).toEqual(['d/p/r noted orange cause-gone']);
    expect(saidBy(box.say(KEY, 'normal'))).toEqual([]);
    expect(standOf(box.book, KEY)).toBe('UNACK');
    expect(saidBy(box.act(reset).step)).toEqual(['d/p/r returned by Li reset']);
    expect(box.act(reset).receipt.status).toBe('unchanged');
  });

  test('reset and acknowledged, it is closed', () => {
    const box = new Box(LATCHED);
    box.say(KEY, 'orange');
    box.act({ kind: 'acknowledge', alarm: KEY, by: 'Li' });
    box.say(KEY, 'normal');
    const { receipt, step } = box.act(reset);
    expect(saidBy(step)).toEqual(['d/p/r returned by Li reset', 'd/p/r closed']);
    expect(receipt).toMatchObject({ status: 'done', alarm: { condition: 'normal' } });
  });

  test('a cause that is back is told anew, and takes the acknowledgement away', () => {
    const box = new Box(LATCHED);
    box.say(KEY, 'orange');
    box.act({ kind: 'acknowledge', alarm: KEY, by: 'Li' });
    box.say(KEY, 'normal');
    const { events } = box.say(KEY, 'orange');
    expect(events[0]).toMatchObject({ data: { again: true, acknowledged: false, level: 'orange' } });
    expect(box.act(reset).receipt).toMatchObject({ code: 'wrong-step' });
  });

  test('one that is not latched has nothing to reset', () => {
    const box = new Box(WATCHES);
    box.say(KEY, 'orange');
    expect(box.act(reset).receipt).toMatchObject({ code: 'wrong-step' });
  });
});

test('active for a day it is stale: noted once, and no more once it has returned', () => {
  const DAY = 24 * 60 * MIN;
  const box = new Box(WATCHES);
  box.say(KEY, 'orange');
  expect(saidBy(box.to(START + DAY - 1))).toEqual([]);
  expect(saidBy(box.to(START + 2 * DAY))).toEqual(['d/p/r noted orange stale']);
  expect(box.entries.at(-1)?.time).toBe(new Date(START + DAY).toISOString());
  expect(box.book.find(KEY)?.staleAt).toBe(START + DAY);
  box.say(KEY, 'normal');
  expect(box.book.find(KEY)?.staleAt).toBeUndefined();
});

describe('chatter', () => {
  test('three returns in a minute calm it; none of its events is lost; a steady while ends it', () => {
    const box = new Box(WATCHES);
    CHATTERED(box);
    expect(box.entries.map(({ type }) => type.slice(18)).join(' ')).toBe(
      'raised returned raised returned raised returned suppressed raised',
    );
    expect(box.book.standing.chattering).toEqual([KEY]);
    expect(saidBy(box.to(box.now + 10 * MIN))).toEqual(['d/p/r unsuppressed orange steady']);
    expect(box.book.standing.chattering).toEqual([]);
  });

  test('what returns more slowly is none', () => {
    const box = new Box(WATCHES);
    for (let i = 0; i < 40; i++) {
      box.to(box.now + 16_000);
      box.say(KEY, i % 2 === 0 ? 'orange' : 'normal');
    }
    expect(box.entries.filter(({ type }) => type.endsWith('.suppressed'))).toEqual([]);
  });

  test('what has returned once is forgotten as others do', () => {
    const watches = Array.from({ length: 500 }, (_, i) => aWatch(`r@d${i}/p`));
    const box = new Box(watches);
    for (const { key } of watches) {
      box.say(key, 'blue');
      box.to(box.now + 30_000);
      box.say(key, 'normal');
    }
    expect([...box.states.keys()].filter((key) => key.startsWith('alarms:chatter:')).length).toBeLessThan(10);
  });
});

test('a link that goes down and comes up is told once for each of its devices, and costs no more than it has', () => {
  const silent = Array.from({ length: 200 }, (_, i) => aWatch(`silent@d${i}/p`, { link: 'l', suppressedBy: ['down'] }));
  const box = new Box([...WATCHES, ...silent]);
  for (const { key } of silent) box.say(key, 'blue');
  const before = box.entries.length;
  DOWN(box);
  const down = box.entries.slice(before).filter(({ type }) => type.endsWith('.suppressed'));
  expect(new Set(down.map(({ subject }) => subject)).size).toBe(200);
  expect(down).toHaveLength(200);
  // Half of them answer before the link counts as up again.
  for (const { key } of silent.slice(0, 100)) box.say(key, 'normal');
  const up = saidBy(box.say(PARENT, 'normal')).filter((each) => / unsuppressed blue/.test(each));
  expect(up).toHaveLength(100);
});

test('alarms of a run that knew none of this go on', () => {
  const box = new Box(WATCHES);
  box.say(KEY, 'orange');
  const { activeTick: _, ...old } = box.book.find(KEY) ?? { activeTick: 0 };
  const again = new Box(WATCHES);
  again.book.restore([old as never], []);
  expect(saidBy(again.to(START + 24 * 60 * MIN))).toEqual(['d/p/r noted orange stale']);
  expect(saidBy(again.act(shelve).step)).toEqual(['d/p/r shelved orange shelved by Li']);
});
