import { expect, test } from 'vitest';
import { openZone } from '../../../gateway/kit/zone.ts';
import { permit } from '../../../gateway/rules/permit.ts';
import { PermitBook } from '../../../gateway/rules/permit-book.ts';
import { aPoint } from '../../tools/judged.ts';

const at = (local: string, offset = '+08:00') => Date.parse(`${local}${offset}`);
const filing = (more: object) =>
  permit.parse({ id: 'f', on: { device: 'd' }, status: 'granted', from: '2026-07-15', to: '2026-07-15', ...more });
const NIGHT = at('2026-07-15T22:00:00');

/** What stands of one filing at an instant of a night that began at 22:00. */
const WINDOWS: readonly (readonly [
  says: string,
  filing: object,
  local: string,
  standing: string,
  view: string | null,
])[] = [
  [
    'its first instant',
    { from: '2026-07-15T22:00:00+08:00', to: '2026-07-16T02:00:00+08:00' },
    '2026-07-15T22:00:00',
    'covered',
    'granted',
  ],
  [
    'before it',
    { from: '2026-07-15T23:00:00+08:00', to: '2026-07-16T02:00:00+08:00' },
    '2026-07-15T22:59:59',
    'absent',
    null,
  ],
  [
    'past midnight',
    { from: '2026-07-15T22:00:00+08:00', to: '2026-07-16T02:00:00+08:00' },
    '2026-07-16T01:59:59',
    'covered',
    'granted',
  ],
  [
    'not its last instant',
    { from: '2026-07-15T22:00:00+08:00', to: '2026-07-16T02:00:00+08:00' },
    '2026-07-16T02:00:00',
    'ended',
    'expired',
  ],
  [
    'one that ended as the night began has covered none of it',
    { from: '2026-07-15T18:00:00+08:00', to: '2026-07-15T22:00:00+08:00' },
    '2026-07-15T22:30:00',
    'absent',
    'expired',
  ],
  [
    'another offset is another time',
    { from: '2026-07-15T14:30:00Z', to: '2026-07-15T18:00:00Z' },
    '2026-07-15T22:29:00',
    'absent',
    null,
  ],
  ['a date, whole', {}, '2026-07-15T23:59:59', 'covered', 'granted'],
  ['the day after a date', {}, '2026-07-16T00:00:00', 'ended', 'expired'],
  ['hours of a date, past midnight', { hours: '22:00-02:00' }, '2026-07-16T01:59:00', 'covered', 'granted'],
  ['hours of a date, over', { hours: '22:00-02:00' }, '2026-07-16T02:00:00', 'ended', 'expired'],
  ['hours that begin later tonight', { hours: '23:00-02:00', to: '2026-07-20' }, '2026-07-15T22:30:00', 'absent', null],
  [
    'hours after midnight belong to their own date',
    { hours: '00:00-03:00', to: '2026-07-16' },
    '2026-07-16T01:00:00',
    'covered',
    'granted',
  ],
  ['hours up to midnight', { hours: '20:00-24:00' }, '2026-07-15T23:59:59', 'covered', 'granted'],
  [
    'hours within times',
    { from: '2026-07-10T22:00:00+08:00', to: '2026-07-15T23:00:00+08:00', hours: '22:00-06:00' },
    '2026-07-15T23:00:00',
    'ended',
    'expired',
  ],
  [
    'the night before was another night',
    { from: '2026-07-14', to: '2026-07-14', hours: '22:00-02:00' },
    '2026-07-15T22:30:00',
    'absent',
    null,
  ],
  ['applied for', { status: 'applied' }, '2026-07-15T22:30:00', 'absent', 'applied'],
  ['refused', { status: 'refused' }, '2026-07-15T22:30:00', 'absent', 'refused'],
  ['revoked', { status: 'revoked' }, '2026-07-15T22:30:00', 'absent', 'revoked'],
  ['withdrawn', { status: 'withdrawn' }, '2026-07-15T22:30:00', 'absent', 'withdrawn'],
  ['expired', { status: 'expired' }, '2026-07-15T22:30:00', 'absent', 'expired'],
  [
    'emergency repair is granted as any other',
    { reason: 'emergency-repair' },
    '2026-07-15T22:30:00',
    'covered',
    'granted',
  ],
  ['of another kind', { kind: 'road-closure' }, '2026-07-15T22:30:00', 'absent', null],
  ['of another site', { on: { device: 'e' } }, '2026-07-15T22:30:00', 'absent', null],
  ['by scene and grid', { on: { scene: 'construction', grid: 'JS-03' } }, '2026-07-15T22:30:00', 'covered', 'granted'],
  ['by tag of another', { on: { scene: 'construction', tag: 'tower' } }, '2026-07-15T22:30:00', 'absent', null],
];

test.each(WINDOWS)('%s', (_says, more, local, standing, view) => {
  const book = new PermitBook([filing(more)], openZone('Asia/Shanghai'));
  const point = aPoint({ scene: 'construction', place: { grid: 'JS-03', at: null }, tags: ['bridge'] });
  expect(book.standing('night-work', point, at(local), NIGHT)).toBe(standing);
  expect(book.find('night-work', point, at(local), NIGHT)?.status ?? null).toBe(view);
});

