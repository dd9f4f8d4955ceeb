import type { Trust } from '#kit/clock.ts';
import type { AlarmEvent } from '../alarms/alarm-event.ts';
import { type Instant, Judge, type JudgedSite } from '../judge/judge.ts';
import { inTime, Lateness } from '../judge/late.ts';
import type { Line } from './recording.ts';

const NONE: readonly AlarmEvent[] = [];

/**
 * A recording through rules and alarms: the events that live would have given, in order. It writes nothing and sends
 * nothing. The clock is the recording's, trusted unless it says otherwise.
 */
export class Replay {
  readonly #site: JudgedSite;
  readonly #lateness: Lateness;
  #judge: Judge | null = null;
  #trust: Trust = 'synchronised';
  #stoppedAt: number | null = null;
  #last: Instant = { at: 0, tick: 0 };

  constructor(site: JudgedSite) {
    this.#site = site;
    this.#lateness = new Lateness(site.points);
  }

  take(line: Line): readonly AlarmEvent[] {
    this.#judge ??= new Judge(this.#site, line, this.#trust);
    const judge = this.#judge;
    this.#last = line;
    switch (line.kind) {
      case 'readings':
        return judge.step(inTime(this.#lateness.mark(line.readings, this.#trust))).events;
      case 'action':
        return judge.act(line.action, line).step.events;
      case 'permit':
        return judge.setPermits([line.permit], line).events;
      case 'clock':
        this.#trust = line.trust;
        return judge.setTrust(this.#trust, line).events;
      case 'stop':
        this.#stoppedAt = line.tick;
        return judge.advance(line).events;
      case 'start': {
        const offMs = this.#stoppedAt === null ? 0 : line.tick - this.#stoppedAt;
        this.#stoppedAt = null;
        return judge.resume(offMs, line).events;
      }
      default:
        return line satisfies never;
    }
  }

  /** Time runs on to `until`, UTC ms, after the last line. */
  runTo(until: number): readonly AlarmEvent[] {
    const { at, tick } = this.#last;
    if (this.#judge === null || until <= at) return NONE;
    return this.#judge.advance({ at: until, tick: tick + until - at }).events;
  }
}

/** The events of a whole recording, which ends at its last line, or runs on to `until`. */
export async function* replay(
  site: JudgedSite,
  recording: AsyncIterable<readonly Line[]>,
  until: number | null = null,
): AsyncGenerator<AlarmEvent> {
  const run = new Replay(site);
  for await (const page of recording) for (const line of page) yield* run.take(line);
  if (until !== null) yield* run.runTo(until);
}
