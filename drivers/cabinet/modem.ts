import type { Sample } from './sample.ts';

/** How a mobile modem does. */
export interface ModemState {
  /** Received signal strength, dBm. */
  readonly signal: Sample;
  /** One of the states of the quantity `modem.state`. */
  readonly state: Sample;
}

/** The weakest and the strongest that AT+CSQ tells apart (3GPP TS 27.007, section 8.5), dBm. */
const WEAKEST = -113;
const STRONGEST = -51;

/** 0 to 31 → dBm, two each; undefined for 99, "not known or not detectable". */
export const dbmOfCsq = (csq: number): number | undefined => (csq >= 0 && csq <= 31 ? WEAKEST + 2 * csq : undefined);

/** ModemManager's per cent, which it makes of the same span by a straight line, back to dBm. */
export const dbmOfPercent = (percent: number): number => Math.round(WEAKEST + ((STRONGEST - WEAKEST) * percent) / 100);
