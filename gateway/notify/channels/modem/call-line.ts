import { CALL_ENDS } from './at-lines.ts';
import { keyOf } from './modem-options.ts';

/** What a line of a modem says of the call that is under way. */
export type CallSign =
  | { readonly kind: 'picked-up' }
  /** `no-carrier`, `busy`, `no-answer`, `closed`. */
  | { readonly kind: 'ended'; readonly how: string }
  | { readonly kind: 'key'; readonly key: string };

/** As SIMCom (`VOICE CALL`) and Huawei (`^CONN`, `^CEND`) say it, and what ITU-T V.250 has; undefined for other lines. */
export function signOf(line: string): CallSign | undefined {
  if (/^(VOICE CALL: ?BEGIN|\^CONN:)/.test(line)) return { kind: 'picked-up' };
  if (/^(VOICE CALL: ?END|\^CEND:)/.test(line)) return { kind: 'ended', how: 'no-carrier' };
  if (line === 'closed') return { kind: 'ended', how: 'closed' };
  if (CALL_ENDS.includes(line)) return { kind: 'ended', how: line.toLowerCase().replaceAll(' ', '-') };
  const key = keyOf(line);
  return key === undefined ? undefined : { kind: 'key', key };
}

/** What AT+CLCC says of the call that was made (3GPP TS 27.007, section 7.18); null: there is none. */
export function stateInList(lines: readonly string[]): 'active' | 'ringing' | null {
  for (const line of lines) {
    const [, direction, stat] = /^\+CLCC: ?\d+,(\d),(\d),0/.exec(line) ?? [];
    if (direction === '0') return stat === '0' ? 'active' : 'ringing';
  }
  return null;
}
