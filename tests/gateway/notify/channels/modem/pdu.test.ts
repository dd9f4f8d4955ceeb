import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSubmit, writeDeliver, writeReport } from '../../../../../firmware-sim/modem/sms.ts';
import { dialled, isSamePhone } from '../../../../../gateway/notify/channels/modem/address.ts';
import {
  packSeptets,
  septetsOf,
  textOfSeptets,
  unpackSeptets,
} from '../../../../../gateway/notify/channels/modem/gsm7.ts';
import { parseIncoming } from '../../../../../gateway/notify/channels/modem/incoming-pdu.ts';
import { MOST_SEGMENTS, segmentsOf } from '../../../../../gateway/notify/channels/modem/segments.ts';
import { encodeSubmit, validityOf } from '../../../../../gateway/notify/channels/modem/submit-pdu.ts';
import { fuzz } from '../../../../tools/fuzz.ts';

const DAY = 86_400_000;

/** All parts of a text to one number, as they go over the line. */
const pdusOf = (to: string, text: string, wantsReport = true, tail = '') => {
  const segments = segmentsOf(text, tail);
  return segments.map((segment, index) =>
    encodeSubmit({
      to,
      segment,
      part: segments.length === 1 ? null : { reference: 0x107, count: segments.length, number: index + 1 },
      validityMs: 4 * DAY,
      wantsReport,
    }),
  );
};

describe('published messages', () => {
  test('hellohello to +46708251358, valid four days', () => {
    const [pdu] = pdusOf('+46708251358', 'hellohello', false);
    expect(pdu).toEqual({ hex: '0011000B916407281553F80000AA0AE8329BFD4697D9EC37', length: 23 });
  });

  test('hellohello from +27838890001', () => {
    expect(parseIncoming('07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37')).toEqual({
      kind: 'deliver',
      from: '27838890001',
      text: 'hellohello',
      part: null,
    });
  });

  test('a report of what was sent to +31628870634', () => {
    expect(parseIncoming('0006D60B911326880736F4111011719551401110117195714000')).toEqual({
      kind: 'report',
      reference: 0xd6,
      to: '+31628870634',
      status: 0,
    });
  });
});

describe('a text', () => {
  const rows: readonly [says: string, text: string, lengths: readonly number[]][] = [
    ['of 160 plain characters is one message', 'a'.repeat(160), [160]],
    ['of 161 is two', 'a'.repeat(161), [153, 8]],
    ['of characters of two septets is counted by those', '€'.repeat(81), [76, 5]],
    ['of 70 Chinese characters is one', '水'.repeat(70), [70]],
    ['of 71 is two', '水'.repeat(71), [67, 4]],
    ['is never torn within a character', `${'水'.repeat(66)}🌊🌊🌊`, [66, 6]],
    ['of nothing is one message', '', [0]],
  ];
  test.each(rows)('%s', (_says, text, lengths) => {
    const read = pdusOf('13800000001', text).map(({ hex }) => readSubmit(hex));
    expect(read.map((each) => each.text.length)).toEqual(lengths);
    expect(read.map((each) => each.text).join('')).toBe(text);
    expect(
      read.every(({ part }, index) =>
        read.length === 1 ? part === null : part?.join() === `7,${read.length},${index + 1}`,
      ),
    ).toBe(true);
  });

  test.each([
    ['水', 67, '…'],
    ['a', 153, '...'],
  ])('that is too long ends so: %s', (character, part, end) => {
    const read = pdusOf('13800000001', character.repeat(5000)).map(({ hex }) => readSubmit(hex).text);
    expect(read).toHaveLength(MOST_SEGMENTS);
    expect(read.join('')).toBe(character.repeat(part * MOST_SEGMENTS - end.length) + end);
  });

  test.each([
    ['of Chinese', '水'.repeat(1000), '…'],
    ['in the 7 bit alphabet', 'a'.repeat(2000), '...'],
    ['that just fits without it', '水'.repeat(67 * 6), '…'],
    ['of characters that are two', '🌊'.repeat(500), '…'],
  ])('that is too long leaves room for the link behind it: %s', (_says, text, end) => {
    const tail = ` https://gateway.example:8443/r/${'x'.repeat(24)}`;
    const read = pdusOf('13800000001', text, true, tail).map(({ hex }) => readSubmit(hex).text);
    expect(read).toHaveLength(MOST_SEGMENTS);
    const whole = read.join('');
    expect(whole.endsWith(end + tail)).toBe(true);
    expect(text.startsWith(whole.slice(0, -(end + tail).length))).toBe(true);
    expect(whole.length).toBeGreaterThan(MOST_SEGMENTS * 67 - 8);
  });

  test('comes to the network as it was, whatever it is', () => {
    const numbers = fc.stringMatching(/^\+?[0-9]{3,15}$/);
    fc.assert(
      fc.property(numbers, fc.string({ unit: 'grapheme', maxLength: 300 }), (to, text) => {
        const read = pdusOf(to, text).map(({ hex, length }) => {
          const one = readSubmit(hex);
          expect(one).toMatchObject({ to, wantsReport: true, length });
          return one.text;
        });
        if (read.length < MOST_SEGMENTS) expect(read.join('')).toBe(text.toWellFormed().replaceAll('\r\n', '\n'));
      }),
      { numRuns: 300 },
    );
  });

  test('of the 7 bit alphabet is packed and unpacked, after any filling', () => {
    const characters = [...'@£$Δ_ \n€[]{}~\\|^az09ÄÖÑÜ§à¿'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...characters)), fc.nat(6), (list, fill) => {
        const septets = list.flatMap((character) => septetsOf(character) ?? []);
        expect(textOfSeptets(unpackSeptets(packSeptets(septets, fill), septets.length, fill))).toBe(list.join(''));
      }),
    );
  });
});

