import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aModem, type ModemNature } from '../../../../../firmware-sim/modem/modem.ts';
import type { PhoneNature } from '../../../../../firmware-sim/modem/phone-nature.ts';
import type { Message, Receipt, Sent } from '../../../../../gateway/notify/channels/channel.ts';
import { MOST_TEXTS_WAITING, SmsChannel, sms } from '../../../../../gateway/notify/channels/modem/sms.ts';
import { aMessage, aRecipient, NEVER } from '../a-message.ts';
import { openRig, type Rig, untilIn } from './rig.ts';

const OPTIONS = sms.options.parse({ modem: { port: '/dev/ttyUSB2' } });
const LONG = '【红色】南溪路下穿通道积水 30 cm。'.repeat(5);
const ID = aMessage().id;

async function openSms(rig: Rig) {
  const channel = new SmsChannel(OPTIONS, rig.context, rig.modem);
  await channel.load();
  const receipts: Receipt[] = [];
  channel.onReceipt((receipt) => receipts.push(receipt));
  const send = (message: Partial<Message> = {}, phone = '13800000001', signal = NEVER): Promise<Sent> =>
    rig.passing(channel.send(aMessage(message), [aRecipient({ phone })], signal));
  return {
    channel,
    receipts,
    send,
    [Symbol.asyncDispose]: () => rig.passing(channel[Symbol.asyncDispose]()),
  };
}

