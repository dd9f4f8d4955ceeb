import type { Clock } from '#kit/clock.ts';
import type { JobTools } from './job.ts';

export const WALK_TESTED = 'city.gengfu.device.walk-tested';

export interface WalkStep {
  /** `reading`, `finding`, `ledger`, `upstream:ID`, `channel:ID`. */
  readonly step: string;
  /** RFC 3339; null: it did not come to it. */
  readonly at: string | null;
  readonly ok: boolean;
  /** What was seen, for a person. */
  readonly detail: string;
}

/** The body of the entry. */
export interface WalkTested {
  readonly device: string;
  readonly point: string;
  readonly rule: string;
  readonly mode: 'simulate' | 'live';
  readonly by: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly steps: readonly WalkStep[];
  readonly passed: boolean;
  /** The test's alarm; null where it came to none. */
  readonly alarm: string | null;
  readonly exercise: 'test';
}

/** What became of a part of the way. */
export interface Found {
  readonly ok: boolean;
  readonly detail: string;
}

/** A way to one receiver, and whether an entry has arrived there. */
export interface Receiver {
  /** `upstream:city`, `channel:dingtalk`. */
  readonly step: string;
  /** Undefined while nothing is known yet. */
  arrived(): Promise<Found | undefined> | Found | undefined;
  /** Why not, where its time is over. */
  why(): string;
}

/** The way of one point, from its reading to people: what of the gateway a walk test goes through. */
export interface Way {
  /** Whether the device is alive: its last good reading. */
  reading(): Found;
  /** Has the rule find its level, by readings that are shown to it, or by what the point itself shows. */
  finding(signal: AbortSignal): Promise<Found & { readonly raise: (() => Promise<Raised | null>) | null }>;
  /** Closes the test's alarm. */
  close(): Promise<unknown>;
}

/** The alarm of a test, and the entry that tells of it. */
export interface Raised {
  readonly alarm: string;
  readonly sequence: number;
  /** Whom it must reach. */
  readonly receivers: readonly Receiver[];
}

export interface WalkTestOptions extends Pick<WalkTested, 'device' | 'point' | 'rule' | 'mode' | 'by'> {
  readonly way: Way;
  readonly clock: Pick<Clock, 'now'>;
  readonly wire: Pick<Clock, 'tick' | 'sleep'>;
  readonly encodeTime: (at: number) => string;
  /** So long may a receiver take, ms. */
  readonly patienceMs: number;
}

const LOOK_MS = 100;

/** Walks it, step by step; what it comes to is told by `tools` as it comes. It passes when every step has. */
export async function walkTest(options: WalkTestOptions, { signal, tell, progress }: JobTools): Promise<WalkTested> {
  const { device, point, rule, mode, by, way, clock, encodeTime } = options;
  const startedAt = encodeTime(clock.now());
  const steps: WalkStep[] = [];
  let alarm: string | null = null;
  const note = (step: string, { ok, detail }: Found): void => {
    const walked: WalkStep = { step, at: encodeTime(clock.now()), ok, detail };
    steps.push(walked);
    tell('step', walked);
  };
  const at = (what: string) => progress({ done: steps.length, total: 3, etaMs: null, at: what });
  at('reading');
  note('reading', way.reading());
  at('finding');
  const found = await way.finding(signal);
  note('finding', found);
  try {
    const raised = found.ok && !signal.aborted ? ((await found.raise?.()) ?? null) : null;
    if (found.ok) {
      const detail = raised === null ? 'the ledger did not take it' : `entry ${raised.sequence}`;
      note('ledger', { ok: raised !== null, detail });
    }
    alarm = raised?.alarm ?? null;
    if (raised !== null) {
      at('receipts');
      await Promise.all(
        raised.receivers.map(async (receiver) => note(receiver.step, await waitFor(receiver, options, signal))),
      );
    }
  } finally {
    await way.close();
  }
  const passed = !signal.aborted && steps.length >= 3 && steps.every(({ ok }) => ok);
  return { device, point, rule, mode, by, startedAt, steps, passed, alarm, exercise: 'test' };
}

async function waitFor(receiver: Receiver, { wire, patienceMs }: WalkTestOptions, signal: AbortSignal): Promise<Found> {
  const end = wire.tick() + patienceMs;
  for (;;) {
    const found = await receiver.arrived();
    if (found !== undefined) return found;
    if (signal.aborted) return { ok: false, detail: 'the test was stopped' };
    if (wire.tick() >= end) return { ok: false, detail: receiver.why() };
    await wire.sleep(LOOK_MS, signal).catch(() => {});
  }
}
