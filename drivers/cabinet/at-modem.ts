import type { SerialPort } from 'serialport';
import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import type { NetworkTime } from '../network-time.ts';
import { READING_CODES } from '../reading.ts';
import { AtReply, type AtResult } from './at-reply.ts';
import { CCLK, networkTimeOf } from './cclk.ts';
import { dbmOfCsq, type ModemState } from './modem.ts';
import { CABINET_CODES, type Failed, hasFailed, type Sample } from './sample.ts';

export interface AtModemOptions {
  readonly port: string;
  readonly baud: number;
  readonly timeoutMs: number;
  readonly wire: Clock;
  /** Ends the waiting for an answer. */
  readonly signal: AbortSignal;
}

/** +CME ERROR: SIM not inserted (10), SIM failure (13), 3GPP TS 27.007, section 9.2; by number or by word. */
const NO_SIM = /^cme-(10|13|SIM not inserted|SIM failure)$/i;
/** <stat> of +CREG and +CEREG, 3GPP TS 27.007, sections 7.2 and 10.1.22; the best of both counts. */
const REGISTRATIONS: Readonly<Record<string, string>> = { 1: 'registered', 5: 'roaming', 3: 'denied' };
const BEST_FIRST = ['registered', 'roaming', 'denied'];

/** A modem on its AT port: opened, asked and closed again, so that others may use it meanwhile and it may be unplugged. */
export async function readAtModem(options: AtModemOptions): Promise<ModemState> {
  const state = await onPort(options, ask);
  return hasFailed(state) ? { signal: state, state } : state;
}

/** What time the network has told a modem; `as`: what its clock tells, local time or UTC. */
export const readAtTime = (options: AtModemOptions, as: 'local' | 'utc'): Promise<NetworkTime> =>
  onPort(options, (say) => askTime(say, as));

/** Sends one command and waits for its answer, whose line of information is like `wanted`. */
type Say = (command: string, wanted: RegExp | null) => Promise<AtResult | Failed>;

async function onPort<T extends object>(options: AtModemOptions, use: (say: Say) => Promise<T>): Promise<T | Failed> {
  const port = await openTty(options.port, options.baud);
  if (hasFailed(port)) return port;
  try {
    return await use((command, wanted) => exchange(port, command, wanted, options));
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

/** Wakes the modem; undefined once it listens. */
async function wake(say: Say): Promise<Failed | undefined> {
  // A modem that was just woken may miss its first command.
  const hello = await say('ATE0', null);
  const awake = hasFailed(hello) ? await say('ATE0', null) : hello;
  if (hasFailed(awake)) return awake;
  // Reasons by number; one that cannot says ERROR, which is understood too.
  await say('AT+CMEE=1', null);
  return undefined;
}

const askRegistrations = async (say: Say): Promise<readonly (AtResult | Failed)[]> => [
  await say('AT+CEREG?', /\+CEREG: ?\d,(\d+)/),
  await say('AT+CREG?', /\+CREG: ?\d,(\d+)/),
];

async function ask(say: Say): Promise<ModemState | Failed> {
  const asleep = await wake(say);
  if (asleep !== undefined) return asleep;
  const pin = await say('AT+CPIN?', /\+CPIN: ?(.+)$/);
  if (hasFailed(pin)) return pin;
  const registrations = await askRegistrations(say);
  const csq = await say('AT+CSQ', /\+CSQ: ?(\d+),(\d+)/);
  return { signal: signalOf(csq), state: stateOf(pin, registrations) };
}

async function askTime(say: Say, as: 'local' | 'utc'): Promise<NetworkTime> {
  const asleep = await wake(say);
  if (asleep !== undefined) return asleep;
  const state = registrationOf(await askRegistrations(say));
  if (!['registered', 'roaming'].includes(state)) {
    return { code: CABINET_CODES.noNetworkTime, error: `the modem is not in a network: ${state}` };
  }
  const told = await say('AT+CCLK?', CCLK);
  if (hasFailed(told)) return told;
  if ('refused' in told) return { code: CABINET_CODES.modem, error: `AT+CCLK? was refused: ${told.refused}` };
  if (told.info === null) return { code: CABINET_CODES.modem, error: 'AT+CCLK? told no time' };
  return networkTimeOf(told.info, as);
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
  return { raw: registrationOf(registrations) };
}

function registrationOf(answers: readonly (AtResult | Failed)[]): string {
  const states = answers.map((each) => ('info' in each ? REGISTRATIONS[each.info?.[1] ?? ''] : undefined));
  return BEST_FIRST.find((state) => states.includes(state)) ?? 'searching';
}

function exchange(
  port: SerialPort,
  command: string,
  wanted: RegExp | null,
  { timeoutMs, wire, signal }: AtModemOptions,
): Promise<AtResult | Failed> {
  return new Promise((resolve) => {
    const reply = new AtReply(wanted);
    const done = (result: AtResult | Failed) => {
      cancel();
      port.off('data', take).off('error', fail).off('close', fail);
      signal.removeEventListener('abort', end);
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
    const end = () =>
      done({ code: READING_CODES.noAnswer, error: `${port.path}: closed before ${command} was answered` });
    if (signal.aborted) return end();
    signal.addEventListener('abort', end);
    port.on('data', take).on('error', fail).on('close', fail);
    port.write(`${command}\r`);
  });
}
