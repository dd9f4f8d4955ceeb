import type { SerialPort } from 'serialport';
import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import { READING_CODES } from '../reading.ts';
import { AtReply, type AtResult } from './at-reply.ts';
import { dbmOfCsq, type ModemState } from './modem.ts';
import { CABINET_CODES, type Failed, hasFailed, type Sample } from './sample.ts';

export interface AtModemOptions {
  readonly port: string;
  readonly baud: number;
  readonly timeoutMs: number;
  readonly wire: Clock;
}

/** +CME ERROR: SIM not inserted (10), SIM failure (13), 3GPP TS 27.007, section 9.2; by number or by word. */
const NO_SIM = /^cme-(10|13|SIM not inserted|SIM failure)$/i;
/** <stat> of +CREG and +CEREG, 3GPP TS 27.007, sections 7.2 and 10.1.22; the best of both counts. */
const REGISTRATIONS: Readonly<Record<string, string>> = { 1: 'registered', 5: 'roaming', 3: 'denied' };
const BEST_FIRST = ['registered', 'roaming', 'denied'];

/** A modem on its AT port: opened, asked and closed again, so that others may use it meanwhile and it may be unplugged. */
export async function readAtModem(options: AtModemOptions): Promise<ModemState> {
  const port = await openTty(options.port, options.baud);
  if (hasFailed(port)) return { signal: port, state: port };
  try {
    return await ask(port, options);
  } finally {
    await new Promise<void>((resolve) => port.close(() => resolve()));
  }
}

/** A new object each time: what is written to one that was closed would be sent at its next opening. */
async function openTty(path: string, baudRate: number): Promise<SerialPort | Failed> {
  const { SerialPort } = await import('serialport');
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  // Told to whoever waits for an answer; one that comes between two commands is seen by the next.
  port.on('error', () => {});
  return new Promise((resolve) => {
    port.open((error) => resolve(error === null ? port : { code: CABINET_CODES.noModem, error: textOf(error) }));
  });
}

async function ask(port: SerialPort, { timeoutMs, wire }: AtModemOptions): Promise<ModemState> {
  const say = (command: string, wanted: RegExp | null) => exchange(port, command, wanted, timeoutMs, wire);
  // A modem that was just woken may miss its first command.
  const hello = await say('ATE0', null);
  const awake = hasFailed(hello) ? await say('ATE0', null) : hello;
  if (hasFailed(awake)) return { signal: awake, state: awake };
  // Reasons by number; one that cannot says ERROR, which is understood too.
  await say('AT+CMEE=1', null);
  const pin = await say('AT+CPIN?', /\+CPIN: ?(.+)$/);
  if (hasFailed(pin)) return { signal: pin, state: pin };
  const lte = await say('AT+CEREG?', /\+CEREG: ?\d,(\d+)/);
  const gsm = await say('AT+CREG?', /\+CREG: ?\d,(\d+)/);
  const csq = await say('AT+CSQ', /\+CSQ: ?(\d+),(\d+)/);
  return { signal: signalOf(csq), state: stateOf(pin, [lte, gsm]) };
}

function signalOf(csq: AtResult | Failed): Sample {
  if (hasFailed(csq)) return csq;
  if ('refused' in csq) return { code: CABINET_CODES.modem, error: `AT+CSQ was refused: ${csq.refused}` };
  const dbm = dbmOfCsq(Number(csq.info?.[1]));
  return dbm === undefined
    ? { code: READING_CODES.noValue, error: 'the modem has no signal to tell of' }
    : { raw: dbm };
}

function stateOf(pin: AtResult, registrations: readonly (AtResult | Failed)[]): Sample {
  if ('refused' in pin) {
    if (NO_SIM.test(pin.refused)) return { raw: 'no-sim' };
    return { code: CABINET_CODES.modem, error: `AT+CPIN? was refused: ${pin.refused}` };
  }
  if (pin.info?.[1] !== 'READY') return { raw: 'locked' };
  const answered = registrations.filter((each) => !hasFailed(each));
  const [first] = registrations;
  if (answered.length === 0 && first !== undefined && hasFailed(first)) return first;
  const states = answered.map((each) => ('info' in each ? REGISTRATIONS[each.info?.[1] ?? ''] : undefined));
  return { raw: BEST_FIRST.find((state) => states.includes(state)) ?? 'searching' };
}

/** Sends one command and waits for its answer. */
function exchange(
  port: SerialPort,
  command: string,
  wanted: RegExp | null,
  timeoutMs: number,
  wire: Clock,
): Promise<AtResult | Failed> {
  return new Promise((resolve) => {
    const reply = new AtReply(wanted);
    const done = (result: AtResult | Failed) => {
      cancel();
      port.off('data', take).off('error', fail).off('close', fail);
      resolve(result);
    };
    const take = (chunk: Buffer) => {
      const result = reply.push(chunk);
      if (result !== undefined) done(result);
    };
    const fail = (error: unknown) => done({ code: CABINET_CODES.noModem, error: `${port.path}: ${textOf(error)}` });
    const cancel = wire.after(timeoutMs, () =>
      done({ code: READING_CODES.noAnswer, error: `${port.path}: no answer to ${command} within ${timeoutMs} ms` }),
    );
    port.on('data', take).on('error', fail).on('close', fail);
    port.write(`${command}\r`);
  });
}
