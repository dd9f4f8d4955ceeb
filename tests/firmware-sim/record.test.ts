import { expect, test } from 'vitest';
import { loadScenario, parseScenario } from '../../firmware-sim/load.ts';
import { record } from '../../firmware-sim/record.ts';
import { EXPECTED_ALARMS, EXPECTED_EVENTS } from '../demo/expected-events.ts';

const night = loadScenario('firmware-sim/scenarios/demo-night.yaml');
const readings = record(night).map((line) => JSON.parse(line));

test('the recording is sorted and runs from the first instant to the last', () => {
  const times = readings.map(({ at }) => Date.parse(at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(readings[0]).toEqual({
    at: '2026-07-15T21:30:00+08:00',
    device: 'noise-07',
    point: 'la',
    value: 58,
    quality: 'good',
  });
  expect(readings.at(-1)?.at).toBe('2026-07-16T05:00:00+08:00');
});

test('every point is read at whole multiples of its period', () => {
  const count = (device: string) => readings.filter((line) => line.device === device).length;
  expect(count('noise-07')).toBe(450 * 12 + 1);
  expect(count('fume-03')).toBe(3 * 451);
  expect(count('water-02')).toBe(450 * 6 + 1);
  expect(count('smoke-09')).toBe(46);
});

test('a device that is away gives bad readings from the first instant to before the last, never silence', () => {
  const bad = readings.filter(({ quality }) => quality === 'bad');
  expect(bad).toHaveLength(240);
  expect(new Set(bad.map(({ device }) => device))).toEqual(new Set(['noise-19']));
  expect([bad[0]?.at, bad.at(-1)?.at]).toEqual(['2026-07-15T22:30:00+08:00', '2026-07-15T22:49:55+08:00']);
  expect(bad.every(({ value }) => value === null)).toBe(true);
});

test('people and permits are there when asked for, and nothing that the gateway does by itself', () => {
  const lines = record(night, { people: true, permit: true }).map((line) => JSON.parse(line));
  expect(lines[0]?.permit).toMatchObject({ id: 'bg-2026-0715-02', status: 'granted' });
  const actions = lines.filter((line) => 'action' in line);
  expect(actions).toHaveLength(39);
  expect(actions[0]).toEqual({
    at: '2026-07-15T21:41:00+08:00',
    action: {
      kind: 'acknowledge',
      alarm: 'fume-purifier-off@fume-03/fan-current',
      by: 'duty',
      note: '已短信提醒店主打开净化器',
    },
  });
  expect(new Set(actions.map(({ action }) => action.kind))).toEqual(
    new Set(['acknowledge', 'dispatch', 'arrive', 'resolve', 'note']),
  );
});

test('every alarm of the night is acknowledged after it was last raised or rose', () => {
  const acknowledged = new Map(
    night.people.filter(({ kind }) => kind === 'acknowledge').map(({ alarm, at }) => [alarm, at]),
  );
  for (const { rule, device, point, type, level, previousLevel, at } of EXPECTED_EVENTS) {
    const levels = ['blue', 'yellow', 'orange', 'red'];
    const rises = type === 'raised' || (level !== null && levels.indexOf(level) > levels.indexOf(previousLevel ?? ''));
    if (rises) expect(acknowledged.get(`${rule}@${device}/${point}`), `${rule}@${device}`).toBeGreaterThan(at);
  }
});

test('what must happen are 41 changes of 14 alarms, in order', () => {
  expect(EXPECTED_EVENTS).toHaveLength(41);
  expect(EXPECTED_ALARMS).toBe(14);
  const times = EXPECTED_EVENTS.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test.each([
  ['a time that is none', 'start: soon', 'scenario.start: a time is wanted, found "soon"'],
  [
    'a missing list',
    'start: 2026-07-15T21:30:00+08:00\nscenario: x\nend: 2026-07-15T21:30:00+08:00\nlinks: {}',
    'scenario.devices: a list is wanted, found nothing',
  ],
  [
    'a link of no kind',
    'start: 2026-07-15T21:30:00+08:00\nscenario: x\nend: 2026-07-15T21:30:00+08:00\nlinks: { a: { kind: smoke } }',
    'scenario.links.a.kind: one of modbus-rtu, modbus-tcp, modbus-dial-in, mqtt, lorawan, hj212, http, modem is wanted, found "smoke"',
  ],
])('a scenario with %s is refused by its field', (_sentence, text, message) => {
  expect(() => parseScenario(text)).toThrow(message);
});
