import type { Clock } from '#kit/clock.ts';
import type { Sent } from '../channel.ts';
import { CHANNEL_FAULTS } from '../faults.ts';
import { accepted, later, unknown } from '../sent.ts';
import type { AtAnswer } from './at-session.ts';
import { answerOfCms } from './cms-error.ts';
import type { Modem } from './modem.ts';
import { segmentsOf } from './segments.ts';
import { encodeSubmit } from './submit-pdu.ts';

export interface SmsText {
  /** As `dialled` gives it. */
  readonly to: string;
  readonly text: string;
  /** Behind the text: whole, however long that is. */
  readonly tail: string;
  /** What all parts of one text have in common, 0 to 255. */
  readonly reference: number;
  readonly validityMs: number;
  readonly isUrgent: boolean;
}

/** What the network may take, as TS 27.005 leaves it to the maker; most say 60 s or less. */
const SUBMIT_MS = 60_000;
const TRIES = 3;
const AGAIN_MS = 3000;
const NO_MODEM_MS = 10_000;
const NO_NETWORK_MS = 30_000;

/** Sends all parts of one text, and gives the references that the network gave them (TP-MR). */
export async function sendSms(
  modem: Modem,
  sms: SmsText,
  wire: Clock,
  signal: AbortSignal,
): Promise<{ readonly sent: Sent; readonly references: readonly number[] }> {
  const references: number[] = [];
  const settle = (sent: Sent) => ({ sent, references });
  if (!modem.isReady) return settle(noModem(modem));
  if (!modem.isRegistered) {
    return settle(later(CHANNEL_FAULTS.notRegistered, 'the SIM is in no network', NO_NETWORK_MS));
  }
  const segments = segmentsOf(sms.text, sms.tail);
  for (const [index, segment] of segments.entries()) {
    const part = segments.length === 1 ? null : { reference: sms.reference, count: segments.length, number: index + 1 };
    const { to, validityMs } = sms;
    const pdu = encodeSubmit({ to, segment, part, validityMs, wantsReport: true });
    const refused = await submit(modem, pdu, sms.isUrgent, wire, signal, references);
    if (refused === undefined) continue;
    // A phone shows nothing until all parts are there; sent once more they have another reference.
    const isPartial = references.length > 0 && refused.status === 'later';
    return settle(isPartial ? later(CHANNEL_FAULTS.partial, refused.message, refused.retryMs) : refused);
  }
  return settle(accepted());
}

/** One part, tried anew when it was refused for now; undefined once it was taken. */
async function submit(
  modem: Modem,
  pdu: { readonly hex: string; readonly length: number },
  isUrgent: boolean,
  wire: Clock,
  signal: AbortSignal,
  references: number[],
): Promise<Sent | undefined> {
  for (let tries = 1; ; tries++) {
    if (signal.aborted) return later(CHANNEL_FAULTS.cancelled, 'taken back');
    const wanted = /^\+CMGS: ?\d{1,3}/;
    const text = `AT+CMGS=${pdu.length}`;
    const asked = modem.ask({ text, pdu: pdu.hex, wanted, timeoutMs: SUBMIT_MS, isUrgent });
    const answer = await Promise.race([asked, givenUp(signal)]);
    if (answer.kind === 'ok') {
      references.push(Number(/\d+/.exec(answer.lines[0] ?? '')?.[0] ?? 0) & 0xff);
      return undefined;
    }
    const sent = answer.kind === 'lost' ? lost(answer, modem) : answerOfCms(answer.code);
    if (sent.status !== 'later' || tries === TRIES || answer.kind === 'lost') return sent;
    // Rejects only when taken back, which is seen above.
    await wire.sleep(AGAIN_MS, signal).catch(() => {});
  }
}

/** When it is aborted nobody knows any more what becomes of it. */
const givenUp = (signal: AbortSignal): Promise<AtAnswer> =>
  new Promise((resolve) => {
    const lost: AtAnswer = { kind: 'lost', why: 'closed', wasSent: true };
    signal.addEventListener('abort', () => resolve(lost), { once: true });
  });

function lost({ why, wasSent }: Extract<AtAnswer, { kind: 'lost' }>, modem: Modem): Sent {
  const code = why === 'reset' ? CHANNEL_FAULTS.modemReset : CHANNEL_FAULTS.noAnswer;
  if (wasSent) return unknown(code, `the modem had the message and gave no answer (${why})`);
  return why === 'closed' ? noModem(modem) : later(code, `the modem took no message (${why})`, NO_MODEM_MS);
}

export function noModem(modem: Modem): Sent {
  const { error = 'it is being set up', warnings } = modem.status();
  const code = warnings.find((each) => each === CHANNEL_FAULTS.simCannotSend) ?? CHANNEL_FAULTS.noModem;
  return later(code, `no modem: ${error}`, NO_MODEM_MS);
}
