import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { RobotCompany } from '../../../../../firmware-sim/robots/robot.ts';
import { ROBOT_VICES, type RobotVice, serveRobot } from '../../../../../firmware-sim/robots/serve.ts';
import type { Channel, ChannelContext, OpenChannel, Sent } from '../../../../../gateway/notify/channels/channel.ts';
import { channels } from '../../../../../gateway/notify/channels/index.ts';
import { dingtalk, signDingtalk } from '../../../../../gateway/notify/channels/robots/dingtalk.ts';
import { signFeishu } from '../../../../../gateway/notify/channels/robots/feishu.ts';
import { MOST_WAITING } from '../../../../../gateway/notify/channels/robots/robot-channel.ts';
import { FakeClock } from '../../../../tools/fake-clock.ts';
import { freePort, until } from '../../../../tools/program.ts';
import { aContext, aMessage, aRecipient, NEVER } from '../a-message.ts';

const COMPANIES: readonly RobotCompany[] = ['dingtalk', 'feishu', 'wecom'];
const TOKEN = 'token-of-the-robot/+=';
const SECRET = 'SEC-of-the-robot';

/** A robot and a channel to it. */
async function openBoth(
  company: RobotCompany,
  options: object = {},
  change: Partial<ChannelContext> = {},
  nature = {},
) {
  const stack = new AsyncDisposableStack();
  const context = aContext(change);
  const robot = stack.use(
    await serveRobot(
      { company, token: TOKEN, secret: SECRET, keywords: [], aMinute: 20, blockedMs: 600_000, ...nature },
      () => context.clock.now(),
    ),
  );
  const kind: Channel = channels.find((each) => each.kind === company) ?? dingtalk;
  const signed = company === 'wecom' ? {} : { secret: SECRET };
  const parsed = kind.options.parse({ url: `${robot.url}/`, token: TOKEN, ...signed, ...options });
  const channel = stack.use(await kind.open(company, parsed, context));
  return {
    robot,
    channel,
    async [Symbol.asyncDispose]() {
      await stack.disposeAsync();
    },
  };
}

test('signatures are those that were computed elsewhere', () => {
  expect(signFeishu('demo', 1_599_360_473)).toBe('l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=');
  expect(signDingtalk('demo', 1_599_360_473_000)).toBe('eblRZvilBzXa6Ce18IeBM4pMy1rYNWKicaCg6VMwQe0=');
});

describe.each(COMPANIES)('a robot of %s', (company) => {
  test('says a message that was signed, and names who is called by their id in the company', async () => {
    await using both = await openBoth(company);
    expect(await both.channel.send(aMessage(), [aRecipient()], NEVER)).toEqual({ status: 'accepted', receipt: null });
    expect(both.robot.said).toMatchObject([{ text: expect.stringContaining('积水 30 cm'), named: ['ou_wang'] }]);
    expect(both.channel.status()).toMatchObject({ state: 'ready', sent: 1, failed: 0 });
  });

  test('never says a number where people are not named by number', async () => {
    await using both = await openBoth(company, { mention: 'none' });
    await both.channel.send(aMessage(), [aRecipient()], NEVER);
    expect(JSON.stringify(both.robot.said)).not.toContain('13800000001');
  });

  const wrong: readonly [string, object, object][] = [
    ['another token', { token: 'wrong-token' }, {}],
    ['a keyword that is missing', {}, { keywords: ['GENGFU'] }],
    ...(company === 'wecom' ? [] : [['another secret', { secret: 'wrong-secret' }, {}] as [string, object, object]]),
  ];
  test.each(wrong)('refuses %s with 200, which is a failure', async (_what, options, nature) => {
    await using both = await openBoth(company, options, {}, nature);
    const sent = await both.channel.send(aMessage(), [aRecipient()], NEVER);
    expect(sent).toMatchObject({ status: 'rejected', code: expect.stringMatching(/^\w+-\d+$/) });
    expect(both.channel.status()).toMatchObject({ state: 'failing', failed: 1 });
  });

  test('that was sent too much is left alone, and what waits is handed over', async () => {
    await using both = await openBoth(company, {}, {}, { aMinute: 1 });
    await both.channel.send(aMessage(), [aRecipient()], NEVER);
    const sent = await both.channel.send(aMessage(), [aRecipient()], NEVER);
    expect(sent).toMatchObject({
      status: 'later',
      code: 'rate-limited',
      retryMs: company === 'dingtalk' ? 600_000 : 60_000,
    });
    const next = await both.channel.send(aMessage(), [aRecipient()], NEVER);
    expect(next).toMatchObject({ status: 'later', code: 'rate-limited' });
    expect(both.robot.requests).toBe(2);
    expect(both.channel.status().warnings).toEqual(['rate-limited']);
  });
});

