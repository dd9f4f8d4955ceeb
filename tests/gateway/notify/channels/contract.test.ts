import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Channel, OpenChannel, Receipt } from '../../../../gateway/notify/channels/channel.ts';
import { CHANNEL_FAULTS } from '../../../../gateway/notify/channels/faults.ts';
import { channels } from '../../../../gateway/notify/channels/index.ts';
import { testWith, until } from '../../../tools/program.ts';
import { aContext, aMessage, aRecipient, NEVER } from './a-message.ts';
import { WORLDS, type World } from './worlds.ts';

/** Everything that was logged, as text. */
function keptLog() {
  const logged: string[] = [];
  const keep = (nouns: object, text: string) => void logged.push(JSON.stringify(nouns) + text);
  return { logged, log: { debug: keep, info: keep, warn: keep, error: keep } };
}

async function openKind(
  kind: Channel,
  options: object,
  stack: AsyncDisposableStack,
): Promise<{ channel: OpenChannel; logged: string[] }> {
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-channel-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const { log, logged } = keptLog();
  const channel = stack.use(await kind.open('one', kind.options.parse(options), aContext({ dir, log })));
  return { channel, logged };
}

/** As soon as it is set up: a modem takes a moment. */
const ready = (channel: OpenChannel) => until(() => channel.status().state === 'ready', 'the channel is ready');

test('every kind has a name of its own, and a world to be tried in', () => {
  expect(channels.map(({ kind }) => kind).toSorted()).toEqual(Object.keys(WORLDS).toSorted());
});

describe.each(channels.map((kind) => [kind.kind, kind] as const))('%s', (name, kind) => {
  const world: World = WORLDS[name] ?? { needs: [], open: async () => ({}), away: async () => ({}), secrets: [] };
  const testHere = testWith(...world.needs);

  test('has options that a schema for editors can be made of', () => {
    expect(z.toJSONSchema(kind.options, { io: 'input' })).toMatchObject({ type: 'object' });
  });

  testHere('sends, says so in its status, and can be closed twice', async () => {
    await using stack = new AsyncDisposableStack();
    const { channel } = await openKind(kind, await world.open(stack), stack);
    await ready(channel);
    const receipts: Receipt[] = [];
    channel.onReceipt?.((receipt) => receipts.push(receipt));
    const sent = await channel.send(aMessage(), [aRecipient()], NEVER);
    expect(['accepted', 'delivered']).toContain(sent.status);
    expect(channel.status()).toMatchObject({ state: 'ready', sent: 1, failed: 0, waiting: 0, warnings: [] });
    if (name === 'sms' || name === 'voice') {
      await until(() => receipts.length > 0, 'a receipt');
      expect(receipts[0]).toMatchObject({ receipt: aMessage().id, person: 'wang' });
    }
    await channel[Symbol.asyncDispose]();
    await channel[Symbol.asyncDispose]();
    expect(await channel.send(aMessage(), [aRecipient()], NEVER)).toMatchObject({ status: 'later' });
  });

  testHere('is tested with a real message', async () => {
    await using stack = new AsyncDisposableStack();
    const { channel } = await openKind(kind, await world.open(stack), stack);
    await ready(channel);
    const tested = await channel.test?.(aMessage({ isExercise: true }), aRecipient(), NEVER);
    expect(['accepted', 'delivered']).toContain(tested?.status);
    expect(channel.status().testedAt).toBeGreaterThan(0);
  });

  test('whose other side is away gives later, and says why without a secret', async () => {
    await using stack = new AsyncDisposableStack();
    const { channel, logged } = await openKind(kind, await world.away(), stack);
    await until(() => channel.status().state !== 'starting', 'it is known');
    const sent = await channel.send(aMessage(), [aRecipient()], NEVER);
    expect(sent).toMatchObject({ status: 'later', message: expect.stringMatching(/./) });
    const known: readonly string[] = Object.values(CHANNEL_FAULTS);
    expect(known).toContain('code' in sent ? sent.code : '');
    expect(channel.status()).toMatchObject({ state: 'failing', error: expect.stringMatching(/./), sent: 0, failed: 1 });
    const shown = JSON.stringify([sent, channel.status(), logged]);
    for (const secret of [...world.secrets, '13800000001']) expect(shown).not.toContain(secret);
  });

  test('gives back what was taken back before it went', async () => {
    await using stack = new AsyncDisposableStack();
    const { channel } = await openKind(kind, await world.away(), stack);
    const sent = await channel.send(aMessage(), [aRecipient()], AbortSignal.abort());
    expect(sent).toMatchObject({ status: 'later', code: CHANNEL_FAULTS.cancelled });
    expect(channel.status().failed).toBe(0);
  });

  if (kind.reach === 'person') {
    test('rejects a message to who has no address', async () => {
      await using stack = new AsyncDisposableStack();
      const { channel } = await openKind(kind, await world.away(), stack);
      const nobody = aRecipient({ phone: null, email: null, user: null });
      for (const recipients of [[nobody], []]) {
        expect(await channel.send(aMessage(), recipients, NEVER)).toMatchObject({
          status: 'rejected',
          code: 'no-address',
        });
      }
    });
  }
});

testWith('socat')('text messages and calls share one modem, and the last to leave closes it', async () => {
  await using stack = new AsyncDisposableStack();
  const options = (await WORLDS.sms?.open(stack)) ?? {};
  const find = (name: string): Channel => channels.find((each) => each.kind === name) ?? expect.fail();
  const { channel: text } = await openKind(find('sms'), options, stack);
  const { channel: call } = await openKind(find('voice'), options, stack);
  await ready(text);
  const both = await Promise.all([
    call.send(aMessage(), [aRecipient()], NEVER),
    text.send(aMessage(), [aRecipient()], NEVER),
  ]);
  expect(both.map(({ status }) => status)).toEqual(['delivered', 'accepted']);
  for (let time = 0; time < 2; time++) await text[Symbol.asyncDispose]();
  expect(await call.send(aMessage(), [aRecipient()], NEVER)).toMatchObject({ status: 'delivered' });
  await call[Symbol.asyncDispose]();
  // Nobody holds the port any more.
  const { channel: again } = await openKind(find('sms'), options, stack);
  await ready(again);
});
