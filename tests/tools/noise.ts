/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Of all bytes so many are flipped (one bit, or any), dropped or doubled. */
export function disturb(bytes: Uint8Array, share: number, random: () => number): Buffer {
  const out: number[] = [];
  for (const byte of bytes) {
    if (random() >= share) {
      out.push(byte);
      continue;
    }
    const kind = Math.floor(random() * 4);
    if (kind === 0) out.push(byte ^ (1 << Math.floor(random() * 8)));
    else if (kind === 1) out.push(Math.floor(random() * 256));
    else if (kind === 2) out.push(byte, byte);
  }
  return Buffer.from(out);
}

/** The bytes cut at random places, `pieces` at most. */
export function split(bytes: Buffer, pieces: number, random: () => number): Buffer[] {
  const count = Math.floor(random() * pieces);
  const places = Array.from({ length: count }, () => Math.floor(random() * (bytes.length + 1))).sort((a, b) => a - b);
  return [...places, bytes.length]
    .map((end, index) => bytes.subarray(places[index - 1] ?? 0, end))
    .filter((piece) => piece.length > 0);
}
