import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Below this compressing does not pay. */
const LEAST_BYTES = 40;
const PLAIN = 0;
const ZSTD = 1;

/** Bytes compressed by zstd (RFC 8878) where that makes them fewer, with a first byte that says so. */
export function pack(bytes: Uint8Array): Uint8Array {
  const compressed = bytes.length < LEAST_BYTES ? bytes : zstdCompressSync(bytes);
  const isShorter = compressed.length < bytes.length;
  const packed = new Uint8Array(1 + (isShorter ? compressed : bytes).length);
  packed[0] = isShorter ? ZSTD : PLAIN;
  packed.set(isShorter ? compressed : bytes, 1);
  return packed;
}

export const unpack = (packed: Uint8Array): Uint8Array =>
  packed[0] === ZSTD ? zstdDecompressSync(packed.subarray(1)) : packed.subarray(1);
