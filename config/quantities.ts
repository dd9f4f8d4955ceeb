/** What a quantity's values are: numbers in one unit, or one of a few states. */
export type Quantity = { readonly unit: string; readonly states?: never } | { readonly states: readonly string[] };

const of = (unit: string, ...names: string[]): [string, Quantity][] => names.map((name) => [name, { unit }]);

const ALARM_STATES = [
  'normal',
  'alarm',
  'test',
  'silenced',
  'removed',
  'installed',
  'low-battery',
  'fault',
  'contaminated',
  'over-temperature',
] as const;

/** Of equipment, as HJ 212 numbers them (SBn-RS). */
const EQUIPMENT_STATES = ['stopped', 'running', 'calibrating', 'maintenance', 'alarm', 'back-flush'] as const;

/** The shared vocabulary: what a point may measure (RULES.md, section 1). */
export const QUANTITIES: ReadonlyMap<string, Quantity> = new Map<string, Quantity>([
  ...of('dB(A)', 'noise.la', 'noise.leq', 'noise.max', 'noise.min'),
  ...of('dB(A)', 'noise.l5', 'noise.l10', 'noise.l50', 'noise.l90', 'noise.l95'),
  ...of('dB(A)', 'noise.ld', 'noise.ln', 'noise.ldn'),
  ...of('cm', 'water.depth'),
  ...of('m', 'water.level'),
  ...of('mg/m3', 'fume.concentration', 'fume.pm', 'fume.nmhc', 'fume.mean', 'fume.max'),
  ...of('A', 'fume.fan', 'fume.purifier'),
  ...of('m/s', 'weather.wind'),
  ...of('mm/h', 'weather.rain'),
  ...of('Cel', 'temperature'),
  ...of('%', 'humidity', 'gas.lel', 'battery.level', 'disk.used', 'valid.share'),
  ...of('deg', 'tilt.angle', 'tilt.x', 'tilt.y', 'tilt.z'),
  ...of('ug/m3', 'dust.pm10', 'dust.tsp', 'dust.pm25'),
  ...of('dBm', 'signal.level'),
  ...of('MB', 'data.month'),
  ...of('events', 'upstream.backlog'),
  ...of('s', 'output.watchdog'),
  ['smoke.state', { states: ALARM_STATES }],
  ['gas.state', { states: ALARM_STATES }],
  ['mains.state', { states: ['on', 'off'] }],
  ['door.state', { states: ['open', 'closed'] }],
  ['float.state', { states: ['dry', 'wet'] }],
  ['valve.state', { states: ['open', 'closed'] }],
  ['fume.fan-state', { states: EQUIPMENT_STATES }],
  ['fume.purifier-state', { states: EQUIPMENT_STATES }],
  ['fan.state', { states: ['running', 'stopped'] }],
  ['supply.state', { states: ['normal', 'low'] }],
  ['modem.state', { states: ['registered', 'roaming', 'searching', 'denied', 'no-sim', 'locked', 'disabled'] }],
  ['output.state', { states: ['off', 'on'] }],
  ['output.active', { states: ['off', 'on'] }],
  ['output.followed', { states: ['followed', 'failed'] }],
  ['link.state', { states: ['up', 'down'] }],
  ['clock.trust', { states: ['synchronised', 'holding', 'unknown'] }],
]);

/** A quantity of the site's own begins with `x.`: any unit, any states. */
export const isOwnQuantity = (name: string): boolean => name.startsWith('x.') && name.length > 2;

/** Whether a name is of the vocabulary or of the site's own. */
export const isKnownQuantity = (name: string): boolean => QUANTITIES.has(name) || isOwnQuantity(name);
