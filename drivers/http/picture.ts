/** A picture as it came, before the time of its reading is known. */
export interface RawPicture {
  readonly type: 'image/jpeg' | 'image/png';
  readonly bytes: Buffer;
}

export const LARGEST_PICTURE_BYTES = 2 * 1024 * 1024;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

/** What the bytes are by their first ones, whatever they were called; undefined if neither JPEG nor PNG, or too large. */
export function parsePicture(bytes: Buffer): RawPicture | undefined {
  if (bytes.length > LARGEST_PICTURE_BYTES) return undefined;
  if (bytes.subarray(0, PNG.length).equals(PNG)) return { type: 'image/png', bytes };
  if (bytes.subarray(0, JPEG.length).equals(JPEG)) return { type: 'image/jpeg', bytes };
  return undefined;
}

/** A picture that stands in JSON or XML as base64, with or without `data:image/jpeg;base64,` before it. */
export function parseTextPicture(text: string): RawPicture | undefined {
  const comma = text.startsWith('data:') ? text.slice(0, 64).indexOf(',') + 1 : 0;
  const encoded = text.slice(comma);
  if (encoded.length > (LARGEST_PICTURE_BYTES * 4) / 3 + 4) return undefined;
  return parsePicture(Buffer.from(encoded, 'base64'));
}
