import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sent } from '../../../gateway/notify/channels/channel.ts';
import { raised, World } from './world.ts';

const sent = ({ requests }: World) => requests.map(({ channel, to }) => `${channel} ${to}`);

test('an alarm is told by the first channel, once, and the log says so', async () => {
  await using world = new World('sms', 'voice');
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  expect(sent(world)).toEqual(['sms li']);
  expect(world.told).toEqual(['sent sms']);
  await world.pass(60_000);
  expect(sent(world)).toHaveLength(1);
});

test('what is about to be sent is stored before', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push('hang');
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  expect([...world.disk.states].find(([key]) => key.startsWith('call:'))?.[1]).toMatchObject({ state: 'sending' });
});

test('a channel that fails hands over to the next, and both are told of', async () => {
  await using world = new World('sms', 'voice');
  world.channel('sms').answers.push({ status: 'rejected', code: 'refused', message: 'refused' });
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  expect(sent(world)).toEqual(['sms li', 'voice li']);
  expect(world.told).toEqual(['failed sms', 'sent voice']);
});

test('a channel that is taken out of the site hands over to the next', async () => {
  await using world = new World('sms', 'voice');
  await world.start();
  world.wants = { channels: ['gone', 'voice'] };
  world.disk.write([raised('a')]);
  await world.pass();
  expect(sent(world)).toEqual(['voice li']);
  expect(world.told).toEqual(['failed gone', 'sent voice']);
});

test('one that hangs does not hold up others, nor the urgent those that come after', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push('hang');
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.disk.write([raised('b')]);
  await world.pass();
  expect(world.requests.map(({ id }) => id)).toEqual(['1:li', '2:li']);
});

test('the urgent go first', async () => {
  await using world = new World('sms');
  await world.start({
    route: ({ data }) => [
      {
        ...{ to: { kind: 'person', id: String(data.alarm) }, channels: ['sms'], step: 'raised', tier: 1 },
        ...{ urgent: data.alarm === 'fire', notBefore: null },
      },
    ],
  });
  world.disk.write([raised('a'), raised('b'), raised('fire')]);
  await world.pass();
  expect(world.requests.map(({ to }) => to)).toEqual(['fire', 'a', 'b']);
});

test('one that the alarm needs no more lapses, and what a channel still holds is taken back', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push('hang');
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.done.add('a');
  world.caller.wake();
  await world.pass();
  expect([...world.caller.calls]).toEqual([]);
  expect([...world.disk.states.keys()].filter((key) => key.startsWith('call:'))).toEqual([]);
});

test('not before its time', async () => {
  await using world = new World('sms');
  world.wants = { notBefore: world.clock.now() + 600_000 };
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass(590_000);
  expect(world.requests).toEqual([]);
  await world.pass(20_000);
  expect(sent(world)).toEqual(['sms li']);
});

test('a disk that is gone keeps an urgent call for a second only, others until it is back', async () => {
  await using world = new World('sms');
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.disk.isGone = true;
  world.wants = { urgent: true };
  world.disk.write([raised('fire')]);
  await world.pass();
  expect(world.requests).toHaveLength(1);
  await world.pass(1_500);
  expect(world.requests.map(({ id }) => id)).toEqual(['1:li', '3:li']);
  world.disk.comeBack();
  await world.pass();
  expect(world.told).toEqual(['sent sms', 'sent sms']);
});

test('an event that is not durable is told at once where it is urgent, and not again when it is', async () => {
  await using world = new World('sms');
  await world.start();
  world.wants = { urgent: true };
  const event = raised('fire');
  world.caller.tellAtOnce(event);
  await world.pass(1_500);
  expect(world.requests).toHaveLength(1);
  world.disk.write([event]);
  await world.pass(60_000);
  expect(world.requests).toHaveLength(1);
  world.wants = { urgent: false };
  world.caller.tellAtOnce(raised('noise'));
  await world.pass(60_000);
  expect(world.requests).toHaveLength(1);
});

test('a report that a message was not delivered hands over; a key that was pressed acknowledges', async () => {
  await using world = new World('sms', 'voice');
  world.channel('sms').answers.push({ status: 'accepted', receipt: '7' });
  world.channel('voice').answers.push({ status: 'accepted', receipt: 'v1' });
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.caller.receive('sms', { receipt: '7', person: null, kind: 'failed', text: 'expired', at: 0 });
  await world.pass();
  world.caller.receive('voice', { receipt: 'v1', person: null, kind: 'acknowledged', at: 0 });
  await world.pass();
  expect(world.answered).toEqual([{ alarm: 'a', kind: 'acknowledged' }]);
  expect(world.told).toEqual(['sent sms', 'failed sms', 'sent voice', 'delivered voice']);
});