describe('a text message', () => {
  test('comes in Chinese, with a report wanted and the link', async () => {
    await using rig = await openRig();
    await using opened = await openSms(rig);
    expect(await opened.send({ link: 'https://gw/a/1' })).toEqual({ status: 'accepted', receipt: ID });
    expect(rig.phone.sent).toMatchObject([
      { to: '13800000001', text: `${aMessage().text} https://gw/a/1`, wantsReport: true, validity: 143, part: null },
    ]);
    expect(opened.channel.status()).toMatchObject({ state: 'ready', sent: 1, failed: 0, warnings: [] });
  });

  test('that is long comes in parts that belong together, and is delivered when all of them are', async () => {
    await using rig = await openRig({ reports: 0 });
    await using opened = await openSms(rig);
    await opened.send({ text: LONG });
    expect(rig.phone.sent.map(({ text }) => text).join('')).toBe(LONG);
    expect(new Set(rig.phone.sent.map(({ part }) => part?.[0])).size).toBe(1);
    await untilIn(rig, () => opened.receipts.length > 0, 'the report');
    expect(opened.receipts).toMatchObject([{ receipt: ID, person: 'wang', kind: 'delivered' }]);
  });

  test('that is longer than may be still ends in its whole link', async () => {
    await using rig = await openRig({ reports: 0 });
    await using opened = await openSms(rig);
    const link = 'https://gateway.example/r/one-time-token-of-his-own';
    await opened.send({ text: '水'.repeat(1000), link });
    expect(rig.phone.sent.map(({ text }) => text).join('')).toMatch(new RegExp(`水… ${link}$`));
  });

  const reports: readonly [says: string, nature: Partial<PhoneNature>, wanted: readonly object[]][] = [
    ['whose report comes before the answer is delivered', { reports: 0, reportsEarly: true }, [{ kind: 'delivered' }]],
    ['that could not be delivered is told as failed', { reports: 0x46 }, [{ kind: 'failed', receipt: ID }]],
    ['that the network still tries to deliver is neither', { reports: 0x30 }, []],
    ['that was only passed on is neither', { reports: 1 }, []],
  ];
  test.each(reports)('%s', async (_says, nature, wanted) => {
    await using rig = await openRig(nature);
    await using opened = await openSms(rig);
    await opened.send();
    await rig.wire.advance(1000);
    expect(opened.receipts).toMatchObject(wanted);
  });

  test('is told as delivered also when its report comes late, after a restart', async () => {
    await using rig = await openRig();
    {
      await using first = await openSms(rig);
      await first.send();
    }
    await using second = await openSms(rig);
    rig.phone.report(251, '8613800000001', 0);
    await untilIn(rig, () => second.receipts.length > 0, 'the late report');
    expect(second.receipts).toMatchObject([{ receipt: ID, person: 'wang', kind: 'delivered' }]);
    rig.phone.report(251, '13800000001', 0);
    rig.phone.report(9, '13800000009', 0);
    await rig.wire.advance(1000);
    expect(second.receipts).toHaveLength(1);
  });

  test('goes out also when the book of what was sent is damaged', async () => {
    await using rig = await openRig();
    await writeFile(join(rig.context.dir, 'sent.json'), '{');
    await using opened = await openSms(rig);
    expect(await opened.send()).toMatchObject({ status: 'accepted' });
  });

  const fates: readonly [says: string, sms: PhoneNature['sms'], wanted: object][] = [
    ['that is refused once is tried again', 'once', { status: 'accepted' }],
    ['that is refused again and again comes later', 38, { status: 'later', code: 'cms-38', retryMs: 30_000 }],
    ['to a number that is nobody’s is rejected', 1, { status: 'rejected', code: 'cms-1' }],
    ['of a SIM that is barred is rejected', 8, { status: 'rejected', code: 'sim-cannot-send' }],
    ['of a SIM without the service is rejected', 50, { status: 'rejected', code: 'sim-cannot-send' }],
    ['that the network did not answer is unknown', 332, { status: 'unknown', code: 'cms-332' }],
    ['that the modem never asks for comes later', 'no-prompt', { status: 'later', code: 'no-answer' }],
    ['that the modem has and does not answer is unknown', 'no-answer', { status: 'unknown', code: 'no-answer' }],
    ['in whose midst the modem begins anew is unknown', 'resets', { status: 'unknown', code: 'modem-reset' }],
  ];
  test.each(fates)('%s', async (_says, nature, wanted) => {
    await using rig = await openRig({ sms: nature });
    await using opened = await openSms(rig);
    const sent = await opened.send();
    expect(sent).toMatchObject(wanted);
    expect(rig.phone.sent.length).toBeLessThanOrEqual(1);
    const isBarred = 'code' in sent && sent.code === 'sim-cannot-send';
    expect(opened.channel.status().warnings).toEqual(
      isBarred ? ['sim-cannot-send'] : rig.modem.isReady ? [] : ['no-modem'],
    );
    // The modem is found again, and the next one goes.
    rig.phone.nature.sms = 'takes';
    await untilIn(rig, () => rig.modem.isReady, 'the modem is back');
    expect(await opened.send()).toMatchObject({ status: 'accepted' });
    expect(opened.channel.status().warnings).toEqual([]);
  });

  test('of which one part is refused comes later as a whole', async () => {
    await using rig = await openRig({ sms: 'one' });
    await using opened = await openSms(rig);
    expect(await opened.send({ text: LONG })).toMatchObject({ status: 'later', code: 'partial' });
  });

  const natures: readonly [says: string, basics: Partial<ModemNature>, wanted: object, warnings: readonly string[]][] =
    [
      ['no SIM', { pin: null }, { status: 'later', code: 'sim-cannot-send' }, ['sim-cannot-send']],
      ['a SIM that wants a PIN', { pin: 'SIM PIN' }, { status: 'later', code: 'sim-cannot-send' }, ['sim-cannot-send']],
      ['no network', { creg: 2, cereg: 2 }, { status: 'later', code: 'not-registered' }, ['not-registered']],
    ];
  test.each(natures)('with %s comes later, and it is told why', async (_says, basics, wanted, warnings) => {
    await using rig = await openRig({}, basics, { isReady: false });
    await using opened = await openSms(rig);
    await rig.wire.advance(3000);
    expect(await opened.send()).toMatchObject(wanted);
    expect(opened.channel.status()).toMatchObject({ state: 'failing', warnings });
  });

  test('goes soon after the SIM has found its network', async () => {
    const basics = { ...aModem(), creg: 2, cereg: 2 };
    await using rig = await openRig({}, basics);
    await using opened = await openSms(rig);
    expect(await opened.send()).toMatchObject({ status: 'later', code: 'not-registered' });
    rig.phone.register(5);
    await rig.wire.advance(6000);
    expect(await opened.send()).toMatchObject({ status: 'accepted' });
    expect(opened.channel.status().warnings).toEqual([]);
  });

  test('without a modem comes later, and goes when there is one', async () => {
    await using rig = await openRig();
    await using opened = await openSms(rig);
    rig.setPlugged(false);
    await rig.wire.advance(3000);
    expect(await opened.send()).toMatchObject({ status: 'later', code: 'no-modem' });
    rig.setPlugged(true);
    await untilIn(rig, () => rig.modem.isReady, 'the modem is back');
    expect(await opened.send()).toMatchObject({ status: 'accepted' });
  });

  test('to nobody’s number is rejected, and nothing of it reaches the line', async () => {
    await using rig = await openRig();
    await using opened = await openSms(rig);
    expect(await opened.send({}, '110\r\nATD120;')).toMatchObject({ status: 'rejected', code: 'no-address' });
    expect(rig.phone.commands.join()).not.toContain('120');
  });

  test('waits in a queue with a bound, and can be taken back', async () => {
    await using rig = await openRig({ sms: 'no-answer' });
    await using opened = await openSms(rig);
    const stop = new AbortController();
    const first = opened.channel.send(aMessage(), [aRecipient()], NEVER);
    const back = opened.channel.send(aMessage(), [aRecipient()], stop.signal);
    const plain = Array.from({ length: MOST_TEXTS_WAITING }, (_, index) =>
      opened.channel.send(aMessage({ urgent: false, text: `p${index}` }), [aRecipient()], NEVER),
    );
    expect(await plain.at(-1)).toMatchObject({ status: 'later', code: 'queue-full' });
    stop.abort();
    expect(await back).toMatchObject({ status: 'later', code: 'cancelled' });
    expect(opened.channel.status().waiting).toBeLessThanOrEqual(MOST_TEXTS_WAITING + 1);
    const closed = rig.passing(opened.channel[Symbol.asyncDispose]());
    expect(await first).toMatchObject({ status: 'unknown' });
    await closed;
  });
});

