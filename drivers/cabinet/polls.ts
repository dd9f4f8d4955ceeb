import type { Clock } from '#kit/clock.ts';
import type { NetworkTime } from '../network-time.ts';
import { readAtModem, readAtTime } from './at-modem.ts';
import type { MonthCounter } from './data-month.ts';
import type { GpioLines } from './gpio-lines.ts';
import type { CabinetLinkSpec, CabinetPoint } from './kind.ts';
import type { ModemState } from './modem.ts';
import { readModemManager, readModemManagerTime } from './modem-manager.ts';
import type { Sample } from './sample.ts';
import { readHwmon, readSupply, readThermal } from './sysfs.ts';

/** Points that are read together, and how. */
export interface Poll {
  readonly points: readonly CabinetPoint[];
  readonly everyMs: number;
  /** One for each point; undefined while nothing is known of it yet. */
  read(): Promise<readonly (Sample | undefined)[]>;
}

/** What a poll of pins, or of the month's data, is answered by. */
export interface Kept {
  /** The lines that a pin is among. */
  gpio(point: CabinetPoint): GpioLines | undefined;
  readonly month: MonthCounter;
}

/** Each point by itself, but for those of the modem, which is asked once for all of them. */
export function planPolls(spec: CabinetLinkSpec, kept: Kept, askModem: () => Promise<ModemState>): Poll[] {
  const points = spec.devices.flatMap((device) => device.points);
  const ofModem = points.filter(({ source }) => source.modem !== undefined);
  const others = points.filter(({ source }) => source.modem === undefined);
  const polls: Poll[] = others.map((point) => ({
    points: [point],
    everyMs: point.everyMs,
    read: async () => [await readPoint(point, spec.options.sysfs, kept)],
  }));
  if (ofModem.length === 0) return polls;
  const everyMs = Math.min(...ofModem.map((point) => point.everyMs));
  const read = async () => {
    const state = await askModem();
    return ofModem.map(({ source }) => state[source.modem ?? 'state']);
  };
  return [...polls, { points: ofModem, everyMs, read }];
}

async function readPoint(point: CabinetPoint, sysfs: string, { gpio, month }: Kept): Promise<Sample | undefined> {
  const { source } = point;
  if (source.gpio !== undefined) return gpio(point)?.sample(source.gpio.line);
  if (source.supply !== undefined) return readSupply(sysfs, source.supply);
  if (source.thermal !== undefined) return readThermal(sysfs, source.thermal.type);
  if (source.hwmon !== undefined) return readHwmon(sysfs, source.hwmon);
  return month.read();
}

/** The link's modem, asked by ModemManager or on its AT port. */
export interface AskedModem {
  state(): Promise<ModemState>;
  time(): Promise<NetworkTime>;
}

/** One question at a time: it has one port. With the signal nothing is waited for any more. */
export function modemOf({ options }: CabinetLinkSpec, wire: Clock, signal: AbortSignal): AskedModem {
  const { modem, timeout: timeoutMs } = options;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = last.then(ask);
    last = answer.catch(() => undefined);
    return answer;
  };
  if (modem.by === 'modemmanager') {
    return {
      state: () => inTurn(() => readModemManager(modem.modem, timeoutMs, signal)),
      time: () => inTurn(() => readModemManagerTime(modem.modem, timeoutMs, signal)),
    };
  }
  const at = { port: modem.port, baud: modem.baud, timeoutMs, wire, signal };
  return { state: () => inTurn(() => readAtModem(at)), time: () => inTurn(() => readAtTime(at, modem.clock)) };
}
