import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { LinkContext } from '../driver.ts';
import { AddressRate } from './address-rate.ts';
import { type Answer, jsonAnswer, problem } from './answer.ts';
import type { Guard, Verdict } from './auth/guard.ts';
import { openGuard } from './auth/open-guard.ts';
import type { HttpOptions } from './kind.ts';
import { isOfParts, type Message, parseBody } from './parse-body.ts';
import type { PushRequest } from './push-request.ts';
import { BodyBudget, type Read, readBody } from './read-body.ts';
import { BODY_FLAWS, REFUSALS } from './refusals.ts';
import type { Seen } from './seen.ts';

/** What became of a push. */
export type Taken =
  | { readonly is: 'taken'; readonly readings: number; readonly duplicates: number; readonly unknown: number }
  | { readonly is: 'no-identity' }
  | { readonly is: 'too-long' }
  /** Nobody could take it now: the sender is to try again. */
  | { readonly is: 'later' };

/** What pushes are handed to. */
export interface Taker {
  /** Takes one message that was let in; `identity` is what the path ended with. */
  take(message: Message, from: string, identity: string | undefined): Promise<Taken>;
  /** Resolves once what was taken outlives a restart: it has no effect again, and what began goes on; or that cannot be had. */
  kept(): Promise<unknown>;
}

/** Bodies at one time, in bodies of the largest size. */
const BODIES_AT_ONCE = 4;
/** How long what is still being sent is thrown away, so that the sender reads why. */
const LINGER_MS = 1000;

const LATER = { 'Retry-After': '5' };

export interface PushCounts {
  pushes: number;
  refused: number;
  badBodies: number;
  replays: number;
  rateLimited: number;
  busy: number;
}

/** Answers pushes: who sends is looked at first, then how much, then what; only what was taken is answered with 200. */
export class PushHandler {
  readonly #path: readonly string[];
  readonly #options: HttpOptions;
  readonly #guard: Guard;
  readonly #clock: Clock;
  readonly #wire: Clock;
  readonly #log: Log;
  readonly #taker: Taker;
  readonly #seen: Pick<Seen, 'claim' | 'provenAt'>;
  readonly #rate: AddressRate;
  readonly #budget: BodyBudget;
  /** Codes of flaws that stand in the log. */
  readonly #told = new Set<string>();
  /** Pushes that a mistake of ours could not read. */
  #failures = 0;
  readonly counts: PushCounts = { pushes: 0, refused: 0, badBodies: 0, replays: 0, rateLimited: 0, busy: 0 };

