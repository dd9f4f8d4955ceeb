import type { Behaviour, Seal } from './fake-bus.ts';

/** A slave with registers and coils that can be written. What it has not got it refuses. */
export class MemorySlave {
  readonly registers = new Map<number, number>();
  readonly coils = new Map<number, number>();
  /** Orders that it was given, as they came. */
  readonly orders: string[] = [];
  /** Answers the next requests in its place: a PDU, silence, or by itself. */
  readonly instead: (Buffer | 'silence' | 'itself')[] = [];
  /** Carries out what it is told without saying so. */
  isMute = false;
  readonly #seal: Seal;
  readonly #afterMs: number;

  constructor(seal: Seal, afterMs: number, registers: Readonly<Record<number, number>> = {}) {
    this.#seal = seal;
    this.#afterMs = afterMs;
    for (const [address, value] of Object.entries(registers)) this.registers.set(Number(address), value);
  }

  readonly behave: Behaviour = (asked) => {
    const { pdu: request = Buffer.alloc(5) } = asked;
    if (asked.code > 4) this.orders.push(request.toString('hex'));
    const instead = this.instead.shift() ?? 'itself';
    if (instead === 'silence') return [];
    const pdu = instead === 'itself' ? this.#answer(request) : instead;
    if (asked.code > 4 && this.isMute) return [];
    return [{ afterMs: this.#afterMs, bytes: this.#seal(asked, pdu) }];
  };

  #answer(pdu: Buffer): Buffer {
    const [code = 0] = pdu;
    const table = code === 1 || code === 5 || code === 15 ? this.coils : this.registers;
    const address = pdu.readUInt16BE(1);
    const second = pdu.readUInt16BE(3);
    const count = code === 5 || code === 6 ? 1 : second;
    for (let at = address; at < address + count; at++) if (!table.has(at)) return Buffer.of(code | 0x80, 2);
    if (code <= 4) return this.#read(code, address, count);
    for (let index = 0; index < count; index++) {
      const value =
        code === 16
          ? pdu.readUInt16BE(6 + index * 2)
          : code === 15
            ? (pdu.readUInt8(6 + (index >>> 3)) >>> (index & 7)) & 1
            : code === 5
              ? Number(second === 0xff00)
              : second;
      table.set(address + index, value);
    }
    return pdu.subarray(0, 5);
  }

  #read(code: number, address: number, count: number): Buffer {
    if (code === 1) return Buffer.of(1, 1, this.coils.get(address) ?? 0);
    const data = Buffer.alloc(2 + count * 2);
    data.writeUInt8(code, 0);
    data.writeUInt8(count * 2, 1);
    for (let index = 0; index < count; index++) {
      data.writeUInt16BE(this.registers.get(address + index) ?? 0, 2 + index * 2);
    }
    return data;
  }
}
