import { join } from 'node:path';
import { Fault, textOf } from '#kit/fault.ts';
import type { LinkContext, LinkStatus, OpenLink, Picture } from '../driver.ts';
import { parseListen } from '../listen.ts';
import { READING_CODES, type Reading } from '../reading.ts';
import { Silence } from '../silence.ts';
import { DeviceTable } from './device-table.ts';
import { Handoff } from './handoff.ts';
import { HeldStates, type KeptStates } from './held-states.ts';
import { Intake } from './intake.ts';
import { KeptJson } from './kept-json.ts';
import type { Auth, HttpDevice, HttpLinkSpec } from './kind.ts';
import { type Member, planExchange } from './member.ts';
import { PictureStore } from './picture-store.ts';
import { PullClient, type RelayMessage } from './pull-client.ts';
import { PushHandler } from './push-handler.ts';
import { openPushServer, type PushServer } from './push-server.ts';
import { Seen } from './seen.ts';

/** Pushes that wait for the rules; more are told to come again. */
const MOST_WAITING = 256;
const MB = 1024 * 1024;

const toleranceOf = (auth: Auth | undefined): number | undefined =>
  auth?.kind === 'hmac-sha256' && auth.timestampHeader !== undefined ? auth.tolerance : undefined;

class HttpLink implements OpenLink {
  readonly #spec: HttpLinkSpec;
  readonly #context: LinkContext;
  readonly #handoff: Handoff;
  readonly #silence: Silence;
  readonly #held: HeldStates;
  readonly #keptStates: KeptJson<KeptStates>;
  /** The last state that began or ended is on disk, or cannot be. */
  #stateKept: Promise<void> = Promise.resolve();
  readonly #pictures: PictureStore;
  readonly #seen: Seen;
  readonly #intake: Intake;
  #members: readonly Member[];
  readonly #closing = new AbortController();
  readonly #open = new AsyncDisposableStack();
  #handler: PushHandler | undefined;
  #server: PushServer | undefined;
  #puller: PullClient | undefined;
  /** After a start, until something new comes: what was taken last may come again, since the cursor is not on the card at once. */
  #isCursorBehind = true;
  #cancelSilence = () => {};

