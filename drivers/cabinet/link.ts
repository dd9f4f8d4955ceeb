import { textOf } from '#kit/fault.ts';
import { Queue } from '#kit/queue.ts';
import type { LinkContext, LinkStatus, OpenLink } from '../driver.ts';
import type { NetworkTime } from '../network-time.ts';
import { badReading, qualify } from '../point.ts';
import { READING_CODES, type Reading } from '../reading.ts';
import { MonthCounter } from './data-month.ts';
import { GpioLines } from './gpio-lines.ts';
import type { CabinetLinkSpec, CabinetPoint } from './kind.ts';
import { type AskedModem, modemOf, type Poll, planPolls } from './polls.ts';
import { hasFailed, type Sample } from './sample.ts';

/** Readings that wait for the rules; the oldest go first. */
const MOST_WAITING = 1024;

interface Taken {
  readonly point: CabinetPoint;
  readonly sample: Sample;
}

class CabinetLink implements OpenLink {
  readonly #id: string;
  readonly #context: LinkContext;
  readonly #timeoutMs: number;
  readonly #polls: readonly Poll[];
  readonly #modem: AskedModem;
  /** Pins of one chip and bias, which one gpiomon follows. */
  readonly #gpio = new Map<string, GpioLines>();
  readonly #month: MonthCounter;
  readonly #queue = new Queue<Taken>(MOST_WAITING);
  readonly #closing = new AbortController();
  readonly #cancels = new Map<Poll, () => void>();
  /** Since when, by the wire's line, a poll has been waited for. */
  readonly #busy = new Map<Poll, { readonly since: number; readonly done: Promise<void> }>();
  /** What each point gave last. */
  readonly #last = new Map<CabinetPoint, Sample>();
  readonly #counts = { reads: 0, failures: 0 };

