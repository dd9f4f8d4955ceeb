import { describe, expect, test } from 'vitest';
import { MOST_CLOSED } from '../../../gateway/alarms/closed-alarms.ts';
import { aWatch, Box, MIN, START } from './box.ts';

describe('a verdict on what is closed', () => {
  const KEY = 'r@d/p';
  const closed = (): Box => {
    const box = new Box([aWatch(KEY)]);
    box.say(KEY, 'yellow');
    box.act({ kind: 'acknowledge', alarm: KEY, by: 'li' });
    box.say(KEY, 'normal');
    expect(box.book.find('a1')).toBeNull();
    return box;
  };
  const judge = (alarm: string, verdict: 'true' | 'false' = 'false') =>
    ({ kind: 'verdict', alarm, verdict, by: 'li', note: 'seen on the spot' }) as const;
  const name = `${KEY}~${new Date(START).toISOString()}`;

  test.each([['a1'], [name]])('is told of %s, which stays closed', (alarm) => {
    const box = closed();
    box.to(START + 29 * 24 * 60 * MIN);
    const { receipt } = box.act(judge(alarm));
    expect(receipt).toMatchObject({ status: 'done', alarm: { id: 'a1', verdict: 'false', closedAt: START } });
    expect(box.entries.at(-1)).toMatchObject({
      type: 'city.gengfu.alarm.verdict',
      data: { alarm: 'a1', verdict: 'false' },
    });
    expect(box.act(judge(alarm)).receipt.status).toBe('unchanged');
    expect(box.act(judge(alarm, 'true')).receipt.status).toBe('done');
    expect(box.book.open).toEqual([]);
  });

  test('leaves an open one of the same rule and point as it is', () => {
    const box = closed();
    box.say(KEY, 'orange');
    box.act(judge('a1'));
    expect(box.book.find(KEY)).toMatchObject({ id: 'a2', level: 'orange', condition: 'active' });
    expect(box.book.find(KEY)?.verdict).toBeUndefined();
    box.act(judge(KEY, 'true'));
    expect(box.book.find(KEY)?.verdict).toBe('true');
  });

  test('outlives a restart', () => {
    const box = closed();
    box.kill();
    box.act(judge('a1'));
    box.kill();
    expect(box.act(judge('a1')).receipt.status).toBe('unchanged');
  });

  test('comes too late after 30 days, and nothing else may be done to it', () => {
    const box = closed();
    expect(box.act({ kind: 'note', alarm: 'a1', by: 'li', note: 'n' }).receipt).toMatchObject({
      code: 'no-such-alarm',
    });
    box.to(START + 30 * 24 * 60 * MIN + 1);
    expect(box.act(judge('a1')).receipt).toMatchObject({ status: 'refused', code: 'closed' });
  });

  test('what is remembered for it has a bound: the oldest go', () => {
    const box = closed();
    for (let i = 0; i < MOST_CLOSED; i++) {
      box.to(box.now + 1000);
      box.say(KEY, 'yellow');
      box.act({ kind: 'acknowledge', alarm: KEY, by: 'li' });
      box.say(KEY, 'normal');
    }
    expect(box.act(judge('a1')).receipt).toMatchObject({ code: 'no-such-alarm' });
    expect(box.act(judge('a2')).receipt.status).toBe('done');
  });
});