describe('a robot whose server', () => {
  const wanted: Readonly<Record<RobotVice, Partial<Sent> & { code?: string }>> = {
    works: { status: 'accepted' },
    lies: { status: 'rejected', code: 'dingtalk-310000' },
    hangs: { status: 'unknown', code: 'no-answer' },
    resets: { status: 'unknown', code: 'cut' },
    drips: { status: 'unknown', code: 'no-answer' },
    portal: { status: 'unknown', code: 'nonsense' },
    endless: { status: 'unknown', code: 'nonsense' },
    breaks: { status: 'later', code: 'http-500' },
    moved: { status: 'rejected', code: 'http-302' },
  };
  test.each(ROBOT_VICES)('%s', async (vice) => {
    const hasNoEnd = wanted[vice].code === 'no-answer';
    await using both = await openBoth('dingtalk', { timeout: hasNoEnd ? '300ms' : '60s' });
    both.robot.vice = vice;
    const sent = await both.channel.send(aMessage(), [aRecipient()], NEVER);
    expect(sent).toMatchObject(wanted[vice]);
    const shown = JSON.stringify([sent, both.channel.status()]);
    for (const hidden of [TOKEN, encodeURIComponent(TOKEN), SECRET]) expect(shown).not.toContain(hidden);
  });

  test('names whom it cannot call shows nobody’s number', async () => {
    const server = createServer((request, response) => {
      request
        .resume()
        .on('end', () => response.end('{"errcode":400013,"errmsg":"13800000001 or ou_wang is not in the group"}'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using both = await openBoth('dingtalk', { url, mention: 'phone' });
    const sent = await both.channel.send(aMessage(), [aRecipient()], NEVER);
    server.close();
    expect(sent).toMatchObject({ status: 'rejected', message: '*** or *** is not in the group' });
    expect(JSON.stringify(both.channel.status())).not.toMatch(/13800000001|ou_wang/);
  });

  test('is not there gives later, and no secret', async () => {
    await using both = await openBoth('dingtalk', { url: `http://127.0.0.1:${await freePort()}` });
    const sent = await both.channel.send(aMessage(), [aRecipient()], NEVER);
    expect(sent).toEqual({ status: 'later', code: 'unreachable', message: 'ECONNREFUSED', retryMs: null });
  });
});

describe('messages that gather', () => {
  const title = (index: number) => `第 ${index} 条`;
  const many = (channel: OpenChannel, count: number, urgent = false, from = 0) =>
    Array.from({ length: count }, (_, index) =>
      channel.send(
        aMessage({ id: `m/${from + index}`, urgent, text: title(from + index), title: title(from + index) }),
        [aRecipient({ user: `u${from + index}` })],
        NEVER,
      ),
    );

  test('go out as one digest, the urgent first, and no minute sees more than eighteen requests', async () => {
    const wire = new FakeClock();
    await using both = await openBoth('dingtalk', {}, { wire, clock: wire });
    const sent: Promise<Sent>[] = [];
    let count = 0;
    for (let round = 0; round < 150; round++) {
      sent.push(...many(both.channel, 1, round % 50 === 49, count));
      count++;
      const { requests } = both.robot;
      const { waiting, tokens } = both.channel.status();
      if (waiting > 0 && tokens === 0) expect(both.robot.requests).toBe(requests);
      await until(() => both.channel.status().sent + both.channel.status().waiting >= count, 'what is under way');
      await wire.advance(1000);
    }
    await until(async () => {
      await wire.advance(1000);
      return both.channel.status().waiting === 0 && both.channel.status().sent === count;
    }, 'the rest');
    expect((await Promise.all(sent)).every(({ status }) => status === 'accepted')).toBe(true);
    const times = both.robot.said.map(({ at }) => at);
    for (const from of times) {
      expect(times.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(18);
    }
    const all = both.robot.said.map(({ text }) => text).join('\n');
    for (let index = 0; index < count; index++) expect(all).toMatch(new RegExp(`${title(index)}(?!\\d)`));
    expect(both.robot.said.some(({ text }) => text.startsWith('【合并'))).toBe(true);
    const digest = both.robot.said.find(({ text }) => text.includes(title(149)));
    expect(digest?.text.indexOf(title(149))).toBeLessThan(20);
  });

  test('are bounded: what is not urgent comes later, what is urgent stays', async () => {
    const wire = new FakeClock();
    await using both = await openBoth('wecom', {}, { wire, clock: wire });
    both.robot.vice = 'hangs';
    const first = many(both.channel, 1);
    await until(() => both.robot.requests === 1, 'the first');
    const plain = many(both.channel, MOST_WAITING, false, 1);
    expect(both.channel.status().waiting).toBe(MOST_WAITING);
    const urgent = many(both.channel, 50, true, 1000);
    expect(both.channel.status().waiting).toBe(MOST_WAITING);
    const out = await Promise.all(plain.slice(-50));
    expect(out.every((sent) => sent.status === 'later' && sent.code === 'queue-full')).toBe(true);
    both.robot.vice = 'works';
    await wire.advance(15_000);
    expect(await first[0]).toMatchObject({ status: 'unknown' });
    await until(async () => {
      await wire.advance(5000);
      return both.channel.status().waiting === 0;
    }, 'the rest');
    expect((await Promise.all(urgent)).every(({ status }) => status === 'accepted')).toBe(true);
    expect(both.robot.said[0]?.text.split('————').length).toBeGreaterThanOrEqual(50);
  });

  test('are never mixed with those of an exercise', async () => {
    const wire = new FakeClock();
    await using both = await openBoth('dingtalk', {}, { wire, clock: wire });
    both.robot.vice = 'hangs';
    void both.channel.send(aMessage(), [], NEVER);
    await until(() => both.robot.requests === 1, 'the first');
    const sent = [false, true, false].map((isExercise, index) =>
      both.channel.send(aMessage({ isExercise, text: `${isExercise ? '演练' : '告警'} ${index}` }), [], NEVER),
    );
    both.robot.vice = 'works';
    await wire.advance(15_000);
    await until(async () => {
      await wire.advance(5000);
      return both.robot.said.length === 2;
    }, 'both');
    await Promise.all(sent);
    for (const { text } of both.robot.said) expect(text.includes('演练') && text.includes('告警')).toBe(false);
  });

  test('can be taken back while they wait, and what is under way is unknown', async () => {
    const wire = new FakeClock();
    await using both = await openBoth('feishu', {}, { wire, clock: wire });
    both.robot.vice = 'hangs';
    const under = new AbortController();
    const waits = new AbortController();
    const sending = both.channel.send(aMessage(), [], under.signal);
    await until(() => both.robot.requests === 1, 'the request');
    const waiting = both.channel.send(aMessage(), [], waits.signal);
    waits.abort();
    under.abort();
    expect(await waiting).toMatchObject({ status: 'later', code: 'cancelled' });
    expect(await sending).toMatchObject({ status: 'unknown', code: 'cancelled' });
  });
});

test('what a device is called calls nobody in a Feishu group', async () => {
  await using both = await openBoth('feishu');
  const text = '设备 <at user_id="all">所有人</at> 告警';
  await both.channel.send(aMessage({ text }), [aRecipient({ user: 'all' })], NEVER);
  expect(both.robot.said).toMatchObject([{ named: [] }]);
});