describe('a reply', () => {
  test.each(['stored', 'direct'] as const)('that is %s is told with who it is and what it answers', async (how) => {
    await using rig = await openRig();
    await using opened = await openSms(rig);
    await opened.send();
    rig.phone.receive('+8613800000001', '收到，马上到', how);
    await untilIn(rig, () => opened.receipts.length > 0 && rig.phone.stored === 0, 'the reply');
    expect(opened.receipts).toMatchObject([
      { receipt: ID, person: 'wang', kind: 'reply', text: '收到，马上到', phone: '+8613800000001' },
    ]);
  });

  test('of somebody who was sent nothing is told with the number alone', async () => {
    await using rig = await openRig();
    await using opened = await openSms(rig);
    rig.phone.receive('10086', '余额不足');
    await untilIn(rig, () => opened.receipts.length > 0, 'the reply');
    expect(opened.receipts).toMatchObject([{ receipt: null, person: null, phone: '10086' }]);
  });

  test('that came while nobody was there is told at the start', async () => {
    await using rig = await openRig({}, {}, { isReady: false });
    rig.phone.receive('13800000001', '1');
    rig.phone.receive('13800000001', '2');
    await using opened = await openSms(rig);
    await untilIn(rig, () => opened.receipts.length === 2, 'both');
    expect(opened.receipts.map(({ text }) => text)).toEqual(['1', '2']);
    expect(rig.phone.stored).toBe(0);
  });
});

describe('the monthly test', () => {
  const rows: readonly [says: string, reports: number | null, wanted: object, isTested: boolean][] = [
    ['is delivered once the report says so', 0, { status: 'delivered', receipt: ID }, true],
    ['fails when the network could not deliver it', 0x46, { status: 'rejected', code: 'undelivered' }, false],
    ['is accepted when no report comes', null, { status: 'accepted' }, true],
  ];
  test.each(rows)('%s', async (_says, reports, wanted, isTested) => {
    await using rig = await openRig({ reports });
    await using opened = await openSms(rig);
    const tested = opened.channel.test(aMessage({ isExercise: true }), aRecipient(), NEVER);
    expect(await rig.passing(tested, 500)).toMatchObject(wanted);
    expect(opened.channel.status().testedAt !== null).toBe(isTested);
  });
});
