import { expect, test } from 'vitest';
import { repliedTo, replyCode, seenBy } from '../../../gateway/notify/replies.ts';

const SENT = [
  { sequence: 41, sentAt: 1000 },
  { sequence: 57, sentAt: 2000 },
  { sequence: 4321, sentAt: 1500 },
];

test.each<[text: string, sequence: number | null]>([
  ['收到', 57],
  ['收到。', 57],
  ['1', 57],
  [' OK ', 57],
  ['确认', 57],
  ['41', 41],
  ['确认 41', 41],
  ['确认41', 41],
  ['４１', 41],
  ['4321收到', 4321],
  ['99', null],
  ['不是我', null],
  ['收到你的快递', null],
  ['', null],
])('%j', (text, sequence) => {
  expect(repliedTo(text, SENT)?.sequence ?? null).toBe(sequence);
});

test.each<[sequence: number, code: string]>([
  [7, '07'],
  [1, '01'],
  [42, '42'],
  [-1, '0001'],
  [-7, '0007'],
  [-123, '00123'],
])('what entry %i asks to be answered by is understood: %s', (sequence, code) => {
  const others = [3, 12, 123, -2, -12].map((each) => ({ sequence: each, sentAt: 5000 }));
  expect(replyCode(sequence)).toBe(code);
  expect(repliedTo(`确认${code}`, [...others, { sequence, sentAt: 0 }])?.sequence).toBe(sequence);
});

test('nothing was sent to him', () => {
  expect(repliedTo('收到', [])).toBeNull();
});

test('who has seen an incident has seen its alarms up to then, and no others', () => {
  const alarm = (id: string, more: object = {}) => ({ id, incident: 'i', acknowledged: false, raisedAt: 900, ...more });
  const open = [
    alarm('a'),
    alarm('seen', { acknowledged: true }),
    alarm('other', { incident: 'j' }),
    alarm('alone', { incident: undefined }),
    alarm('later', { raisedAt: 1100 }),
  ];
  const incident = { step: 'incident-opened', alarm: 'i', sentAt: 1000 };
  expect(seenBy(incident, open, 2000)).toEqual(['a']);
  expect(seenBy({ ...incident, sentAt: null }, open, 2000)).toEqual(['a', 'later']);
  expect(seenBy({ step: 'raised', alarm: 'x', sentAt: 1000 }, open, 2000)).toEqual(['x']);
});
