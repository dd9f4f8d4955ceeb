import { z } from 'zod';

/**
 * Which commands beyond 3GPP TS 27.005 and 27.007 a modem has. `keys`: has it tell which keys the other side presses.
 * `speak`: has it say a text, given as UCS2 in hex, into the call. As the makers' manuals have it (SIMCom SIM7600 and A7600,
 * Quectel EC2x); unverified on a modem, so `plain` is what stands without it.
 */
export const MODEM_MAKES = {
  plain: { keys: null, speak: null },
  simcom: { keys: 'AT+DDET=1', speak: (hex: string) => `AT+CTTS=1,"${hex}"` },
  quectel: { keys: 'AT+QTONEDET=1', speak: (hex: string) => `AT+QTTS=1,"${hex}"` },
} as const;

/** The modem that `sms` and `voice` share when they name the same port. */
export const modemOptions = z.strictObject({
  /** Its AT port: a tty that nobody else keeps open, or `host:port` of a serial server. */
  port: z.string().min(1),
  baud: z.int().min(1200).max(4_000_000).default(115_200),
  make: z.enum(['plain', 'simcom', 'quectel']).default('plain'),
});

export type ModemOptions = z.output<typeof modemOptions>;

/** What a key that was pressed is told as: `+RXDTMF: 1`, `+DTMF: 1,160`, `^DDTMF: 1`, and in ASCII `+QTONEDET: 49`. */
export function keyOf(line: string): string | undefined {
  const [, ascii] = /^\+QTONEDET: ?(\d{2,3})/.exec(line) ?? [];
  if (ascii !== undefined) {
    const key = String.fromCharCode(Number(ascii));
    return /^[0-9*#A-D]$/.test(key) ? key : undefined;
  }
  return /^(?:\+RXDTMF|\+DTMF|\^DDTMF): ?"?([0-9*#A-D])(?![0-9A-D])/.exec(line)?.[1];
}