  constructor(spec: HttpLinkSpec, context: LinkContext) {
    const { options, devices } = spec;
    const { clock, wire, dir } = context;
    this.#spec = spec;
    this.#context = context;
    this.#handoff = new Handoff(MOST_WAITING, wire);
    const points = devices.flatMap((device) => device.points);
    this.#silence = new Silence(points, clock.tick());
    this.#keptStates = new KeptJson(join(dir, 'held.json'), wire);
    this.#held = new HeldStates(
      points,
      clock,
      (readings) => this.#handoff.push(readings),
      (isNews) => {
        this.#keptStates.keep(this.#held.snapshot());
        if (isNews) this.#stateKept = this.#keptStates.flush();
      },
    );
    const { keep, maxMb } = options.pictures;
    this.#pictures = new PictureStore(join(dir, 'pictures'), { keep, maxBytes: maxMb * MB });
    this.#seen = new Seen(join(dir, 'seen.log'), context, { toleranceMs: toleranceOf(options.auth) });
    this.#members = planExchange([], devices).members;
    this.#intake = new Intake(
      this.#members.map(({ reader }) => reader),
      context,
      {
        handoff: this.#handoff,
        held: this.#held,
        silence: this.#silence,
        pictures: this.#pictures,
        seen: this.#seen,
      },
    );
    this.#open.use(this.#seen);
    this.#open.use(this.#pictures);
    this.#open.use(this.#keptStates);
    this.#open.use(this.#held);
    this.#open.defer(() => this.#cancelSilence());
  }

  async start(): Promise<void> {
    const { listen, pull } = this.#spec.options;
    // Before anything comes in: a heartbeat must not end what an earlier run saw begin.
    this.#held.restore(await this.#keptStates.load());
    // And what it took must not be taken again.
    await this.#seen.load();
    if (listen !== undefined) this.#listen(listen);
    if (pull !== undefined) this.#pull(pull);
    this.#awaitSilence();
  }

  readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    return this.#handoff.batches(this.#context.clock, AbortSignal.any([signal, this.#closing.signal]));
  }

  /**
   * Any devices can take the place of any: who may push, where to, and which relay is asked are the link's own, which is
   * opened anew where those are otherwise. A push that has not been handed on and holds a reading of a device that ends here
   * is to come again: it is then read as its device now is, or is a stranger's.
   */
  change(devices: readonly HttpDevice[]): () => void {
    const { members, staying, ended, joining } = planExchange(this.#members, devices);
    const table = new DeviceTable(members.map(({ reader }) => reader));
    const points = devices.flatMap((device) => device.points);
    const stayingPoints = staying.flatMap((device) => device.points);
    const endedPoints = new Set(ended.flatMap((device) => device.points.map(({ key }) => key)));
    return () => {
      this.#members = members;
      this.#handoff.forget(endedPoints);
      const tick = this.#context.clock.tick();
      // Of a device that has another identity nobody has been heard yet, though its points are the same.
      this.#silence.change(stayingPoints, tick);
      this.#silence.change(points, tick);
      this.#held.change(points);
      this.#intake.change(table, joining, ended);
      this.#cancelSilence();
      this.#awaitSilence();
    };
  }

  kept(durable: Promise<unknown>): void {
    this.#handoff.kept(durable);
  }

  status(): LinkStatus {
    const { state, error } = this.#line();
    const storeFault = this.#pictures.fault ?? this.#keptStates.fault;
    const unknown = this.#intake.unknown.list();
    const warnings = [
      ...(this.#spec.options.local ? [] : ['needs-line']),
      ...(storeFault === undefined ? [] : ['pictures-not-kept']),
      ...(this.#seen.fault === undefined ? [] : ['pushes-not-kept']),
    ];
    return {
      state,
      ...(error === undefined ? {} : { error }),
      counters: {
        ...this.#intake.counts,
        ...this.#handler?.counts,
        ...this.#server?.counts,
        ...this.#puller?.counts,
        ...this.#pictures.counts,
        dropped: this.#handoff.dropped,
      },
      devices: Object.fromEntries(this.#members.map(({ device: { id, points } }) => [id, this.#answers(id, points)])),
      ...(unknown.length === 0 ? {} : { unknown }),
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  }

  picture(device: string, at: number): Promise<Picture | undefined> {
    return this.#pictures.find(device, at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#open.disposeAsync();
  }

  #listen(text: string): void {
    const listen = parseListen(text);
    if (listen === undefined) throw new Fault('no-listen', `link ${this.#spec.id}: ${text} is no HOST:PORT`);
    const { id, options } = this.#spec;
    const handler = new PushHandler(options.path ?? `/push/${id}`, options, this.#context, {
      taker: {
        take: (message, from, identity) => this.#intake.take(message, from, identity),
        kept: () => this.#kept(),
      },
      seen: this.#seen,
    });
    this.#handler = handler;
    const { tls, maxConnections, timeout: timeoutMs } = options;
    this.#server = openPushServer({ ...listen, tls, maxConnections, timeoutMs }, this.#context, handler.onRequest);
    this.#open.use(this.#server);
  }

  #pull(pull: NonNullable<HttpLinkSpec['options']['pull']>): void {
    const { timeout: timeoutMs, maxBodyBytes: maxBytes } = this.#spec.options;
    const options = { url: pull.url, everyMs: pull.every, token: pull.token, timeoutMs, maxBytes };
    const puller = new PullClient(options, this.#context);
    this.#puller = puller;
    const cursor = this.#open.use(
      new KeptJson<{ after: string }>(join(this.#context.dir, 'cursor.json'), this.#context.wire),
    );
    const run = async () => {
      const kept = (await cursor.load()) as { after?: unknown } | undefined;
      const after = typeof kept?.after === 'string' ? kept.after : undefined;
      const onTaken = (to: string) => cursor.keep({ after: to });
      await puller.run(after, (message) => this.#takeRelayed(message), onTaken, this.#closing.signal);
    };
    const running = run();
    this.#open.defer(() => running);
  }

  /** Whether the cursor may pass it: also a message that can never be taken must not stand in the way of the others. */
  async #takeRelayed({ id, body }: RelayMessage): Promise<boolean> {
    // With what it says: a relay that was set up anew counts from the start.
    const claim = this.#seen.claim('message', `relay/${id} ${JSON.stringify(body)}`);
    if (claim === 'taken' && this.#isCursorBehind) return true;
    this.#isCursorBehind = false;
    using claimed = typeof claim === 'string' ? undefined : claim;
    try {
      const taken = await this.#intake.take({ tree: body }, undefined, undefined);
      if (taken.is === 'taken') {
        claimed?.keep();
        await this.#kept();
      }
      return taken.is !== 'later';
    } catch (error) {
      // A mistake of ours, which would come again with the same message at each start.
      this.#context.log.error(
        { link: this.#spec.id, error: textOf(error) },
        'http: a message of the relay could not be read',
      );
      return true;
    }
  }

  /** What was taken has no effect again, and what began goes on, also after a restart; or that cannot be had. */
  #kept(): Promise<unknown> {
    return Promise.all([this.#seen.written(), this.#stateKept]);
  }

  #line(): { readonly state: LinkStatus['state']; readonly error?: string | undefined } {
    if (this.#puller !== undefined) return { state: this.#puller.state, error: this.#puller.error };
    const fault = this.#server?.fault;
    if (fault === undefined) return { state: 'up' };
    return { state: 'down', error: fault.hint === undefined ? fault.message : `${fault.message} (${fault.hint})` };
  }

  #answers(device: string, points: HttpDevice['points']): { answers: boolean; code?: string } {
    const states = points.map(({ key }) => this.#silence.stateOf(key));
    if (states.includes('heard')) return { answers: true };
    const silent = states.includes('silent') ? READING_CODES.noAnswer : 'not-heard';
    return { answers: false, code: this.#intake.misshapeOf(device) ?? silent };
  }

  /** One timer a link, for the earliest of all deadlines; a point that is heard meanwhile is simply not due yet. */
  #awaitSilence(): void {
    const next = this.#silence.nextAt();
    if (next === undefined || this.#closing.signal.aborted) return;
    const { clock } = this.#context;
    this.#cancelSilence = clock.after(Math.max(next - clock.tick(), 1), () => {
      const code = this.#line().state === 'up' ? READING_CODES.noAnswer : READING_CODES.linkDown;
      const due = this.#silence.takeDue(clock.tick());
      if (due.length > 0) this.#handoff.push(due.map(({ key }) => ({ point: key, value: null, quality: 'bad', code })));
      this.#awaitSilence();
    });
  }
}

/** Opens a link that takes pushes, or asks a relay for them. */
export async function openHttpLink(spec: HttpLinkSpec, context: LinkContext): Promise<OpenLink> {
  const link = new HttpLink(spec, context);
  await link.start();
  return link;
}
