import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MonthCounter } from '../../../drivers/cabinet/data-month.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { type FakeBox, openFakeBox } from './fake-box.ts';

const DAY_MS = 86_400_000;

const openMonth = (box: FakeBox, clock: FakeClock) =>
  new MonthCounter({
    sysfs: box.sysfs,
    proc: box.proc,
    interface: 'wwan0',
    startsOn: 1,
    timeZone: 'Asia/Shanghai',
    dir: join(box.dir, 'link'),
    clock,
    log: silentLog,
  });

test('a month begins by the clock where it is trusted, and by none where it is not', async () => {
  await using box = await openFakeBox();
  const clock = new FakeClock('2026-07-31T12:00:00Z');
  await using month = openMonth(box, clock);
  const used = async (received: number) => {
    await box.write({ 'sys/class/net/wwan0/statistics/rx_bytes': `${received}\n` });
    const sample = await month.read();
    return 'code' in sample ? sample.code : sample.scaled;
  };
  expect(await used(1_000_000)).toBe(0);
  expect(await used(3_000_000)).toBe(2);
  clock.trusted = 'unknown';
  clock.step(DAY_MS);
  expect(await used(4_000_000)).toBe(3);
  clock.trusted = 'synchronised';
  expect(await used(4_500_000)).toBe(0.5);
  clock.step(-DAY_MS);
  expect(await used(5_000_000)).toBe(1);
});

test('what the kernel says that is no number counts for nothing, also afterwards', async () => {
  await using box = await openFakeBox();
  await using month = openMonth(box, new FakeClock('2026-07-15T12:00:00Z'));
  expect(await month.read()).toMatchObject({ raw: 0 });
  for (const garbage of ['', 'nonsense', '0x10']) {
    await box.write({ 'sys/class/net/wwan0/statistics/rx_bytes': `${garbage}\n` });
    expect(await month.read()).toMatchObject({ code: 'no-interface' });
  }
  await box.write({ 'sys/class/net/wwan0/statistics/rx_bytes': '1000001\n' });
  expect(await month.read()).toMatchObject({ raw: 1 });
});

test('the card is spared: what is counted is written each ten minutes', async () => {
  await using box = await openFakeBox();
  const clock = new FakeClock('2026-07-15T12:00:00Z');
  const file = 'link/data-month-wwan0.json';
  await using month = openMonth(box, clock);
  const written = async () => JSON.parse(await box.read(file)).bytes;
  await month.read();
  await box.write({ 'sys/class/net/wwan0/statistics/rx_bytes': '2000000\n' });
  await clock.advance(599_000);
  await month.read();
  expect(await written()).toBe(0);
  await clock.advance(1000);
  await month.read();
  expect(await written()).toBe(1_000_000);
});
