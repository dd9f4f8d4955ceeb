import type { IncomingHttpHeaders } from 'node:http';

/** What came in, as far as it has been read. */
export interface PushRequest {
  readonly method: string;
  /** The whole target, as the sender wrote it. */
  readonly target: string;
  /** What follows the link's own path, decoded: `/push/cams/tok/cam-01` on `/push/cams` → `['tok', 'cam-01']`. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The sender's address, without its port. */
  readonly from: string;
}

/** The one value of a header; undefined if it is missing. */
export function headerOf({ headers }: PushRequest, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value[0] : value;
}
