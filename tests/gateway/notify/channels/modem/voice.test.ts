import { describe, expect, test } from 'vitest';
import type { ModemNature } from '../../../../../firmware-sim/modem/modem.ts';
import type { PhoneNature } from '../../../../../firmware-sim/modem/phone-nature.ts';
import type { Receipt } from '../../../../../gateway/notify/channels/channel.ts';
import { SmsChannel, sms } from '../../../../../gateway/notify/channels/modem/sms.ts';
import { MOST_CALLS_WAITING, VoiceChannel, voice } from '../../../../../gateway/notify/channels/modem/voice.ts';
import { aMessage, aRecipient, NEVER } from '../a-message.ts';
import { openRig, type Rig, untilIn } from './rig.ts';

const ID = aMessage().id;

function openVoice(rig: Rig, options: object = {}, modem: object = {}) {
  const parsed = voice.options.parse({
    modem: { port: '/dev/ttyUSB2', ...modem },
    ring: '40s',
    listen: '10s',
    ...options,
  });
  const channel = new VoiceChannel(parsed, rig.context, rig.modem);
  const receipts: Receipt[] = [];
  channel.onReceipt((receipt) => receipts.push(receipt));
  return {
    channel,
    receipts,
    call: (phone = '13800000001', signal = NEVER) =>
      rig.passing(channel.send(aMessage(), [aRecipient({ phone })], signal)),
    [Symbol.asyncDispose]: () => rig.passing(channel[Symbol.asyncDispose]()),
  };
}

async function openSms(rig: Rig) {
  const channel = new SmsChannel(sms.options.parse({ modem: { port: '/dev/ttyUSB2' } }), rig.context, rig.modem);
  await channel.load();
  const text = (urgent = true) => channel.send(aMessage({ urgent }), [aRecipient({ phone: '13800000002' })], NEVER);
  return { text, [Symbol.asyncDispose]: () => rig.passing(channel[Symbol.asyncDispose]()) };
}

describe('a call and text messages on one modem', () => {
  test('a text that waits goes before a call that waits', async () => {
    await using rig = await openRig({ keys: '1' });
    await using opened = openVoice(rig);
    await using texts = await openSms(rig);
    const text = texts.text();
    await rig.passing(Promise.all([opened.call(), text]));
    const order = rig.phone.commands.filter((command) => /^AT(D|\+CMGS)/.test(command)).map((each) => each.slice(0, 7));
    expect(order).toEqual(['AT+CMGS', 'ATD1380']);
  });

  test.each<[sentence: string, urgent: boolean, fromS: number, toS: number]>([
    ['an urgent text waits twenty seconds for it at most', true, 15, 21],
    ['one that is not waits until it has rung', false, 35, 50],
  ])('of a modem that does not answer how it dialled, %s', async (_, urgent, fromS, toS) => {
    await using rig = await openRig({ call: 'slow', ringMs: 40_000 });
    await using opened = openVoice(rig);
    await using texts = await openSms(rig);
    const call = opened.channel.send(aMessage(), [aRecipient({ phone: '13800000001' })], NEVER);
    await untilIn(rig, () => rig.phone.dialled.length > 0, 'it dials');
    const before = rig.wire.tick();
    expect(await rig.passing(texts.text(urgent))).toMatchObject({ status: 'accepted' });
    const tookS = (rig.wire.tick() - before) / 1000;
    expect(tookS).toBeGreaterThan(fromS);
    expect(tookS).toBeLessThan(toS);
    // The call comes later, by a modem that did not have to begin anew.
    expect(await rig.passing(call)).toMatchObject({ status: 'later' });
    expect(rig.modem.isReady).toBe(true);
  });

  test('a call waits for texts no longer than it may', async () => {
    await using rig = await openRig({ sms: 'no-answer', keys: '1' });
    await using opened = openVoice(rig);
    const over = rig.modem.holdText();
    const before = rig.wire.tick();
    expect(await opened.call()).toMatchObject({ status: 'delivered' });
    expect(rig.wire.tick() - before).toBeGreaterThanOrEqual(15_000);
    expect(rig.wire.tick() - before).toBeLessThan(30_000);
    over();
  });
});

