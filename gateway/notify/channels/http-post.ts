import type { Clock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import { CHANNEL_FAULTS } from './faults.ts';

/** What came of one POST. */
export type Posted =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly retryMs: number | null }
  /** No connection came about, so nothing has gone out. */
  | { readonly kind: 'unreachable'; readonly code: string; readonly text: string }
  /** It may have gone out, and there is no answer that is whole. */
  | { readonly kind: 'unknown'; readonly code: string; readonly text: string };

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the first byte to the last of the answer, so that one that drips does not hold it up. */
  readonly timeoutMs: number;
  readonly wire: Clock;
  /** When aborted the request is given up, with `unknown`. */
  readonly closing: AbortSignal;
}

/** Longer answers are of no robot and of no webhook. */
const MOST_ANSWER_BYTES = 64 * 1024;

/** Failures of finding and reaching the other side, and of agreeing on TLS with it: before anything is sent. */
const BEFORE_SENDING =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN|ENETDOWN|UND_ERR_CONNECT_TIMEOUT)$/;
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/;

/** Sends JSON once, follows no redirection, and gives what became of it; never throws. */
export async function post(options: PostOptions): Promise<Posted> {
  const { url, headers, body, timeoutMs, wire, closing } = options;
  const slow = new AbortController();
  const cancel = wire.after(timeoutMs, () => slow.abort());
  try {
    const response = await fetch(url, {
      method: 'POST',
      // A connection that was kept may have been closed meanwhile, and nobody could say whether the request went out on it.
      headers: { connection: 'close', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([slow.signal, closing]),
    });
    const text = await boundedText(response);
    if (text === undefined) return { kind: 'unknown', code: CHANNEL_FAULTS.nonsense, text: 'the answer is too long' };
    return { kind: 'answer', status: response.status, text, retryMs: retryOf(response.headers.get('retry-after')) };
  } catch (error) {
    if (slow.signal.aborted) return { kind: 'unknown', code: CHANNEL_FAULTS.noAnswer, text: 'no answer in time' };
    if (closing.aborted) return { kind: 'unknown', code: CHANNEL_FAULTS.cancelled, text: 'given up on the way' };
    return failureOf(error);
  } finally {
    cancel();
  }
}

function failureOf(error: unknown): Posted {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  // Where a name has several addresses the failure is of all of them.
  const codes = [cause, ...(cause instanceof AggregateError ? cause.errors : [])].map((each) => codeOf(each) ?? '');
  // The message of an error may name the URL, and with it a token.
  const text = codes.find((code) => code !== '') ?? (cause instanceof TypeError ? 'the request failed' : textOf(cause));
  if (codes.some((code) => TLS.test(code))) return { kind: 'unreachable', code: CHANNEL_FAULTS.tls, text };
  if (codes.some((code) => BEFORE_SENDING.test(code))) {
    return { kind: 'unreachable', code: CHANNEL_FAULTS.unreachable, text };
  }
  // A port that fetch asks nobody on (Fetch Standard, section 2.9).
  if (text === 'bad port') return { kind: 'unreachable', code: CHANNEL_FAULTS.unreachable, text };
  return { kind: 'unknown', code: CHANNEL_FAULTS.cut, text };
}

async function boundedText(response: Response): Promise<string | undefined> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > MOST_ANSWER_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** Retry-After in seconds (RFC 9110, section 10.2.3); its form as a date is not asked for by robots. */
function retryOf(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : null;
}
