import { expect, test } from 'vitest';
import { DrillTimes, encodeDrillHtml, encodeDrillText } from '../../../gateway/exercises/drill-report.ts';
import { drillNames, loadDrill, shownAt } from '../../../gateway/exercises/drill-script.ts';

const at = (time: string) => `2026-07-15T${time}.000+08:00`;

function told(step: string, time: string, more: object = {}) {
  const data = {
    alarm: 'a1',
    device: 'water-02',
    rule: 'wet',
    title: { zh: '【演练】积水', en: '[DRILL] Water' },
    level: 'red',
    ...more,
  };
  return { type: `city.gengfu.alarm.${step}`, subject: 's', time: at(time), data };
}

const waits = (waitsFor: string | null, due: string | null) => ({
  response: { waitsFor, due: due === null ? null : at(due) },
});

const times = new DrillTimes();
times.take(told('raised', '10:00:00', waits('acknowledge', '10:05:00')));
times.take({ ...told('raised', '10:00:02'), type: 'city.gengfu.call.sent' });
times.take(told('escalated', '10:05:00', waits('acknowledge', '10:05:00')));
times.take(told('acknowledged', '10:06:00', waits('arrive', '10:20:00')));
times.take(told('acknowledged', '10:09:00', waits('arrive', '10:20:00')));
times.take(told('arrived', '10:15:00', waits('resolve', '10:30:00')));
const alarms = times.alarms(at('10:40:00'));

test('each time against the limit of its plan: the first of each counts, what never came is late too', () => {
  expect(alarms).toEqual([
    expect.objectContaining({
      device: 'water-02',
      level: 'red',
      escalated: 1,
      late: ['acknowledged', 'resolved'],
      times: {
        raised: { at: at('10:00:00'), due: null },
        called: { at: at('10:00:02'), due: null },
        acknowledged: { at: at('10:06:00'), due: at('10:05:00') },
        arrived: { at: at('10:15:00'), due: at('10:20:00') },
        resolved: { at: null, due: at('10:30:00') },
      },
    }),
  ]);
});

const REPORT = {
  drill: 'flood',
  title: { zh: '道路积水演练', en: 'Flood drill' },
  ...{ by: '<wang>', speed: 1, place: null, startedAt: at('10:00:00'), endedAt: at('10:40:00'), ended: 'over' },
  ...{ points: ['water-02/depth'], alarms, exercise: 'drill' as const },
};

test('as text and as a page, on which nothing that a person wrote is markup', () => {
  expect(encodeDrillText(REPORT)).toContain('确认 acknowledged    10:06:00  due 10:05:00  LATE 超时');
  const page = encodeDrillHtml(REPORT);
  expect(page).toContain('&lt;wang&gt;');
  expect(page).not.toContain('<wang>');
  expect(page).toContain('class="late"');
});

test('the drills that ship load; values go straight between knots, a state holds until the next', async () => {
  expect(await drillNames()).toEqual(['fire', 'flood', 'noise']);
  const [flood, fire] = [await loadDrill('flood'), await loadDrill('fire')];
  const [water, smoke] = [flood.points[0], fire.points[0]];
  if (water === undefined || smoke === undefined) throw new Error('no points');
  expect([0, 60_000, 120_000, 3_600_000].map((ms) => shownAt(water, ms))).toEqual([0, 3, 6, 0]);
  expect([0, 59_999, 60_000, 720_000].map((ms) => shownAt(smoke, ms))).toEqual(['normal', 'normal', 'alarm', 'normal']);
  await expect(loadDrill('../packs/gas')).rejects.toMatchObject({ code: 'no-such-drill' });
});
