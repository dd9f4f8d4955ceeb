import { crc16 } from '../../../drivers/modbus/crc.ts';
import type { BytePort, OpenPort, PortEvents } from '../../../drivers/modbus/port.ts';
import type { FakeClock } from '../../tools/fake-clock.ts';

/** What reached a slave, whatever the framing. */
export interface Asked {
  readonly unit: number;
  readonly code: number;
  readonly address: number;
  readonly count: number;
  /** 0 on a serial line. */
  readonly transaction: number;
  /** The request's PDU. */
  readonly pdu?: Buffer;
}

/** What a slave sends back: each piece so many milliseconds after the request came. */
export type Behaviour = (asked: Asked) => readonly { readonly afterMs: number; readonly bytes: Uint8Array }[];

const values = ({ code, address, count }: Asked, first = address): Buffer => {
  const data = code <= 2 ? Buffer.alloc(Math.ceil(count / 8), 0xff) : Buffer.alloc(count * 2);
  if (code > 2) for (let i = 0; i < count; i++) data.writeUInt16BE((first + i) & 0xffff, i * 2);
  return Buffer.concat([Buffer.of(code, data.length), data]);
};

/** The frame around a PDU, RTU or TCP. */
export type Seal = (asked: Asked, pdu: Uint8Array) => Buffer;

export const rtuSeal: Seal = ({ unit }, pdu) => {
  const frame = Buffer.concat([Buffer.of(unit), pdu, Buffer.alloc(2)]);
  frame.writeUInt16LE(crc16(frame, 0, frame.length - 2), frame.length - 2);
  return frame;
};

export const tcpSeal: Seal = ({ unit, transaction }, pdu) => {
  const header = Buffer.alloc(7);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header.writeUInt8(unit, 6);
  return Buffer.concat([header, pdu]);
};

/** A right reply: each register holds its own address, or counts from `first`. */
export const right = (seal: Seal, asked: Asked, first?: number): Buffer => seal(asked, values(asked, first));

export const answers =
  (seal: Seal, afterMs: number): Behaviour =>
  (asked) => [{ afterMs, bytes: right(seal, asked) }];

export const silent: Behaviour = () => [];

/** The other end of a wire: slaves by address, each with its way to behave, in the time of a fake clock. */
export class FakeBus {
  readonly slaves = new Map<number, Behaviour>();
  readonly asked: (Asked & { readonly at: number })[] = [];
  /** Requests that came while another slave was still to answer. */
  collisions = 0;
  opens = 0;
  /** The next opening fails, or the port is there and takes no bytes. */
  fault: Error | undefined;
  isFull = false;
  readonly #clock: FakeClock;
  readonly #seal: Seal;
  #events: PortEvents | undefined;
  #pending = 0;

  constructor(clock: FakeClock, seal: Seal) {
    this.#clock = clock;
    this.#seal = seal;
  }

  readonly open: OpenPort = (events) => {
    this.opens++;
    const fault = this.fault;
    this.#clock.after(1, () => {
      if (port !== this.#port) return;
      if (fault !== undefined) return events.closed(fault as never);
      this.#events = events;
      events.opened();
    });
    const port = this.#makePort();
    this.#port = port;
    return port;
  };
  #port: BytePort | undefined;

  /** Bytes that nobody asked for. */
  send(bytes: Uint8Array): void {
    this.#events?.data(bytes);
  }

  /** The plug is pulled. */
  drop(fault: Error): void {
    this.#events?.closed(fault as never);
  }

  /** How often a unit was asked. */
  count(unit: number): number {
    return this.asked.filter((asked) => asked.unit === unit).length;
  }

  #makePort(): BytePort {
    return {
      write: (bytes) => {
        this.#receive(Buffer.from(bytes));
        return !this.isFull;
      },
      flush: (done) => done(),
      close: () => {
        this.#events = undefined;
        this.#port = undefined;
      },
    };
  }

  #receive(frame: Buffer): void {
    const at = this.#seal === tcpSeal ? 6 : 0;
    const asked = {
      unit: frame.readUInt8(at),
      code: frame.readUInt8(at + 1),
      address: frame.readUInt16BE(at + 2),
      count: frame.readUInt16BE(at + 4),
      transaction: at === 0 ? 0 : frame.readUInt16BE(0),
      pdu: frame.subarray(at + 1, at === 0 ? -2 : undefined),
      at: this.#clock.tick(),
    };
    if (this.#pending > 0) this.collisions++;
    this.asked.push(asked);
    for (const { afterMs, bytes } of this.slaves.get(asked.unit)?.(asked) ?? []) {
      this.#pending++;
      const events = this.#events;
      this.#clock.after(afterMs, () => {
        this.#pending--;
        if (events === this.#events) events?.data(bytes);
      });
    }
  }
}