  constructor(
    path: string,
    options: HttpOptions,
    context: Pick<LinkContext, 'clock' | 'wire' | 'log'>,
    { taker, seen }: { readonly taker: Taker; readonly seen: Pick<Seen, 'claim' | 'provenAt'> },
  ) {
    this.#path = path.split('/').slice(1);
    this.#options = options;
    this.#clock = context.clock;
    this.#wire = context.wire;
    this.#log = context.log;
    this.#taker = taker;
    this.#seen = seen;
    this.#guard = openGuard(options.auth, () => this.#wire.tick());
    this.#rate = new AddressRate(options.maxRate, this.#wire);
    this.#budget = new BodyBudget(options.maxBodyBytes * BODIES_AT_ONCE);
  }

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // Whatever the connection dies of is the sender's, and the next request's to find.
    request.on('error', () => {});
    response.on('error', () => {});
    void this.#answer(request, response)
      .catch((error: unknown) => this.#fail(error))
      .then((answer) => this.#send(request, response, answer));
  };

  /** A mistake of ours costs one push, which the sender may have put together for that, and not the watch over everything else. */
  #fail(error: unknown): Answer {
    this.counts.badBodies++;
    if (this.#failures++ === 0) this.#log.error({ error: textOf(error) }, 'http: a push could not be read');
    return problem(500, 'failed', 'The gateway could not read it.');
  }

  #send(request: IncomingMessage, response: ServerResponse, { status, type, body, headers }: Answer): void {
    const isUnread = !request.complete;
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      ...headers,
      ...(isUnread ? { Connection: 'close' } : {}),
    });
    response.end(body);
    if (!isUnread) return;
    request.resume();
    const cancel = this.#wire.after(LINGER_MS, () => request.destroy());
    request.once('close', cancel);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const from = request.socket.remoteAddress ?? '';
    if (!this.#rate.take(from)) {
      this.counts.rateLimited++;
      return problem(429, 'rate', 'Too many requests from this address.', LATER);
    }
    const push = this.#parseTarget(request, from);
    if (push === undefined) return problem(404, 'path', 'Nothing is pushed to here.');
    const early = this.#guard.needsBody ? undefined : this.#check(push, Buffer.alloc(0));
    const refusal = early === undefined ? undefined : this.#refusalOf(early);
    if (refusal !== undefined) return refusal;
    const isTest = this.#guard.needsBody && request.method === 'GET';
    if (request.method !== 'POST' && !isTest) {
      return problem(405, 'method', 'Pushes come by POST.', { Allow: 'POST' });
    }
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      return problem(415, 'encoding', 'A compressed body is not read.', { 'Accept-Encoding': 'identity' });
    }
    const contentType = request.headers['content-type'];
    // A signature is over the whole body.
    const orBeginning = isOfParts(contentType) && !this.#guard.needsBody;
    if (/^100-continue$/i.test(request.headers.expect ?? '') && (orBeginning || !this.#isAnnouncedTooLarge(request))) {
      response.writeContinue();
    }
    const read = await readBody(request, this.#options.maxBodyBytes, this.#budget, orBeginning);
    if (read === 'too-large') return this.#tooLarge(from);
    if (read === 'no-room') {
      this.counts.busy++;
      return problem(503, 'busy', 'Too much is being sent at once.', LATER);
    }
    if (read === 'cut-off') return this.#turnDown(from, 400, 'cut-off', 'The body was cut off.');
    try {
      return await this.#takeBody(push, contentType, read, early);
    } finally {
      read.give();
    }
  }

  #tooLarge(from: string): Answer {
    const bound = `The body is larger than ${this.#options.maxBodyBytes} bytes.`;
    return this.#turnDown(from, 413, 'too-large', bound, 'have it send smaller pictures, or raise maxBodyBytes');
  }

  /** What is wrong with a body is told to its sender, and once in the log: few cameras show anybody what they were answered. */
  #turnDown(from: string, status: number, code: string, detail: string, hint?: string): Answer {
    this.counts.badBodies++;
    if (!this.#told.has(code)) {
      this.#told.add(code);
      this.#log.warn({ path: this.#path.join('/'), from, code, hint }, `http: a push was not taken: ${detail}`);
    }
    return problem(status, code, detail);
  }

  #isAnnouncedTooLarge = ({ headers }: IncomingMessage): boolean =>
    Number(headers['content-length'] ?? 0) > this.#options.maxBodyBytes;

  async #takeBody(
    push: PushRequest,
    contentType: string | undefined,
    { body, isWhole }: Read,
    early: Verdict | undefined,
  ): Promise<Answer> {
    const verdict = early ?? this.#check(push, body);
    if (verdict.is === 'answered') return verdict.answer;
    if (verdict.is === 'refused') return this.#refusalOf(verdict) ?? problem(401, 'credentials', '');
    const rest = verdict.rest ?? push.rest;
    if (rest.length > 1) return problem(404, 'path', 'Nothing is pushed to here.');
    // A guard that has not seen the body says nothing of it: another body is another push.
    const bodyHash = early === undefined ? '' : createHash('sha256').update(body).digest('base64');
    const claim = verdict.once === undefined ? undefined : this.#seen.claim('push', `${verdict.once} ${bodyHash}`);
    if (claim === 'taken') {
      this.counts.replays++;
      await this.#taker.kept();
      return jsonAnswer({ readings: 0, duplicates: 1, unknown: 0 });
    }
    if (claim === 'being-taken') return this.#later();
    using claimed = claim;
    const message = verdict.message ?? parseBody(contentType, body, isWhole);
    if (typeof message === 'string') {
      if (!isWhole) return this.#tooLarge(push.from);
      const [status, what] = BODY_FLAWS[message];
      return this.#turnDown(push.from, status, message, `The body ${what}.`);
    }
    return await this.#takeMessage(message, push.from, rest[0], () => claimed?.keep(verdict));
  }

  /** `onTaken` before what was taken is kept. */
  async #takeMessage(
    message: Message,
    from: string,
    identity: string | undefined,
    onTaken: () => void,
  ): Promise<Answer> {
    const taken = await this.#taker.take(message, from, identity);
    if (taken.is === 'taken') {
      this.counts.pushes++;
      onTaken();
      await this.#taker.kept();
      const { readings, duplicates, unknown } = taken;
      return jsonAnswer({ readings, duplicates, unknown });
    }
    if (taken.is === 'later') return this.#later();
    if (taken.is === 'too-long') {
      return this.#turnDown(from, 413, 'too-long', 'The push holds too many messages.');
    }
    return this.#turnDown(from, 400, 'no-identity', 'Nothing says which device the push is of.');
  }

  #later(): Answer {
    this.counts.busy++;
    return problem(503, 'busy', 'It could not be taken now.', LATER);
  }

  #check(push: PushRequest, body: Buffer): Verdict {
    // The wall clock of the wire, which is real also where the site's runs faster; unless nobody knows the time.
    const now = this.#clock.trust() === 'unknown' ? undefined : this.#wire.now();
    return this.#guard.check(push, body, { now, provenAt: this.#seen.provenAt });
  }

  #refusalOf(verdict: Verdict): Answer | undefined {
    if (verdict.is !== 'refused') return undefined;
    this.counts.refused++;
    const [status, code, detail] = REFUSALS[verdict.why];
    return problem(verdict.headers === undefined ? status : 401, code, detail, verdict.headers);
  }

  /** Undefined for a path that is not this link's. */
  #parseTarget(request: IncomingMessage, from: string): PushRequest | undefined {
    const target = request.url ?? '';
    const url = URL.parse(target, 'http://gengfu');
    if (url === null || target.length > 2048) return undefined;
    const steps = url.pathname.split('/').slice(1).map(decode);
    if (!this.#path.every((step, index) => steps[index] === step)) return undefined;
    const rest = steps.slice(this.#path.length).filter((step) => step !== '');
    return { method: request.method ?? '', target, rest, query: url.searchParams, headers: request.headers, from };
  }
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    // A broken escape stands for itself, which is nobody's path.
    return step;
  }
}
