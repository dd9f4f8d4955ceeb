import type { Sent } from '../channel.ts';
import { CHANNEL_FAULTS } from '../faults.ts';
import { later, rejected, unknown } from '../sent.ts';
import { isSimFault } from './modem-start.ts';

/** The number is nobody's: unassigned, unidentified or unknown subscriber, invalid format (3GPP TS 24.011, annex E-2). */
const NOBODY = /^cms-(1|28|30|300|304|305)$/;
/** The network gave no answer (332), or nobody knows (500): it may be on its way. */
const UNSURE = /^cms-(332|500)$/;
/** The SIM is in no network (331, 38), or calls are not let through for now (41, 42, 47). */
const NETWORK_MS = 30_000;

/** What a refusal of AT+CMGS means for the message (3GPP TS 27.005, section 3.2.5). */
export function answerOfCms(code: string): Sent {
  const text = `the modem refused it: ${code}`;
  if (isSimFault(code)) return rejected(CHANNEL_FAULTS.simCannotSend, text);
  if (NOBODY.test(code)) return rejected(code, text);
  if (UNSURE.test(code)) return unknown(code, text);
  return later(code, text, NETWORK_MS);
}