describe('a call', () => {
  const forms = ['rxdtmf', 'dtmf', 'qtonedet'] as const;
  test.each(forms)('that is picked up plays tones, and a key told by %s acknowledges it', async (keyForm) => {
    await using rig = await openRig({ keys: '1', keyForm });
    await using opened = openVoice(rig);
    expect(await opened.call()).toEqual({ status: 'delivered', receipt: ID });
    expect(rig.phone.dialled).toEqual(['13800000001']);
    expect(rig.phone.played.length).toBeGreaterThan(0);
    expect(opened.receipts).toMatchObject([{ receipt: ID, person: 'wang', kind: 'acknowledged' }]);
    expect(rig.phone.hangUps).toBe(1);
  });

  test('of a modem that tells of calls by its list only is seen to be picked up too', async () => {
    await using rig = await openRig({ saysVoice: false, keys: '5' });
    await using opened = openVoice(rig);
    expect(await opened.call()).toMatchObject({ status: 'delivered' });
    expect(opened.receipts).toHaveLength(1);
  });

  test('without a key is delivered, not acknowledged, and hung up when its time is over', async () => {
    await using rig = await openRig();
    await using opened = openVoice(rig);
    const before = rig.wire.tick();
    expect(await opened.call()).toMatchObject({ status: 'delivered' });
    expect(rig.wire.tick() - before).toBeGreaterThanOrEqual(10_000);
    expect(opened.receipts).toEqual([]);
    expect(rig.phone.hangUps).toBe(1);
  });

  test('wants its own key', async () => {
    await using rig = await openRig({ keys: '3' });
    await using opened = openVoice(rig, { key: '1' });
    await opened.call();
    expect(opened.receipts).toEqual([]);
    rig.phone.nature.keys = '31';
    await opened.call();
    expect(opened.receipts).toHaveLength(1);
  });

  test('of a modem that can speak says its text', async () => {
    await using rig = await openRig({ keys: '1' });
    await using opened = openVoice(rig, {}, { make: 'simcom' });
    await opened.call();
    const [, hex = ''] = /^1,"([0-9A-F]+)"$/.exec(rig.phone.played[0] ?? '') ?? [];
    expect(Buffer.from(hex, 'hex').swap16().toString('utf16le')).toBe(aMessage().speech);
  });

  const fates: readonly [says: string, nature: Partial<PhoneNature>, wanted: object][] = [
    ['to a busy number comes later', { call: 'busy' }, { status: 'later', code: 'busy', retryMs: 60_000 }],
    ['that the network ends unanswered comes later', { call: 'no-answer' }, { status: 'later', code: 'not-picked-up' }],
    ['that is not picked up is ended by us', { call: 'rings' }, { status: 'later', code: 'not-picked-up' }],
    ['that is declined comes later', { call: 'declines' }, { status: 'later', code: 'not-connected' }],
    [
      'that is declined, seen by the list only',
      { call: 'declines', saysVoice: false, ringMs: 3000 },
      { status: 'later', code: 'not-connected' },
    ],
    [
      'that the modem answers at its end only',
      { call: 'slow', ringMs: 30_000 },
      { status: 'later', code: 'not-picked-up' },
    ],
    ['that the modem refuses comes later', { call: 'refused' }, { status: 'later', code: 'not-connected' }],
    ['in whose midst the modem begins anew is unknown', { call: 'resets' }, { status: 'unknown', code: 'modem-reset' }],
    ['that the other side ends is delivered', { call: 'hangs-up' }, { status: 'delivered' }],
  ];
  test.each(fates)('%s', async (_says, nature, wanted) => {
    await using rig = await openRig(nature);
    await using opened = openVoice(rig);
    expect(await opened.call()).toMatchObject(wanted);
    expect(opened.receipts).toEqual([]);
    // The next one is called all the same, whatever the last one left.
    rig.phone.nature.call = 'answers';
    rig.phone.nature.keys = '1';
    await untilIn(rig, () => rig.modem.isReady, 'the modem is back');
    expect(await opened.call()).toMatchObject({ status: 'delivered' });
    expect(opened.receipts).toHaveLength(1);
  });

  const natures: readonly [says: string, basics: Partial<ModemNature>, wanted: object][] = [
    ['no SIM', { pin: null }, { status: 'later', code: 'sim-cannot-send' }],
    ['no network', { creg: 3, cereg: 0 }, { status: 'later', code: 'not-registered' }],
  ];
  test.each(natures)('with %s comes later', async (_says, basics, wanted) => {
    await using rig = await openRig({}, basics, { isReady: false });
    await using opened = openVoice(rig);
    await rig.wire.advance(3000);
    expect(await opened.call()).toMatchObject(wanted);
  });

  test('never dials what is no number', async () => {
    await using rig = await openRig();
    await using opened = openVoice(rig);
    expect(await opened.call('112;+CFUN=0')).toMatchObject({ status: 'rejected', code: 'no-address' });
    expect(rig.phone.dialled).toEqual([]);
  });

  test('that is taken back while it rings is hung up', async () => {
    await using rig = await openRig({ call: 'rings' });
    await using opened = openVoice(rig);
    const stop = new AbortController();
    const calling = opened.call('13800000001', stop.signal);
    await untilIn(rig, () => rig.phone.dialled.length === 1, 'it rings');
    stop.abort();
    expect(await calling).toMatchObject({ status: 'unknown', code: 'cancelled' });
    expect(rig.phone.hangUps).toBe(1);
  });

  test('goes after another, and few wait', async () => {
    await using rig = await openRig({ call: 'rings' });
    await using opened = openVoice(rig);
    const all = Array.from({ length: MOST_CALLS_WAITING + 2 }, () =>
      opened.channel.send(aMessage({ urgent: false }), [aRecipient()], NEVER),
    );
    expect(await all.at(-1)).toMatchObject({ status: 'later', code: 'queue-full' });
    expect(opened.channel.status().waiting).toBe(MOST_CALLS_WAITING + 1);
  });
});
