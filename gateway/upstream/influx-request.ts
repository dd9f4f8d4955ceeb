import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import type { InfluxOptions } from './influx-options.ts';

/** What became of lines that were sent. */
export type Outcome =
  | { readonly kind: 'accepted' }
  /** All but so many were taken; the others never will be. */
  | { readonly kind: 'partial'; readonly dropped: number; readonly text: string }
  /** Some line of them is wrong, or all are. */
  | { readonly kind: 'rejected'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'no-database' }
  /** Not now: tried again. */
  | { readonly kind: 'later'; readonly text: string; readonly isReached: boolean };

/** Of an answer that says what is wrong. */
const MOST_TEXT = 2000;

/** Asks one InfluxDB 1.x, or what speaks like it (VictoriaMetrics). */
export class InfluxServer {
  readonly #options: InfluxOptions;
  readonly #wire: Clock;

  constructor(options: InfluxOptions, wire: Clock) {
    this.#options = options;
    this.#wire = wire;
  }

  async write(lines: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const query = new URLSearchParams({ db: this.#options.database, precision: 'ms' });
    const answer = await this.#post(`write?${query}`, `${lines.join('\n')}\n`, 'text/plain; charset=utf-8', signal);
    return 'failed' in answer ? later(answer.failed, false) : outcomeOf(answer.status, answer.text);
  }

  /** Makes the database; undefined when that was done, else why not. */
  async createDatabase(signal: AbortSignal): Promise<string | undefined> {
    // The name is of letters that need no quoting.
    const body = new URLSearchParams({ q: `CREATE DATABASE "${this.#options.database}"` }).toString();
    const answer = await this.#post('query', body, 'application/x-www-form-urlencoded', signal);
    if ('failed' in answer) return answer.failed;
    return answer.status === 200 && !answer.text.includes('"error"') ? undefined : `${answer.status} ${answer.text}`;
  }

  async #post(
    path: string,
    body: string,
    type: string,
    closing: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string } | { readonly failed: string }> {
    const { url, username, password = '', timeout } = this.#options;
    const slow = new AbortController();
    const cancel = this.#wire.after(timeout, () => slow.abort(new Error('no answer in time')));
    const credentials = Buffer.from(`${username}:${password}`).toString('base64');
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}/${path}`, {
        method: 'POST',
        headers: { 'content-type': type, ...(username !== undefined && { authorization: `Basic ${credentials}` }) },
        body,
        redirect: 'error',
        signal: AbortSignal.any([slow.signal, closing]),
      });
      return { status: response.status, text: await shortText(response) };
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? `: ${textOf(error.cause)}` : '';
      return { failed: slow.signal.aborted ? 'no answer in time' : textOf(error) + cause };
    } finally {
      cancel();
    }
  }
}

const later = (text: string, isReached: boolean): Outcome => ({ kind: 'later', text, isReached });

function outcomeOf(status: number, text: string): Outcome {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  const said = `${status} ${text}`.trim();
  if (status === 413) return { kind: 'too-large' };
  if (status === 404 && text.includes('database not found')) return { kind: 'no-database' };
  if (status !== 400 && status !== 422) return later(said, true);
  // The good ones of them are stored: "partial write: … dropped=2".
  const dropped = /dropped=(\d+)/.exec(text)?.[1];
  if (text.includes('partial write'))
    return { kind: 'partial', dropped: Math.max(1, Number(dropped ?? 1)), text: said };
  return { kind: 'rejected', text: said };
}

/** The beginning of an answer's text; the rest is not read. */
async function shortText(response: Response): Promise<string> {
  if (response.body === null) return '';
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length >= MOST_TEXT) break;
  }
  return text.slice(0, MOST_TEXT).trim();
}