test('a reply to what was delivered is still understood; when nobody owes anything, it is let go', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push({ status: 'accepted', receipt: '7' });
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.caller.receive('sms', { receipt: '7', person: null, kind: 'delivered', at: 0 });
  await world.pass();
  world.caller.receive('sms', { receipt: '7', person: null, kind: 'reply', text: '收到', at: 0 });
  await world.pass();
  expect(world.answered).toEqual([{ alarm: 'a', kind: 'reply' }]);
  expect(world.told).toEqual(['sent sms', 'delivered sms']);
  world.done.add('a');
  world.caller.wake();
  await world.pass();
  expect([...world.caller.calls]).toEqual([]);
});

test('a key that is pressed while it is spoken acknowledges at once', async () => {
  await using world = new World('voice');
  world.channel('voice').answers.push('hang');
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.caller.receive('voice', { receipt: '1:person:li', person: 'li', kind: 'acknowledged', at: 0 });
  expect(world.answered).toEqual([{ alarm: 'a', kind: 'acknowledged' }]);
});

test('a report that overtakes the answer is not lost', async () => {
  await using world = new World('sms');
  const answer = Promise.withResolvers<Sent>();
  world.channel('sms').answers.push(answer.promise);
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.caller.receive('sms', { receipt: '1:person:li', person: 'li', kind: 'delivered', at: 0 });
  answer.resolve({ status: 'accepted', receipt: '1:person:li' });
  await world.pass();
  expect(world.told).toEqual(['sent sms', 'delivered sms']);
});

test('an orderly stop repeats nothing', async () => {
  const world = new World('sms');
  world.channel('sms').answers.push('hang');
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  const stopped = world[Symbol.asyncDispose]();
  await world.pass(3_000);
  await stopped;
  await world.pass();
  await world.start();
  await world.pass();
  expect(world.requests.map(({ text }) => text.includes('repeated'))).toEqual([false, false]);
  await world[Symbol.asyncDispose]();
});

test('beyond ten thousand calls only the urgent are taken', async () => {
  await using world = new World('sms');
  world.wants = { notBefore: world.clock.now() + 600_000 };
  await world.start();
  world.disk.write(Array.from({ length: 10_010 }, (_, i) => raised(`a${i}`)));
  await world.pass();
  for (let i = 0; i < 100 && world.caller.status().backlog > 0; i++) await world.pass();
  expect(world.caller.status()).toMatchObject({ waiting: 10_000, refused: 10 });
  world.wants = { urgent: true };
  world.disk.write([raised('fire')]);
  await world.pass();
  expect(sent(world)).toEqual(['sms li']);
});

test('an alarm that comes and goes while nothing can be sent is told once, as it is then', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push(...Array.from({ length: 400 }, () => busy));
  await world.start();
  for (let i = 0; i < 40; i++) {
    world.disk.write([raised('a'), raised('b')]);
    await world.pass(20);
  }
  expect(world.caller.status().waiting).toBe(2);
  world.channel('sms').answers.length = 0;
  world.requests.length = 0;
  await world.pass(120_000);
  expect(world.requests).toHaveLength(2);
});

const refused = { status: 'rejected', code: 'refused', message: 'refused' } as const;
const busy = { status: 'later', code: 'busy', message: 'busy', retryMs: null } as const;

test.each<[sentence: string, answers: readonly Sent[], sent: string[]]>([
  ['refused by every channel', [refused, refused], ['sms li', 'voice li', 'sms wang']],
  ['not reached by any, though it is tried again', [busy, busy], ['sms li', 'voice li', 'sms wang']],
  ['nor those above', [busy, busy, busy, busy], ['sms li', 'voice li', 'sms wang', 'voice wang', 'sms mayor']],
  ['reached by the second', [busy], ['sms li', 'voice li']],
])('an urgent call that reaches nobody goes to the tier above at once: %s', async (_, answers, expected) => {
  await using world = new World('sms', 'voice');
  for (const [i, answer] of answers.entries()) world.channel(i % 2 === 0 ? 'sms' : 'voice').answers.push(answer);
  world.wants = { urgent: true };
  world.above = ['wang', 'mayor'];
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass(100);
  expect(sent(world)).toEqual(expected);
});

