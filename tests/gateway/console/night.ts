import type { ListedAlarm, ListedPoint, LogEntry } from '../../../gateway/console/api.ts';
import type { Level, Text } from '../../../gateway/rules/finding.ts';

/** The night of the demo at its worst: 16 July 2026, 00:09:30 at the site. */
export const NIGHT = Date.parse('2026-07-16T00:09:30+08:00');

const at = (time: string): number =>
  Date.parse(`${time > '12' ? '2026-07-15' : '2026-07-16'}T${time.length === 5 ? `${time}:00` : time}+08:00`);

const RULES = {
  'night-construction-noise': { zh: '夜间施工噪声超标', en: 'Construction noise over the night limit' },
  waterlogging: { zh: '积水', en: 'Waterlogging' },
  'water-rise': { zh: '积水上涨过快', en: 'Water rising fast' },
  'cover-tilt': { zh: '井盖倾斜', en: 'Manhole cover tilted' },
  'mains-lost': { zh: '市电掉电', en: 'Mains lost' },
  'noise-silent': { zh: '噪声设备离线', en: 'Noise device offline' },
} satisfies Record<string, Text>;

const point = (
  key: string,
  deviceName: string,
  quantity: string,
  unit: string | null,
  [scene, grid, link]: readonly [string, string, string],
  value: number | string | null,
  everyMs: number,
): ListedPoint => ({
  key,
  device: key.split('/')[0] ?? '',
  id: key.split('/')[1] ?? '',
  deviceName,
  quantity,
  unit,
  scene,
  place: { grid, at: [120.7551, 30.7466] },
  link,
  everyMs,
  last:
    value === null
      ? { point: key, value, at: NIGHT - 3000, quality: 'bad', code: 'no-answer' }
      : { point: key, value, at: NIGHT - 3000, quality: 'good' },
});

export const POINTS: readonly ListedPoint[] = [
  point('noise-07/la', '中山路 7 号工地噪声', 'noise.la', 'dB(A)', ['construction', 'JS-03', 'bus-1'], 47.2, 5000),
  point('noise-11/la', '建国路地块工地噪声', 'noise.la', 'dB(A)', ['construction', 'JS-05', 'bus-1'], 62.1, 5000),
  point('noise-19/la', '文昌路工地噪声', 'noise.la', 'dB(A)', ['construction', 'JS-05', 'bus-1'], null, 5000),
  point('fume-03/fume', '月河街烧烤店油烟', 'fume.concentration', 'mg/m3', ['kitchen', 'JS-02', 'plc-1'], 0.82, 60_000),
  point('fume-03/fan-current', '月河街烧烤店油烟', 'fume.fan', 'A', ['kitchen', 'JS-02', 'plc-1'], 8, 60_000),
  point(
    'fume-03/purifier-current',
    '月河街烧烤店油烟',
    'fume.purifier',
    'A',
    ['kitchen', 'JS-02', 'plc-1'],
    1.6,
    60_000,
  ),
  point('water-02/depth', '南溪路下穿通道积水', 'water.depth', 'cm', ['underpass', 'JS-07', 'plc-1'], 36.4, 10_000),
  point('water-05/depth', '越秀路路口积水', 'water.depth', 'cm', ['road', 'JS-08', 'plc-1'], 11.7, 10_000),
  point('cover-21/tilt', '南溪路雨水井盖', 'tilt.angle', 'deg', ['cover', 'JS-07', 'air'], 24, 600_000),
  point('cover-33/tilt', '勤俭路通信井盖', 'tilt.angle', 'deg', ['cover', 'JS-04', 'air'], 0.8, 600_000),
  point('smoke-12/state', '建设新村 3 幢 201 室', 'smoke.state', null, ['home', 'JS-01', 'air'], 'normal', 3_600_000),
  point(
    'smoke-09/state',
    '建设新村 5 幢 102 室',
    'smoke.state',
    null,
    ['home', 'JS-01', 'air'],
    'low-battery',
    3_600_000,
  ),
  point('cabinet-01/mains', '网关机箱', 'mains.state', null, ['cabinet', 'JS-03', 'plc-1'], 'on', 10_000),
];

interface Given {
  readonly id: string;
  readonly rule: keyof typeof RULES;
  readonly key: string;
  readonly level: Level | null;
  readonly raised: string;
  readonly seen?: boolean;
  readonly value: number | string | null;
  readonly limit: number | null;
  readonly legalLimit?: number;
  readonly measure?: string;
  readonly permit?: ListedAlarm['permit'];
  readonly night?: boolean;
  readonly returned?: string;
}

/** An alarm as the API lists it. */
export function alarm(given: Given): ListedAlarm {
  const of = POINTS.find(({ key }) => key === given.key);
  if (of === undefined) throw new Error(`no point ${given.key}`);
  const { rule, level, seen = false } = given;
  return {
    id: given.id,
    watch: {
      key: `${rule}@${given.key}`,
      rule,
      device: of.device,
      deviceName: of.deviceName,
      point: of.id,
      quantity: of.quantity,
      unit: of.unit,
      scene: of.scene,
      place: of.place,
      title: RULES[rule],
      basis: given.legalLimit === undefined ? null : 'GB 12523-2025',
      legalLimit: given.legalLimit ?? null,
      permitKind: given.rule === 'night-construction-noise' ? 'night-work' : null,
      measure: given.measure ?? 'value',
    },
    condition: level === null ? 'normal' : 'active',
    level,
    acknowledged: seen,
    raisedAt: at(given.raised),
    changedAt: at(given.raised),
    returnedAt: given.returned === undefined ? null : at(given.returned),
    acknowledgedAt: seen ? at(given.raised) + 120_000 : null,
    acknowledgedBy: seen ? '值班员' : null,
    closedAt: null,
    value: given.value,
    limit: given.limit,
    coverage: given.measure?.startsWith('leq') ? 1 : null,
    window: given.night ? { name: 'night', date: '2026-07-15' } : null,
    permit: given.permit ?? null,
    follows: null,
  };
}

