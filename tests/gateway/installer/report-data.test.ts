import { expect, test } from 'vitest';
import { gatherReport, type ReportSources } from '../../../gateway/installer/report-data.ts';
import { fakeContext } from '../../tools/fake-context.ts';

const TESTED = 'city.gengfu.device.walk-tested';

/** As `WalkTested` of gateway/commissioning/walk-test.ts. */
const walked = (point: string, passed: boolean, more: object = {}) => ({
  ...{
    device: 'noise-07',
    point,
    rule: 'night-noise',
    mode: 'simulate',
    by: 'wang',
    passed,
    alarm: 'a',
    exercise: 'test',
  },
  startedAt: '2026-07-15T22:30:00.000+08:00',
  steps: [
    { step: 'reading', at: '2026-07-15T22:30:01.000+08:00', ok: true, detail: '57.1 dB(A)' },
    { step: 'channel:sms', at: null, ok: passed, detail: { code: 'no-receipt' } },
  ],
  ...more,
});

function sourcesOf(context: ReturnType<typeof fakeContext>): ReportSources {
  const site = { gateway: 'g', name: '站', links: [{ id: 'bus-1', kind: 'modbus-rtu' }] };
  return {
    // Only what the report asks of a site.
    site: site as never,
    ...{ kept: { number: 3, hash: 'ab' }, version: '1', clock: 'synchronised', at: 1, by: 'wang' },
    devices: context.devices.list(),
    board: { points: () => context.points() },
    links: context.links(),
    alarms: context.alarms(),
    ledger: context.ledger,
    photos: async () => [1, 2].map((n) => ({ name: `${n}.jpg`, type: 'image/jpeg', bytes: 13 * 2 ** 20, at: n })),
    photo: async () => ({ type: 'image/jpeg', bytes: Buffer.from('x') }),
  };
}

test('the last walk test of each point is found in the log, whatever else is there', async () => {
  const context = fakeContext();
  context.ledger.commit([walked('la', false)], TESTED);
  context.ledger.commit([walked('la', true), walked('leq', true), walked('la', true, { device: 'x' })], TESTED);
  context.ledger.commit([{ device: 'noise-07', point: 'la', note: TESTED }], 'city.gengfu.alarm.noted');
  context.ledger.commit([{ device: 'noise-07', point: 'l90', steps: 'none', mode: 7, startedAt: {} }], TESTED);
  context.ledger.commit(Array.from({ length: 1200 }, () => ({})));
  const report = await gatherReport(sourcesOf(context));
  expect(report).toMatchObject({ siteNumber: 3, searched: 1206, gateway: 'g' });
  const [device] = report.devices;
  expect(device?.walkTests.map(({ point, passed, sequence }) => [point, passed, sequence])).toEqual([
    ['l90', false, '6'],
    ['leq', true, '3'],
    ['la', true, '2'],
  ]);
  expect(device?.walkTests[2]).toMatchObject({
    mode: 'simulate',
    steps: [{ detail: '57.1 dB(A)' }, { step: 'channel:sms', at: null, detail: '{"code":"no-receipt"}' }],
  });
  expect(device?.walkTests[0]).toMatchObject({ mode: null, startedAt: null, steps: [] });
});

test('what is of the device alone is in it, and as many photos as there is room for', async () => {
  const [device] = (await gatherReport(sourcesOf(fakeContext()))).devices;
  expect(device).toMatchObject({ linkKind: 'modbus-rtu', linkStatus: { state: 'up' }, photoCount: 2 });
  expect(device?.points.map(({ id }) => id)).toEqual(['la']);
  expect(device?.alarms).toMatchObject([{ point: 'la', level: 'red' }]);
  expect(device?.photos).toEqual([{ name: '1.jpg', type: 'image/jpeg', base64: 'eA==' }]);
});