test('while another of the tier may be reached, nobody above is called; and once, when none was', async () => {
  await using world = new World('voice');
  const ringing = Promise.withResolvers<Sent>();
  world.channel('voice').answers.push(busy, ringing.promise);
  world.to = ['li', 'zhao'];
  world.wants = { urgent: true };
  world.above = ['wang'];
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass(100);
  expect(sent(world)).toEqual(['voice li', 'voice zhao']);
  ringing.resolve(busy);
  await world.pass(100);
  expect(sent(world)).toEqual(['voice li', 'voice zhao', 'voice wang']);
  world.channel('voice').answers.push(busy, busy);
  await world.pass(30_000);
  expect(sent(world).filter((each) => each === 'voice wang')).toHaveLength(1);
});

test('a channel that fails again, and is then given up, calls nobody above a second time', async () => {
  await using world = new World('voice');
  const reached = { status: 'accepted', receipt: null } as const;
  const lost = { status: 'unknown', code: 'no-answer', message: 'no answer' } as const;
  world.channel('voice').answers.push(busy, reached, busy, lost);
  world.wants = { urgent: true };
  world.above = ['wang'];
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass(60_000);
  expect(sent(world)).toEqual(['voice li', 'voice wang', 'voice li', 'voice li']);
});

test('killed while its first request is made, an urgent call that then fails goes to the tier above all the same', async () => {
  await using world = new World('voice');
  world.channel('voice').answers.push('hang');
  world.wants = { urgent: true };
  world.above = ['wang'];
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  world.kill();
  world.channel('voice').answers.push(busy);
  await world.start();
  await world.pass(100);
  expect(sent(world)).toEqual(['voice li', 'voice li', 'voice wang']);
});

test('stopped while it waits for its channel, an urgent call that then fails goes to the tier above all the same', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push('hang', refused);
  world.above = ['wang'];
  world.wants = { urgent: true };
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass();
  await world.caller[Symbol.asyncDispose]();
  await world.pass();
  expect(world.told).toEqual([]);
  await world.start();
  await world.pass(60_000);
  expect(sent(world)).toEqual(['sms li', 'sms li', 'sms wang']);
});

test('what is not urgent waits for its time to be handed up', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push(refused);
  world.above = ['wang'];
  await world.start();
  world.disk.write([raised('a')]);
  await world.pass(60_000);
  expect(sent(world)).toEqual(['sms li']);
});

test('who waits already waits no longer for a newer one', async () => {
  await using world = new World('sms');
  await world.start();
  const until = world.clock.now() + 600_000;
  world.wants = { notBefore: until };
  world.disk.write([raised('a')]);
  await world.pass(300_000);
  world.wants = { notBefore: until + 300_000 };
  world.disk.write([raised('a')]);
  await world.pass(290_000);
  expect(world.requests).toEqual([]);
  await world.pass(20_000);
  expect(world.requests.map(({ id }) => id)).toEqual(['2:li']);
});

test('whom people.yaml has no more is told as not called', async () => {
  await using world = new World('sms', 'voice');
  await world.start({ speak: () => null });
  world.disk.write([raised('a')]);
  await world.pass();
  expect(world.requests).toEqual([]);
  expect(world.told).toEqual(['failed sms']);
});

/** A channel's answers: most are as they should be. */
const answer = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ status: 'accepted', receipt: null } as const) },
  fc.constant({ status: 'unknown', code: 'x', message: 'x' } as const),
  fc.constant({ status: 'later', code: 'x', message: 'x', retryMs: 50 } as const),
);

test('killed at any instant, each step is called once or marked as repeated, and none is missed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ events: fc.integer({ min: 0, max: 3 }), turns: fc.integer({ min: 0, max: 12 }) }), {
        minLength: 2,
        maxLength: 8,
      }),
      fc.array(answer, { maxLength: 12 }),
      async (rounds, answers) => {
        const world = new World('sms');
        world.channel('sms').answers.push(...answers);
        world.to = ['li', 'wang'];
        let events = 0;
        await world.start();
        for (const { events: count, turns } of rounds) {
          world.disk.write(Array.from({ length: count }, () => raised(`a${++events}`)));
          // Killed in the midst: what it had begun is left as it stands.
          for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
          world.kill();
          await world.start();
        }
        for (let i = 0; i < 40; i++) await world.pass(60_000);
        const seen = Map.groupBy(world.requests, ({ id }) => id);
        expect(seen.size).toBe(events * 2);
        for (const requests of seen.values()) {
          expect(requests.at(-1)?.mayBeOut).toBe(true);
          const first = requests.findIndex(({ mayBeOut }) => mayBeOut);
          for (const { text } of requests.slice(first + 1)) expect(text).toContain('repeated');
        }
        world.kill();
      },
    ),
    { numRuns: Number(process.env.GENGFU_RUNS ?? 60) },
  );
});
