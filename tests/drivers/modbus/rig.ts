import type { OpenLink } from '../../../drivers/driver.ts';
import type { ModbusDevice } from '../../../drivers/modbus/check.ts';
import { type Medium, openLink } from '../../../drivers/modbus/link.ts';
import { SharedLine } from '../../../drivers/modbus/shared-line.ts';
import { TcpLine } from '../../../drivers/modbus/tcp-line.ts';
import type { Pace } from '../../../drivers/modbus/use.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { FakeBus, rtuSeal, tcpSeal } from './fake-bus.ts';

export interface RigOptions {
  readonly kind?: 'rtu' | 'tcp';
  readonly window?: number;
  readonly start?: string;
  readonly timeoutMs?: number;
  readonly pace?: Pace;
}

/** A whole link on a fake bus, in the time of a fake clock; every batch that it gives is kept. */
export class Rig implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly bus: FakeBus;
  readonly link: OpenLink;
  readonly batches: (readonly Reading[])[] = [];
  readonly #devices: readonly ModbusDevice[];
  readonly #stop = new AbortController();
  ended = false;

  constructor(devices: readonly ModbusDevice[], options: RigOptions = {}, prepare: (bus: FakeBus) => void = () => {}) {
    const { kind = 'rtu', window = 4, start = '2026-07-15T22:00:00Z', timeoutMs = 1000 } = options;
    const clock = new FakeClock(start);
    this.clock = clock;
    this.bus = new FakeBus(clock, kind === 'rtu' ? rtuSeal : tcpSeal);
    this.#devices = devices;
    prepare(this.bus);
    const medium: Medium = {
      where: 'fake',
      timeoutMs,
      ...(options.pace === undefined ? {} : { pace: options.pace }),
      share: kind === 'rtu' ? 0.032 : 0.008 * window,
      hasNumbers: kind === 'tcp',
      framing: kind,
      openPort: this.bus.open,
      makeLine: (port, counters, events) =>
        kind === 'rtu'
          ? new SharedLine(
              port,
              { baud: 115_200, parity: 'none', dataBits: 8, stopBits: 1 },
              { baud: 115_200, gap: 0, muteAfter: Number.POSITIVE_INFINITY },
              ...([clock, counters, events] as const),
            )
          : new TcpLine(port, { window, muteAfter: Math.max(3, devices.length) }, clock, counters, events),
    };
    this.link = openLink(
      { id: 'bus', kind: 'modbus', options: {}, devices: this.#devices },
      { clock, wire: clock, log: silentLog, dir: '' },
      medium,
    );
  }

  /** Takes what comes until the end. */
  read(): this {
    const run = async () => {
      for await (const batch of this.link.readings(this.#stop.signal)) this.batches.push(batch);
      this.ended = true;
    };
    void run();
    return this;
  }

  /** What came of a device since the last look: `value` or `!code`, one text a reading. */
  take(device: string): string[] {
    const texts = this.batches
      .flat()
      .filter(({ point }) => point.startsWith(`${device}/`))
      .map(({ value, code }) => (code === undefined ? String(value) : `!${code}`));
    return texts;
  }

  forget(): void {
    this.batches.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.link[Symbol.asyncDispose]();
  }
}
