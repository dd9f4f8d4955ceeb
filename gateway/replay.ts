import type { Trust } from '#kit/clock.ts';
import type { Reading } from '../drivers/reading.ts';
import type { AlarmEvent } from './alarms/alarm-event.ts';
import { Judge, type JudgedSite } from './judge.ts';
import { inTime, Lateness } from './late.ts';
import type { Line } from './recording.ts';

/**
 * A recording through rules and alarms: the events that live would have given, in order. It writes nothing and sends
 * nothing. The clock is the recording's, trusted unless it says otherwise; it ends at the last line, or runs on to `until`.
 */
export async function* replay(
  site: JudgedSite,
  recording: AsyncIterable<Line>,
  until: number | null = null,
): AsyncGenerator<AlarmEvent> {
  let judge: Judge | null = null;
  let batch: Reading[] = [];
  let stoppedAt: number | null = null;
  let last = { at: 0, tick: 0 };
  let trust: Trust = 'synchronised';
  const lateness = new Lateness(site.points);
  for await (const line of recording) {
    if (until !== null && line.at > until) break;
    judge ??= new Judge(site, line, trust);
    if (batch.length > 0 && (line.kind !== 'reading' || line.tick !== last.tick)) {
      yield* judge.step(inTime(lateness.mark(batch, trust))).events;
      batch = [];
    }
    last = { at: line.at, tick: line.tick };
    switch (line.kind) {
      case 'reading':
        batch.push(line.reading);
        break;
      case 'action':
        yield* judge.act(line.action, line).step.events;
        break;
      case 'permit':
        yield* judge.setPermits([line.permit], line).events;
        break;
      case 'clock':
        trust = line.trust;
        yield* judge.setTrust(trust, line).events;
        break;
      case 'stop':
        yield* judge.advance(line).events;
        stoppedAt = line.tick;
        break;
      case 'start':
        yield* judge.resume(stoppedAt === null ? 0 : line.tick - stoppedAt, line).events;
        stoppedAt = null;
        break;
      default:
        line satisfies never;
    }
  }
  if (judge === null) return;
  if (batch.length > 0) yield* judge.step(inTime(lateness.mark(batch, trust))).events;
  if (until !== null && until > last.at) yield* judge.advance({ at: until, tick: last.tick + until - last.at }).events;
}
