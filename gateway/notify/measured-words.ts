import type { AlarmData } from '../alarms/alarm-event.ts';
import type { Language } from './people.ts';
import { STATE_WORDS } from './terms.ts';

/** What was measured, as a message says it. */
export interface MeasuredWords {
  /** What it is: `积水`. A name that ends with it need not say it twice. */
  readonly kind: string;
  /** How much: `30 cm`. */
  readonly amount: string;
  /** Both. */
  readonly whole: string;
}

const joined = (kind: string, amount: string): MeasuredWords => ({ kind, amount, whole: `${kind} ${amount}`.trim() });

/** Units as people write them. */
const UNITS: Readonly<Record<string, string>> = {
  'dB(A)': 'dB',
  deg: '°',
  Cel: '℃',
  'mg/m3': 'mg/m³',
  'ug/m3': 'μg/m³',
};
const unitOf = (unit: string | null): string => (unit === null ? '' : (UNITS[unit] ?? unit));

type Measured = Pick<AlarmData, 'quantity' | 'value' | 'unit' | 'measure' | 'excess' | 'title' | 'rule'>;

/** Noise and fume show by how much they are over first; depths are whole centimetres, rounded down. */
export function measuredWords(data: Measured, language: Language): MeasuredWords {
  const { quantity, value, unit, measure, excess, title } = data;
  const isZh = language === 'zh';
  if (typeof value === 'string') {
    const word = STATE_WORDS[value]?.[language] ?? value;
    return joined(quantity === 'gas.state' && value === 'alarm' ? (isZh ? '燃气报警' : 'gas alarm') : word, '');
  }
  if (value === null) return joined(title[language], '');
  const amount = `${value.toFixed(1)} ${unitOf(unit)}`.trim();
  if (measure?.startsWith('rate') === true) return joined(isZh ? '上涨' : 'rising', `${amount}/min`);
  if (measure?.startsWith('time-to') === true) return joined(title[language], `${Math.floor(value)} min`);
  if (quantity.startsWith('noise.')) {
    if (excess === null) return joined(isZh ? '噪声' : 'noise', amount);
    return joined(
      isZh ? '超标' : 'over by',
      `${excess.toFixed(1)} dB${isZh ? '（' : ' ('}${value.toFixed(1)} dB${isZh ? '）' : ')'}`,
    );
  }
  if (quantity === 'fume.concentration') {
    const over = excess === null ? '' : isZh ? `超标 ${excess.toFixed(1)}，` : `over by ${excess.toFixed(1)}, `;
    return joined(isZh ? '油烟' : 'fume', `${over}${amount}`);
  }
  if (quantity === 'water.depth') return joined(isZh ? '积水' : 'water', `${Math.floor(value)} ${unitOf(unit)}`);
  if (quantity === 'tilt.angle') return joined(isZh ? '倾角' : 'tilt', `${value.toFixed(0)}°`);
  return joined(title[language], amount);
}
