export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;
export type Order = (typeof ORDERS)[number];

/** One register pair as it would be in one order of its bytes; A is the highest. */
export interface Orderly {
  readonly order: Order;
  readonly u32: number;
  readonly s32: number;
  readonly f32: number;
}

export interface WordView {
  readonly address: number;
  /** `02 47` as `0247`. */
  readonly hex: string;
  readonly u16: number;
  readonly s16: number;
  /** With the register after it; empty for the last one. */
  readonly pair: readonly Orderly[];
}

/** Registers of unknown meaning, each way beside the others. */
export function viewWords(address: number, data: Uint8Array): WordView[] {
  const bytes = Buffer.from(data);
  return Array.from({ length: bytes.length >> 1 }, (_, index) => {
    const u16 = bytes.readUInt16BE(index * 2);
    const pair = bytes.subarray(index * 2, index * 2 + 4);
    return {
      address: address + index,
      hex: hexOf(u16),
      u16,
      s16: bytes.readInt16BE(index * 2),
      pair: pair.length < 4 ? [] : ORDERS.map((order) => orderly(pair, order)),
    };
  });
}

function orderly(pair: Buffer, order: Order): Orderly {
  const bytes = Buffer.from([...order].map((_, place) => pair[order.indexOf('ABCD'.charAt(place))] ?? 0));
  return { order, u32: bytes.readUInt32BE(), s32: bytes.readInt32BE(), f32: bytes.readFloatBE() };
}

/** Below this a negative number is plausible where a large positive one is not. */
const LEAST_PLAUSIBLE = -10_000;

/** What a register would be with a sign, where that is likelier; undefined else. */
export function signHint(u16: number): number | undefined {
  const signed = u16 - 0x1_0000;
  return u16 > 0x7fff && signed >= LEAST_PLAUSIBLE ? signed : undefined;
}

export const hexOf = (word: number): string => word.toString(16).toUpperCase().padStart(4, '0');
