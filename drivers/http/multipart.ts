/** Bounds of a body of several parts: a camera sends two or three. */
const MOST_PARTS = 16;
const MOST_HEADER_BYTES = 2048;
const LONGEST_BOUNDARY = 70;

export interface Part {
  /** Lower case, without its parameters; undefined if the part does not say. */
  readonly type: string | undefined;
  readonly body: Buffer;
}

/** The boundary of a `multipart/…` content type (RFC 2046, 5.1.1); undefined if there is none that can be. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary !== undefined && boundary.length <= LONGEST_BOUNDARY ? boundary : undefined;
}

const CRLF = Buffer.from('\r\n');

const typeOf = (headers: string): string | undefined =>
  /^content-type:\s*([^\s;]+)/im.exec(headers)?.[1]?.toLowerCase();

/** One part: its headers, an empty line, its body (RFC 2046, 5.1). */
function parsePart(bytes: Buffer): Part | undefined {
  if (bytes.subarray(0, 2).equals(CRLF)) return { type: undefined, body: bytes.subarray(2) };
  const end = bytes.subarray(0, MOST_HEADER_BYTES + 4).indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  return { type: typeOf(bytes.toString('latin1', 0, end)), body: bytes.subarray(end + 4) };
}

/**
 * The parts of a body, which is bounded by whoever read it. Undefined for one that has no end (no closing boundary), too
 * many parts, or a part whose headers are too long. Of one that is not whole: the parts that are, before the one that was cut.
 */
export function parseMultipart(body: Buffer, boundary: string, isWhole = true): readonly Part[] | undefined {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter may stand at the very beginning, without its line break; what is before it is a preamble.
  const first = body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2)) ? -2 : body.indexOf(delimiter);
  if (first < 0 && first !== -2) return undefined;
  const parts: Part[] = [];
  let at = first + delimiter.length;
  while (body.toString('latin1', at, at + 2) !== '--') {
    const lineEnd = body.subarray(at, at + MOST_HEADER_BYTES).indexOf(CRLF);
    const isPadding = lineEnd >= 0 && body.toString('latin1', at, at + lineEnd).trim() === '';
    const next = isPadding ? body.indexOf(delimiter, at + lineEnd) : -1;
    if (next < 0 && !isWhole) return parts;
    if (next < 0 || parts.length === MOST_PARTS) return undefined;
    // An empty part ends where its own line break begins the delimiter.
    const part = parsePart(body.subarray(Math.min(at + lineEnd + 2, next), next));
    if (part === undefined) return undefined;
    parts.push(part);
    at = next + delimiter.length;
  }
  return parts;
}
