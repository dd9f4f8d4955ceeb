import type { SerialSettings } from '../../drivers/driver.ts';

export type Parity = SerialSettings['parity'];

/** What a device model says of its line. */
export interface ModelSerial {
  readonly baud?: readonly number[] | undefined;
  readonly parity?: Parity | undefined;
}

/** Bauds of sensors in the field, the commonest first. */
const COMMON_BAUDS = [9600, 4800, 2400, 19_200, 38_400, 115_200];
/** Bauds that devices can be set to, and hardly are: after all others, since the slow one costs most. */
const RARE_BAUDS = [57_600, 1200];
const PARITIES: readonly Parity[] = ['none', 'even', 'odd'];

export interface SettingsWish {
  /** Only these, in this order. */
  readonly bauds?: readonly number[] | undefined;
  readonly parities?: readonly Parity[] | undefined;
  /** Only what models say, and the link's own. */
  readonly isFast?: boolean | undefined;
}

/**
 * The settings to try, each once: the line's own, then what models say, those of most models first, then the common bauds,
 * then these with the other parities, then the rare bauds.
 */
export function orderSettings(
  own: SerialSettings,
  models: readonly ModelSerial[],
  { bauds, parities, isFast = false }: SettingsWish = {},
): SerialSettings[] {
  const votes = new Map<string, number>();
  for (const { baud = [], parity = 'none' } of models) {
    for (const each of baud) votes.set(`${each} ${parity}`, (votes.get(`${each} ${parity}`) ?? 0) + 1);
  }
  const said = [...votes].sort(([, a], [, b]) => b - a).map(([key]) => key);
  const all = new Set([`${own.baud} ${own.parity}`, ...said]);
  if (!isFast) {
    const known = [...new Set([...said.map((key) => Number(key.split(' ')[0])), ...COMMON_BAUDS])];
    for (const few of [known, RARE_BAUDS]) {
      for (const parity of PARITIES) for (const baud of few) all.add(`${baud} ${parity}`);
    }
  }
  if (bauds !== undefined) for (const baud of bauds) for (const parity of PARITIES) all.add(`${baud} ${parity}`);
  const wanted = [...all].map((key) => settingsOf(key, own));
  const isWanted = ({ baud, parity }: SerialSettings) =>
    (bauds?.includes(baud) ?? true) && (parities?.includes(parity) ?? true);
  return wanted.filter(isWanted);
}

function settingsOf(key: string, own: SerialSettings): SerialSettings {
  const [baud, parity] = key.split(' ');
  return { ...own, baud: Number(baud), parity: PARITIES.find((each) => each === parity) ?? 'none' };
}

/** `9600 8N1`. */
export const nameSettings = ({ baud, dataBits, parity, stopBits }: SerialSettings): string =>
  `${baud} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;

/** Start, data, parity and stop bits of one character, milliseconds. */
export const characterMs = ({ baud, parity, dataBits, stopBits }: SerialSettings): number =>
  ((1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits) * 1000) / baud;

/** What a device may think about, and the 12 characters of silence and answer, milliseconds. */
const THINK_MS = 60;
const ANSWER_CHARACTERS = 12;

/** How long an answer to one register is waited for; without settings, as over TCP, the way counts too. */
export const scanTimeout = (settings: SerialSettings | undefined): number =>
  settings === undefined ? 300 : Math.ceil(THINK_MS + ANSWER_CHARACTERS * characterMs(settings));