  constructor(spec: CabinetLinkSpec, context: LinkContext) {
    const { options } = spec;
    const { clock, wire, log, dir } = context;
    this.#id = spec.id;
    this.#context = context;
    this.#timeoutMs = options.timeout;
    const points = spec.devices.flatMap((device) => device.points);
    const pins = points.filter(({ source }) => source.gpio !== undefined);
    for (const [key, group] of Map.groupBy(pins, groupOf)) this.#gpio.set(key, this.#openGpio(group, options.timeout));
    this.#month = new MonthCounter({
      sysfs: options.sysfs,
      proc: options.proc,
      interface: options.interface,
      startsOn: options.monthStarts,
      timeZone: options.timeZone ?? 'Asia/Shanghai',
      dir,
      clock,
      log,
    });
    const gpio = (point: CabinetPoint) => this.#gpio.get(groupOf(point));
    this.#modem = modemOf(spec, wire, this.#closing.signal);
    this.#polls = planPolls(spec, { gpio, month: this.#month }, this.#modem.state);
  }

  start(): void {
    for (const lines of this.#gpio.values()) lines.start();
    for (const poll of this.#polls) this.#poll(poll, this.#context.clock.tick());
  }

  async *readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    const { clock } = this.#context;
    for await (const taken of this.#queue.batches(AbortSignal.any([signal, this.#closing.signal]))) {
      const [at, tick] = [clock.now(), clock.tick()];
      yield taken.map(({ point, sample }) => {
        if (hasFailed(sample)) return badReading(point, at, tick, sample.code);
        return { point: point.key, at, tick, ...qualify(point, sample.raw, sample.scaled ?? sample.raw) };
      });
    }
  }

  networkTime(): Promise<NetworkTime> {
    return this.#modem.time();
  }

  status(): LinkStatus {
    const last = [...this.#last];
    const failed = last.flatMap(([, sample]) => (hasFailed(sample) ? [sample.error] : []));
    const devices = Map.groupBy(last, ([{ device }]) => device);
    const state = last.length === 0 ? 'connecting' : failed.length < last.length ? 'up' : 'down';
    const gpio = [...this.#gpio.values()].map(({ counts }) => counts);
    return {
      state,
      ...(failed.length === 0 ? {} : { error: [...new Set(failed)].join('; ') }),
      counters: {
        ...this.#counts,
        edges: gpio.reduce((sum, { edges }) => sum + edges, 0),
        monitors: gpio.reduce((sum, { monitors }) => sum + monitors, 0),
        dropped: this.#queue.dropped,
      },
      devices: Object.fromEntries([...devices].map(([id, samples]) => [id, answerOf(samples.map(([, each]) => each))])),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const cancel of this.#cancels.values()) cancel();
    await Promise.all([...this.#gpio.values()].map((lines) => lines[Symbol.asyncDispose]()));
    await Promise.all([...this.#busy.values()].map(({ done }) => done));
    await this.#month[Symbol.asyncDispose]();
  }

  #openGpio(group: readonly CabinetPoint[], timeoutMs: number): GpioLines {
    const pins = group.flatMap(({ source }) => source.gpio ?? []);
    const byLine = new Map(group.flatMap((point) => (point.source.gpio ? [[point.source.gpio.line, point]] : [])));
    const lines = new GpioLines({
      chip: pins[0]?.chip ?? '',
      bias: pins[0]?.bias ?? 'as-is',
      lines: pins.map(({ line }) => line),
      debounceMs: new Map(pins.map(({ line, debounce }) => [line, debounce])),
      wire: this.#context.wire,
      timeoutMs,
      changed: (line) => {
        const point = byLine.get(line);
        const sample = lines.sample(line);
        if (point !== undefined && sample !== undefined) this.#take(point, sample);
      },
    });
    return lines;
  }

  /** Reads now and at each period after `tick`. What has not answered yet is not asked twice, and says so after the time-out. */
  #poll(poll: Poll, tick: number): void {
    const { clock, wire } = this.#context;
    const busy = this.#busy.get(poll);
    if (busy === undefined) {
      const done = this.#read(poll).finally(() => this.#busy.delete(poll));
      this.#busy.set(poll, { since: wire.tick(), done });
    } else if (wire.tick() - busy.since > this.#timeoutMs) {
      const error = `no answer within ${this.#timeoutMs} ms`;
      for (const point of poll.points) this.#take(point, { code: READING_CODES.noAnswer, error });
    }
    const next = tick + poll.everyMs * Math.max(1, Math.ceil((clock.tick() - tick + 1) / poll.everyMs));
    this.#cancels.set(
      poll,
      clock.after(next - clock.tick(), () => this.#poll(poll, next)),
    );
  }

  async #read(poll: Poll): Promise<void> {
    this.#counts.reads++;
    try {
      const samples = await poll.read();
      poll.points.forEach((point, index) => {
        const sample = samples[index];
        if (sample !== undefined) this.#take(point, sample);
      });
    } catch (error) {
      const failed = { code: READING_CODES.noAnswer, error: textOf(error) };
      for (const point of poll.points) this.#take(point, failed);
    }
  }

  #take(point: CabinetPoint, sample: Sample): void {
    if (this.#closing.signal.aborted) return;
    const before = this.#last.get(point);
    if (hasFailed(sample)) {
      this.#counts.failures++;
      const isTold = before !== undefined && hasFailed(before) && before.error === sample.error;
      if (!isTold) this.#context.log.warn({ link: this.#id, point: point.key, code: sample.code }, sample.error);
    }
    this.#last.set(point, sample);
    this.#queue.push({ point, sample });
  }
}

const groupOf = ({ source }: CabinetPoint): string => `${source.gpio?.chip} ${source.gpio?.bias}`;

function answerOf(samples: readonly Sample[]): { answers: boolean; code?: string } {
  const failed = samples.find(hasFailed);
  return failed === undefined || samples.some((sample) => !hasFailed(sample))
    ? { answers: true }
    : { answers: false, code: failed.code };
}

/** Begins to read the box. What it has not gives bad readings that say why. */
export async function openCabinetLink(spec: CabinetLinkSpec, context: LinkContext): Promise<OpenLink> {
  const link = new CabinetLink(spec, context);
  link.start();
  return link;
}