describe('what comes in', () => {
  test('replies and reports are read as the network wrote them', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\+?[0-9]{3,15}$/),
        fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => text.length <= 70 && text.isWellFormed()),
        fc.nat(255),
        fc.nat(255),
        (phone, text, reference, status) => {
          expect(parseIncoming(writeDeliver(phone, text))).toEqual({ kind: 'deliver', from: phone, text, part: null });
          expect(parseIncoming(writeReport(reference, phone, status))).toEqual({
            kind: 'report',
            reference,
            to: phone,
            status,
          });
        },
      ),
    );
  });

  test('noise is nothing, and throws nothing', async () => {
    const seeds = [writeDeliver('+8613800000001', '收到'), writeReport(7, '13800000001', 0), '0791'].map((hex) =>
      Buffer.from(hex, 'hex'),
    );
    let read = 0;
    const target = (input: Buffer) => {
      const incoming = parseIncoming(input.toString('hex'));
      if (incoming?.kind === 'deliver') {
        read++;
        expect(incoming.text.length).toBeLessThanOrEqual(200);
        expect(incoming.from.length).toBeLessThanOrEqual(20);
      }
      // As text too, which need not be hex.
      parseIncoming(input.toString('latin1'));
    };
    const { bytes } = await fuzz(target, { bytes: 4e6, seeds, longest: 250 });
    expect(bytes).toBeGreaterThanOrEqual(4e6);
    expect(read).toBeGreaterThan(1000);
  });
});

test.each([
  [0, 0],
  [5 * 60_000, 0],
  [3_600_000, 11],
  [12 * 3_600_000, 143],
  [12.5 * 3_600_000, 144],
  [DAY, 167],
  [2 * DAY, 168],
  [4 * DAY, 170],
  [30 * DAY, 196],
  [35 * DAY, 197],
  [1000 * DAY, 255],
])('%d ms of validity are %d', (ms, wanted) => {
  expect(validityOf(ms)).toBe(wanted);
});

test('numbers are dialled without what people write between the digits, and nothing else is dialled', () => {
  expect(dialled('+86 138-0000-0001')).toBe('+8613800000001');
  expect(['110;ATH', '', '+', '12', 'ABC', '1'.repeat(16), '1\r2'].map(dialled)).toEqual(Array(7).fill(undefined));
});

test('a phone is the same with its country and without', () => {
  expect(isSamePhone('+8613800000001', '13800000001')).toBe(true);
  expect(isSamePhone('13800000001', '13800000002')).toBe(false);
  expect(isSamePhone('110', '8610110')).toBe(false);
});
