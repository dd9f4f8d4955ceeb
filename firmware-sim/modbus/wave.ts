import type { TtySettings } from './tty-settings.ts';

/** How one end of a wire is set; `swapped`: its lines A and B are taken for each other. */
export type WireEnd = Pick<TtySettings, 'baud' | 'parity'> & { readonly swapped?: boolean };

const onesOf = (byte: number): number => [...byte.toString(2)].filter((bit) => bit === '1').length;
const parityOf = (byte: number, parity: 'even' | 'odd'): boolean => (onesOf(byte) % 2 === 1) === (parity === 'even');

/** A UART's output as spans of one level: [until, level], times in seconds, beginning at 0; high afterwards. */
function draw(bytes: Uint8Array, { baud, parity }: WireEnd): [until: number, isHigh: boolean][] {
  const spans: [number, boolean][] = [];
  let bits = 0;
  const put = (isHigh: boolean) => {
    bits++;
    spans.push([bits / baud, isHigh]);
  };
  for (const byte of bytes) {
    put(false);
    for (let mask = 1; mask < 256; mask *= 2) put((byte & mask) !== 0);
    if (parity !== 'none') put(parityOf(byte, parity));
    put(true);
  }
  return spans;
}

/**
 * What a UART that is set as `ear` receives of bytes that one set as `mouth` sends without a pause. It samples each bit in
 * its middle and drops characters whose parity or stop bit is wrong; then it waits for the line to rest.
 */
export function overWire(bytes: Uint8Array, mouth: WireEnd, ear: WireEnd): Buffer {
  const spans = draw(bytes, mouth);
  const total = spans.at(-1)?.[0] ?? 0;
  const isHigh = (at: number): boolean => {
    const level = at < 0 || (spans.find(([until]) => at < until)?.[1] ?? true);
    return mouth.swapped === true || ear.swapped === true ? !level : level;
  };
  const received: number[] = [];
  const bit = 1 / ear.baud;
  const tick = Math.min(bit, 1 / mouth.baud) / 16;
  let at = 0;
  let wasHigh = isHigh(-tick);
  while (at < total) {
    const high = isHigh(at);
    if (!(wasHigh && !high)) {
      wasHigh = high;
      at += tick;
      continue;
    }
    let middle = at + 1.5 * bit;
    let byte = 0;
    for (let mask = 1; mask < 256; mask *= 2, middle += bit) if (isHigh(middle)) byte |= mask;
    let isGood = true;
    if (ear.parity !== 'none') {
      isGood = isHigh(middle) === parityOf(byte, ear.parity);
      middle += bit;
    }
    if (isHigh(middle) && isGood) received.push(byte);
    wasHigh = isHigh(middle);
    at = middle;
  }
  return Buffer.from(received);
}
