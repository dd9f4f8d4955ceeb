/** A change of an alarm's condition in the demo night. */
export interface ExpectedEvent {
  /** `HH:MM:SS` of the night in the site's zone. */
  readonly time: string;
  /** UTC milliseconds. */
  readonly at: number;
  readonly rule: string;
  readonly device: string;
  readonly point: string;
  readonly type: 'raised' | 'level-changed' | 'returned';
  /** Null on `returned`. */
  readonly level: Level | null;
  readonly previousLevel: Level | null;
  /** The value where the night fixes it; those of a deadline are the newest reading's, and only for orientation. */
  readonly value: number | string | null;
  /** Named in the event: the status of the permit. */
  readonly permit: 'granted' | 'expired' | null;
}

type Level = 'blue' | 'yellow' | 'orange' | 'red';

const POINTS: Readonly<Record<string, string>> = {
  'fume-purifier-off': 'fan-current',
  'fume-over': 'fume',
  'night-construction-noise': 'la',
  'night-noise-max': 'la',
  'noise-silent': 'la',
  waterlogging: 'depth',
  'water-rise': 'depth',
  'cover-tilt': 'tilt',
  'smoke-alarm': 'state',
  'smoke-battery': 'state',
  'mains-lost': 'mains',
};

type Row = readonly [
  time: string,
  key: string,
  change: string,
  value?: number | string | undefined,
  permit?: 'granted' | 'expired',
];

/**
 * What must happen, in order; `yellow` raises, `yellow → orange` changes, `returned` ends. Nothing else may be raised.
 * At one instant what falls due comes before what a reading brings: at 23:58:40 a hold ends, then the rate changes.
 */
const ROWS: readonly Row[] = [
  ['21:39:00', 'fume-purifier-off@fume-03', 'yellow'],
  ['21:44:00', 'fume-over@fume-03', 'yellow', 2.23],
  ['21:52:00', 'fume-purifier-off@fume-03', 'returned'],
  ['22:06:00', 'fume-over@fume-03', 'returned'],
  ['22:14:55', 'night-construction-noise@noise-07', 'yellow', 58.0],
  ['22:14:55', 'night-construction-noise@noise-11', 'yellow', 62.0, 'granted'],
  ['22:25:00', 'night-construction-noise@noise-07', 'yellow → orange', 60.046],
  ['22:34:50', 'night-construction-noise@noise-07', 'orange → red', 65.003],
  ['22:34:55', 'noise-silent@noise-19', 'blue'],
  ['22:40:00', 'night-noise-max@noise-07', 'orange', 78.0],
  ['22:45:35', 'night-noise-max@noise-07', 'returned'],
  ['22:50:00', 'noise-silent@noise-19', 'returned'],
  ['23:28:15', 'night-construction-noise@noise-07', 'red → orange'],
  ['23:33:45', 'night-construction-noise@noise-07', 'orange → yellow'],
  ['23:35:45', 'night-construction-noise@noise-07', 'returned'],
  ['23:51:40', 'waterlogging@water-02', 'blue'],
  ['23:56:20', 'water-rise@water-02', 'yellow', 1.035],
  ['23:58:40', 'waterlogging@water-05', 'blue'],
  ['23:58:40', 'water-rise@water-02', 'yellow → orange', 1.811],
  ['23:58:50', 'waterlogging@water-02', 'blue → yellow'],
  ['00:03:50', 'waterlogging@water-02', 'yellow → orange'],
  ['00:06:20', 'waterlogging@water-02', 'orange → red'],
  ['00:09:03', 'cover-tilt@cover-21', 'orange', 24.0],
  ['00:11:10', 'mains-lost@cabinet-01', 'yellow', 'off'],
  ['00:18:40', 'water-rise@water-02', 'orange → yellow'],
  ['00:20:10', 'water-rise@water-02', 'returned'],
  ['00:52:10', 'waterlogging@water-02', 'red → orange'],
  ['00:59:00', 'mains-lost@cabinet-01', 'returned'],
  ['01:00:10', 'waterlogging@water-02', 'orange → yellow'],
  ['01:07:00', 'waterlogging@water-05', 'returned'],
  ['01:16:10', 'waterlogging@water-02', 'yellow → blue'],
  ['01:21:00', 'cover-tilt@cover-21', 'returned'],
  ['01:32:00', 'waterlogging@water-02', 'returned'],
  ['01:42:00', 'smoke-alarm@smoke-12', 'red', 'alarm'],
  ['01:49:00', 'smoke-alarm@smoke-12', 'returned'],
  ['02:00:00', 'night-construction-noise@noise-11', 'yellow → orange', 62.0, 'expired'],
  ['02:43:45', 'night-construction-noise@noise-11', 'orange → yellow', undefined, 'expired'],
  ['02:49:20', 'night-construction-noise@noise-11', 'returned', undefined, 'expired'],
  ['03:10:00', 'smoke-battery@smoke-09', 'blue', 'low-battery'],
  ['03:30:03', 'cover-tilt@cover-33', 'red', 85.0],
  ['04:13:00', 'cover-tilt@cover-33', 'returned'],
];

/** The 41 changes of condition of the demo night's 14 alarms, in the order in which the log must hold them. */
export const EXPECTED_EVENTS: readonly ExpectedEvent[] = ROWS.map(([time, key, change, value, permit]) => {
  const [rule = '', device = ''] = key.split('@');
  const levels = change.split(' → ') as Level[];
  const isChange = levels.length === 2;
  return {
    time,
    at: Date.parse(`2026-07-${time > '12' ? '15' : '16'}T${time}+08:00`),
    rule,
    device,
    point: POINTS[rule] ?? '',
    type: isChange ? 'level-changed' : change === 'returned' ? 'returned' : 'raised',
    level: change === 'returned' ? null : (levels.at(-1) ?? null),
    previousLevel: isChange ? (levels[0] ?? null) : null,
    value: value ?? null,
    permit: permit ?? null,
  };
});

/** The alarms that the night raises. */
export const EXPECTED_ALARMS = new Set(ROWS.map(([, key]) => key)).size;
