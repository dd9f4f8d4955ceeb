import { z } from 'zod';
import type { NetworkTime } from '../network-time.ts';
import { READING_CODES } from '../reading.ts';
import { dbmOfPercent, type ModemState } from './modem.ts';
import { runProgram } from './program.ts';
import { CABINET_CODES, type Failed, hasFailed, type Sample } from './sample.ts';

const HALF_SECOND_MS = 500;

/** What of `mmcli -m … -J` is read. All its values are texts, `--` where there is none. */
const answer = z.object({
  modem: z.object({
    '3gpp': z.object({ 'registration-state': z.string().optional() }).optional(),
    generic: z.object({
      state: z.string(),
      'state-failed-reason': z.string().optional(),
      'signal-quality': z.object({ value: z.string() }).optional(),
    }),
  }),
});
/** `mmcli -m … --time -J`. */
const timeAnswer = z.object({ modem: z.object({ time: z.object({ current: z.string() }) }) });
type Answer = z.output<typeof answer>['modem'];

/** A modem as ModemManager knows it; `modem` is its number, its path or `any`. */
export async function readModemManager(modem: string, timeoutMs: number, signal: AbortSignal): Promise<ModemState> {
  const printed = await runProgram('mmcli', ['-m', modem, '-J'], timeoutMs, signal);
  if (!hasFailed(printed)) return parseModemManager(printed.stdout);
  const isMissing = printed.code === CABINET_CODES.program && /couldn't find modem$/.test(printed.error);
  return both(isMissing ? { ...printed, code: CABINET_CODES.noModem } : printed);
}

/** From what mmcli printed. */
export function parseModemManager(text: string): ModemState {
  const parsed = answer.safeParse(jsonOf(text));
  if (!parsed.success) return both({ code: CABINET_CODES.modem, error: 'mmcli printed what is not understood' });
  return { signal: signalOf(parsed.data.modem), state: { raw: stateOf(parsed.data.modem) } };
}

/** What time the network has told it: RFC 3339 with a zone, to the second. */
export async function readModemManagerTime(
  modem: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<NetworkTime> {
  const printed = await runProgram('mmcli', ['-m', modem, '--time', '-J'], timeoutMs, signal);
  return hasFailed(printed) ? printed : parseModemManagerTime(printed.stdout);
}

/** From what mmcli printed. A time without a zone is of nowhere. */
export function parseModemManagerTime(text: string): NetworkTime {
  const parsed = timeAnswer.safeParse(jsonOf(text));
  const current = parsed.success ? parsed.data.modem.time.current : '';
  const at = /T[\d:.]+(Z|[+-]\d\d(:?\d\d)?)$/.test(current) ? Date.parse(fullZone(current)) : Number.NaN;
  if (!Number.isNaN(at)) return { at: at + HALF_SECOND_MS, accuracyMs: HALF_SECOND_MS };
  return { code: CABINET_CODES.noNetworkTime, error: `mmcli tells no time with its zone: ${current.slice(0, 40)}` };
}

/** `+08` → `+08:00`, `+0800` → `+08:00`. */
const fullZone = (text: string): string =>
  text.replace(/([+-]\d\d):?(\d\d)?$/, (_, hours: string, minutes = '00') => `${hours}:${minutes}`);

const both = (failed: Failed): ModemState => ({ signal: failed, state: failed });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Modem states, failure reasons and registration states as ModemManager's interface names them (org.freedesktop.ModemManager1.Modem). */
function stateOf({ generic, '3gpp': network }: Answer): string {
  const { state, 'state-failed-reason': reason = '' } = generic;
  const registration = network?.['registration-state'] ?? '';
  if (state === 'failed') return /sim/.test(reason) ? 'no-sim' : 'disabled';
  if (state === 'locked') return 'locked';
  if (['disabled', 'disabling', 'enabling', 'initializing', 'unknown'].includes(state)) return 'disabled';
  if (registration.startsWith('home')) return 'registered';
  if (registration.startsWith('roaming')) return 'roaming';
  return registration === 'denied' ? 'denied' : 'searching';
}

function signalOf(modem: Answer): Sample {
  const text = modem.generic['signal-quality']?.value ?? '--';
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  // A modem that is off has a quality of 0, which is no measurement.
  if (percent >= 0 && percent <= 100 && !['disabled', 'no-sim', 'locked'].includes(stateOf(modem))) {
    return { raw: dbmOfPercent(percent) };
  }
  return { code: READING_CODES.noValue, error: 'the modem has no signal to tell of' };
}