test('the next change of nightly hours is each begin and end, and none after the last', () => {
  const book = new PermitBook([filing({ hours: '22:00-02:00', to: '2026-07-16' })], openZone('Asia/Shanghai'));
  const changes: string[] = [];
  let now = at('2026-07-01T00:00:00');
  for (let i = 0; i < 20 && Number.isFinite(now); i++) {
    now = book.nextChange(now);
    const standing = book.standing('night-work', aPoint(), now, now - 3_600_000);
    if (Number.isFinite(now)) changes.push(`${new Date(now + 8 * 3_600_000).toISOString().slice(5, 16)} ${standing}`);
  }
  expect(
    changes
      .filter((each) => !each.endsWith('absent'))
      .filter((each, i, all) => each.slice(-7) !== all[i - 1]?.slice(-7)),
  ).toEqual(['07-15T22:00 covered', '07-16T02:00 ended', '07-16T22:00 covered', '07-17T02:00 ended']);
  expect(now).toBe(Number.POSITIVE_INFINITY);
});

test('hours in a zone with summer time are hours of its clock', () => {
  const zone = openZone('Europe/Berlin');
  const book = new PermitBook([filing({ from: '2026-10-24', to: '2026-10-24', hours: '22:00-04:00' })], zone);
  // The clock goes back at 03:00 on the 25th: 04:00 is an hour later in truth.
  expect(book.standing('night-work', aPoint(), at('2026-10-25T03:59:00', '+01:00'), 0)).toBe('covered');
  expect(book.standing('night-work', aPoint(), at('2026-10-25T04:00:00', '+01:00'), 0)).toBe('ended');
});

test('of several, the one that says most is named: what covers before what is over, granted before all others', () => {
  const zone = openZone('Asia/Shanghai');
  const over = filing({ id: 'over', from: '2026-07-15T21:00:00+08:00', to: '2026-07-15T22:10:00+08:00' });
  const applied = filing({ id: 'applied', status: 'applied' });
  const granted = filing({ id: 'granted' });
  const named = (...filings: (typeof over)[]) =>
    new PermitBook(filings, zone).find('night-work', aPoint(), at('2026-07-15T22:30:00'), NIGHT)?.id;
  expect(named(over, applied)).toBe('applied');
  expect(named(granted, over, applied)).toBe('granted');
  expect(named(over)).toBe('over');
});

test('years of filings cost an instant nothing: ten thousand are looked through once a day', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => {
    const date = new Date(Date.parse('2020-01-01') + i * 86_400_000).toISOString().slice(0, 10);
    return filing({ id: `f${i}`, from: date, to: date, hours: '22:00-02:00' });
  });
  const book = new PermitBook(many, openZone('Asia/Shanghai'));
  book.find('night-work', aPoint(), NIGHT, NIGHT);
  const started = process.cpuUsage();
  for (let i = 0; i < 1000; i++) book.find('night-work', aPoint(), NIGHT + i * 1000, NIGHT);
  // A thousand looks at all of them would take seconds, of its own and not of a busy machine's.
  expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
});

const REFUSED: readonly (readonly [says: string, more: object, path: string, message: RegExp])[] = [
  [
    'ends before it begins',
    { from: '2026-07-16T02:00:00+08:00', to: '2026-07-15T22:00:00+08:00' },
    'to',
    /before it begins/,
  ],
  [
    'ends as it begins',
    { from: '2026-07-15T22:00:00+08:00', to: '2026-07-15T22:00:00+08:00' },
    'to',
    /before it begins/,
  ],
  ['dates the wrong way round', { from: '2026-07-16', to: '2026-07-15' }, 'to', /before it begins/],
  ['a time without an offset', { from: '2026-07-15T22:00:00', to: '2026-07-16T22:00:00' }, 'from', /offset/],
  ['no such day', { from: '2026-02-30', to: '2026-03-01' }, 'from', /no such time/],
  ['a date and a time', { from: '2026-07-15', to: '2026-07-16T02:00:00+08:00' }, 'to', /both/],
  ['hours that are none', { hours: '25:00-02:00' }, 'hours', /such as/],
  ['an unknown status', { status: 'approved' }, 'status', /granted/],
  ['on nothing', { on: {} }, 'on', /names nothing/],
  ['a number with a line break', { id: 'a\nb' }, 'id', /control/],
  ['a number that is too long', { id: 'x'.repeat(65) }, 'id', /64/],
];

test.each(REFUSED)('refused: %s', (_says, more, path, message) => {
  const read = permit.safeParse({
    id: 'f',
    on: { device: 'd' },
    status: 'granted',
    from: '2026-07-15',
    to: '2026-07-15',
    ...more,
  });
  const issue = read.error?.issues[0];
  expect([issue?.path.join('.'), issue?.message]).toEqual([path, expect.stringMatching(message)]);
});
