import type { AtSession } from './at-session.ts';

export type Started =
  /** `stored`: messages in hex that came while nobody was there; they have been taken out. */
  | { readonly kind: 'ready'; readonly isRegistered: boolean; readonly stored: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string; readonly isSim: boolean };

const SHORT_MS = 5000;
/** Reading a memory that is full. */
const LONG_MS = 20_000;
const MOST_STORED = 100;

/** Wakes a modem and sets it to what the channels need; anything that was stored is taken out. */
export async function startModem(session: AtSession, settings: readonly string[]): Promise<Started> {
  const say = (text: string, wanted?: RegExp, timeoutMs = SHORT_MS) =>
    session.ask({ text, timeoutMs, ...(wanted && { wanted }) });
  // The answer to the first may be of before; reasons are given by number (3GPP TS 27.007, section 9.1).
  for (const text of ['ATE0', 'ATE0', 'AT+CMEE=1']) {
    const answer = await say(text);
    if (answer.kind === 'lost') return failed(`${text}: ${answer.why}`);
  }
  const pin = await say('AT+CPIN?', /^\+CPIN:/);
  if (pin.kind === 'lost') return failed(`AT+CPIN?: ${pin.why}`);
  if (pin.kind === 'refused') return { kind: 'failed', why: `no SIM (${pin.code})`, isSim: true };
  if (!/READY$/.test(pin.lines[0] ?? '')) return { kind: 'failed', why: 'the SIM wants a PIN', isSim: true };
  // Messages as octets (3GPP TS 27.005, section 3.2.3): Chinese has no other way.
  const mode = await say('AT+CMGF=0');
  if (mode.kind !== 'ok') return failed('AT+CMGF=0 was refused: no messages as octets');
  // New messages are kept until they are read, reports come at once and need no acknowledgement (sections 3.2.1, 3.4.1).
  for (const text of ['AT+CPMS="SM","SM","SM"', 'AT+CSMS=0', 'AT+CNMI=2,1,0,1,0', ...settings]) {
    const answer = await say(text);
    if (answer.kind === 'lost') return failed(`${text}: ${answer.why}`);
  }
  const stored = await takeStored(session);
  return { kind: 'ready', isRegistered: await isRegisteredBy(session), stored };
}

const failed = (why: string): Started => ({ kind: 'failed', why, isSim: false });

/** All that is stored (section 3.4.2: 4 is all), each deleted once it was read. */
async function takeStored(session: AtSession): Promise<string[]> {
  const list = await session.ask({ text: 'AT+CMGL=4', wanted: /^\+CMGL:/, mayBeNone: true, timeoutMs: LONG_MS });
  if (list.kind !== 'ok') return [];
  const stored: string[] = [];
  for (const [at, line] of list.lines.slice(0, 2 * MOST_STORED).entries()) {
    const [, index] = /^\+CMGL: ?(\d{1,4}),/.exec(line) ?? [];
    const hex = list.lines[at + 1];
    if (index === undefined || hex === undefined) continue;
    stored.push(hex);
    await session.ask({ text: `AT+CMGD=${index}`, timeoutMs: SHORT_MS });
  }
  return stored;
}

/** Home or roaming, by LTE or before it (3GPP TS 27.007, sections 7.2 and 10.1.22). */
export async function isRegisteredBy(session: AtSession): Promise<boolean> {
  for (const text of ['AT+CEREG?', 'AT+CREG?']) {
    const answer = await session.ask({ text, wanted: /^\+CE?REG: ?\d,\d/, timeoutMs: SHORT_MS });
    if (answer.kind === 'ok' && /^\+CE?REG: ?\d,[15]\b/.test(answer.lines[0] ?? '')) return true;
  }
  return false;
}

/**
 * Codes that say the SIM, or what was paid for it, is the reason: barred, no such service, no SIM, locked, no service centre
 * (3GPP TS 27.005, section 3.2.5; TS 27.007, section 9.2).
 */
const SIM_FAULTS =
  /^(cms-(8|10|29|50|69|302|310|311|312|313|314|315|316|317|318|330)|cme-(10|11|12|13|14|15|16|17|18))$/;
export const isSimFault = (code: string): boolean => SIM_FAULTS.test(code);
