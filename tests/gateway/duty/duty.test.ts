import { expect, test } from 'vitest';
import type { EntryDraft } from '../../../gateway/alarms/alarm-event.ts';
import { DutyBook, LINES_KEPT } from '../../../gateway/duty/duty.ts';
import type { LedgerBatch } from '../../../gateway/ledger/ledger.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';
import { aPeople, at, ZONE } from '../notify/a-roll.ts';

function aBook(
  saved = new Map<string, object>(),
  more: { readonly people?: object; readonly isDurable?: boolean } = {},
) {
  const told: EntryDraft[] = [];
  const paces: number[] = [];
  const clock = new FakeClock(at('22:00:00'));
  const book = new DutyBook({
    ...{ saved, clock },
    people: () => aPeople(more.people),
    zone: () => ZONE,
    alarms: () => [fakeAlarm()],
    async keep(entries: readonly EntryDraft[], states: LedgerBatch['rules']) {
      told.push(...entries);
      for (const { key, state } of states) if (state !== null) saved.set(key, JSON.parse(JSON.stringify(state)));
      return more.isDurable ?? true;
    },
    setPace: (share) => paces.push(share),
  });
  return { book, told, paces, saved, clock };
}

test('the roster says who is on duty', () => {
  expect(aBook().book.now()).toMatchObject({
    mode: 'routine',
    by: 'roster',
    open: 1,
    duty: [{ id: 'li', name: '李娜' }],
    leader: [{ id: 'wang' }],
  });
});

test('a hand-over counts at once, tells both sides and what is open, and outlives a restart', async () => {
  const { book, told, saved } = aBook();
  const line = await book.handOver(['陈刚'], '未办结: smoke-09 电量低', 'li.na');
  expect(line).toMatchObject({
    number: 1,
    kind: 'hand-over',
    by: 'li.na',
    handOver: { from: ['li'], to: ['chen'], open: [fakeAlarm().watch.key] },
  });
  expect(told[0]).toMatchObject({
    type: 'city.gengfu.duty.handed-over',
    subject: 'duty/1',
    time: '2026-07-15T22:00:00.000+08:00',
    data: {
      from: ['li'],
      to: ['chen'],
      by: 'li.na',
      note: '未办结: smoke-09 电量低',
      openCount: 1,
      open: [{ alarm: fakeAlarm().id }],
    },
  });
  // No name and no number goes to a platform.
  expect(JSON.stringify(told)).not.toMatch(/李娜|陈刚|139/);
  expect(aBook(saved).book.now()).toMatchObject({ by: 'hand-over', duty: [{ id: 'chen' }] });
});

test('nobody unknown is handed over to', async () => {
  const { book, told } = aBook();
  await expect(book.handOver(['ghost'], null, 'li')).rejects.toMatchObject({ code: 'duty-unknown' });
  expect(told).toEqual([]);
});

test('a mode calls in others and gives less time, with who and why', async () => {
  const people = { modes: { II: { times: '50%' } } };
  const { book, told, paces, saved } = aBook(new Map(), { people });
  expect(await book.setMode('II', '区防指命令', 'wang')).toBe('done');
  expect(await book.setMode('II', '区防指命令', 'wang')).toBe('unchanged');
  expect(told.map(({ type, data }) => [type, data])).toEqual([
    ['city.gengfu.duty.mode-changed', { mode: 'II', previous: 'routine', by: 'wang', note: '区防指命令' }],
  ]);
  expect(paces).toEqual([1, 0.5]);
  expect(book.now()).toMatchObject({ mode: 'II', modeBy: 'wang', duty: [{ id: 'li' }, { id: 'pump' }] });
  expect(aBook(saved, { people }).paces).toEqual([0.5]);
});

test('first, further and final reports', async () => {
  const { book, told } = aBook();
  const first = await book.write({ kind: 'first', came: 'call', from: '王先生 13812345678', text: '南溪路积水' }, 'li');
  const final = await book.write({ kind: 'final', of: first.number, text: '已退水' }, 'li');
  expect(book.log(10).map(({ number, kind, of }) => [number, kind, of])).toEqual([
    [2, 'final', 1],
    [1, 'first', null],
  ]);
  await expect(book.write({ kind: 'further', of: final.number, text: '?' }, 'li')).rejects.toMatchObject({
    code: 'duty-report',
  });
  await expect(book.write({ kind: 'further', text: '?' }, 'li')).rejects.toMatchObject({ code: 'duty-report' });
  // Who called stays on the box.
  expect(JSON.stringify(told)).not.toContain('王先生');
});

test('the lines that are kept are bounded, also on the disk', async () => {
  const { book, saved } = aBook();
  for (let i = 0; i < LINES_KEPT + 20; i++) await book.write({ kind: 'note', text: `${i}` }, 'li');
  expect(book.log(10_000)).toHaveLength(LINES_KEPT);
  expect(saved.size).toBe(LINES_KEPT + 1);
  const again = aBook(saved).book;
  expect(again.log(10_000)).toHaveLength(LINES_KEPT);
  expect(again.log(1)[0]?.text).toBe(String(LINES_KEPT + 19));
});

test('what is not on disk is not said to be done', async () => {
  await expect(aBook(new Map(), { isDurable: false }).book.setMode('I', '暴雨', 'li')).rejects.toMatchObject({
    code: 'not-durable',
  });
});
