import type { NetworkTime } from '../network-time.ts';
import { CABINET_CODES } from './sample.ts';

/** `"yy/MM/dd,hh:mm:ss±zz"`, the zone in quarters of an hour (3GPP TS 27.007, section 8.15). */
export const CCLK = /\+CCLK: ?"?(\d\d)\/(\d\d)\/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)?"?$/;

/** A whole second, told at its beginning, its end or between. */
const HALF_SECOND_MS = 500;
const QUARTER_MS = 15 * 60_000;

/**
 * What a modem's clock says. The standard has it tell local time with that zone; `utc`: it is one that tells UTC beside
 * it. Without a zone it was set by no network.
 */
export function networkTimeOf(
  [, year, month, day, hour, minute, second, zone]: RegExpExecArray,
  as: 'local' | 'utc',
): NetworkTime {
  if (zone === undefined) {
    return { code: CABINET_CODES.noNetworkTime, error: 'AT+CCLK? has no zone: no network has told it the time' };
  }
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = [year, month, day, hour, minute, second].map(Number);
  if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 59) {
    return { code: CABINET_CODES.modem, error: 'AT+CCLK? told what is no time' };
  }
  // Two digits: modems that nobody has set say 70, 80 or 04.
  const told = Date.UTC(y >= 70 ? 1900 + y : 2000 + y, mo - 1, d, h, mi, s);
  const offsetMs = as === 'local' ? Number(zone) * QUARTER_MS : 0;
  return { at: told - offsetMs + HALF_SECOND_MS, accuracyMs: HALF_SECOND_MS };
}