const leq = { rule: 'night-construction-noise', legalLimit: 55, measure: 'leq 20min', night: true } as const;

export const ALARMS: readonly ListedAlarm[] = [
  alarm({
    id: 'a-water',
    rule: 'waterlogging',
    key: 'water-02/depth',
    level: 'red',
    raised: '23:51:40',
    value: 36.4,
    limit: 30,
  }),
  alarm({
    id: 'a-rise',
    rule: 'water-rise',
    key: 'water-02/depth',
    level: 'orange',
    raised: '23:56:20',
    seen: true,
    value: 1.87,
    limit: 1.8,
    measure: 'rate 5min',
  }),
  alarm({
    id: 'a-cover',
    rule: 'cover-tilt',
    key: 'cover-21/tilt',
    level: 'orange',
    raised: '00:09:03',
    value: 24,
    limit: 15,
  }),
  alarm({
    ...leq,
    id: 'a-filed',
    key: 'noise-11/la',
    level: 'yellow',
    raised: '22:14:55',
    seen: true,
    value: 62.04,
    limit: 55,
    permit: { id: 'bg-2026-0715-02', status: 'granted' },
  }),
  alarm({
    ...leq,
    id: 'a-unfiled',
    key: 'noise-07/la',
    level: 'red',
    raised: '22:14:55',
    seen: true,
    value: 66.6,
    limit: 65,
  }),
  alarm({
    id: 'a-road',
    rule: 'waterlogging',
    key: 'water-05/depth',
    level: 'blue',
    raised: '23:58:40',
    seen: true,
    value: 11.7,
    limit: 5,
  }),
  alarm({
    id: 'a-silent',
    rule: 'noise-silent',
    key: 'noise-19/la',
    level: null,
    raised: '22:34:55',
    returned: '22:50:00',
    value: null,
    limit: null,
    measure: 'silent 5min',
  }),
];

interface Step {
  readonly step: string;
  readonly time: string;
  readonly level?: Level | null;
  readonly previousLevel?: Level | null;
  readonly value?: number | string | null;
  readonly limit?: number | null;
  readonly by?: string;
  readonly note?: string;
}

/** An entry of the log about an alarm. */
export function entry(sequence: number, of: ListedAlarm, step: Step): LogEntry {
  const { watch } = of;
  return {
    id: `nh-jianshe-01/${sequence}`,
    type: `city.gengfu.alarm.${step.step}`,
    subject: `${watch.device}/${watch.point}/${watch.rule}`,
    time: `${new Date(at(step.time) + 8 * 3_600_000).toISOString().slice(0, -1)}+08:00`,
    sequence: String(sequence),
    data: {
      alarm: of.id,
      rule: watch.rule,
      device: watch.device,
      point: watch.point,
      level: step.level ?? null,
      previousLevel: step.previousLevel ?? null,
      again: false,
      reason: null,
      value: step.value ?? null,
      limit: step.limit ?? null,
      unit: watch.unit,
      measure: watch.measure,
      coverage: of.coverage,
      title: watch.title,
      by: step.by ?? null,
      note: step.note ?? null,
    },
  };
}

const water = ALARMS[0];
const cover = ALARMS[2];
if (water === undefined || cover === undefined) throw new Error('the night has no flood');

export const ENTRIES: readonly LogEntry[] = [
  entry(31, water, { step: 'raised', time: '23:51:40', level: 'blue', value: 5.3, limit: 5 }),
  entry(32, water, { step: 'acknowledged', time: '23:53', level: 'blue', by: '值班员', note: '启动防汛值守' }),
  entry(35, water, {
    step: 'level-changed',
    time: '23:58:50',
    level: 'yellow',
    previousLevel: 'blue',
    value: 15.7,
    limit: 15,
  }),
  entry(36, water, { step: 'acknowledged', time: '23:59:30', level: 'yellow', by: '值班员' }),
  entry(39, water, {
    step: 'level-changed',
    time: '00:03:50',
    level: 'orange',
    previousLevel: 'yellow',
    value: 25.7,
    limit: 25,
  }),
  entry(40, water, {
    step: 'acknowledged',
    time: '00:04:20',
    level: 'orange',
    by: '值班员',
    note: '已通知排水班封闭南北入口',
  }),
  entry(41, water, {
    step: 'level-changed',
    time: '00:06:20',
    level: 'red',
    previousLevel: 'orange',
    value: 30.7,
    limit: 30,
  }),
  entry(42, cover, { step: 'raised', time: '00:09:03', level: 'orange', value: 24, limit: 15 }),
];

/** The flood of water-02: straight lines between its knots, one value each 10 s. */
export function depthAt(time: number): number {
  const knots: readonly (readonly [number, number])[] = [
    [at('23:45'), 0],
    [at('23:55'), 8],
    [at('00:07'), 32],
    [at('00:15'), 46],
  ];
  const next = knots.findIndex(([knot]) => knot > time);
  const [before, after] = [knots[next - 1], knots[next]];
  if (before === undefined || after === undefined) return next === 0 ? 0 : 46;
  const share = (time - before[0]) / (after[0] - before[0]);
  return Math.round((before[1] + share * (after[1] - before[1])) * 10) / 10;
}
