import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { start, until } from '../tools/program.ts';
import { EXPECTED_EVENTS } from './expected-events.ts';

interface Told {
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly sequence: string;
  readonly data: { readonly level: string | null; readonly again: boolean };
}

export interface LiveReport {
  /** Real seconds that were played. */
  readonly seconds: number;
  /** The longest that this process, which does nothing meanwhile, stood still: no program of the machine did better. */
  readonly stood: number;
  readonly expected: number;
  /** Simulated seconds between an expected change and the one that came: the largest. */
  readonly latest: number;
  /** What did not come, came and was not expected, or came out of order. */
  readonly faults: readonly string[];
  /** Numbers that the city platform has not, or has twice. */
  readonly missing: number;
  readonly twice: number;
  readonly output: string;
}

const CHANGES = ['raised', 'level-changed', 'returned'];
const NIGHT = Date.parse('2026-07-15T21:30:00+08:00');

/** What the city platform received of a demo that plays `seconds` real seconds of the night, held against what must happen. */
export async function playNight(seconds: number, toleranceSeconds: number, rate = 45): Promise<LiveReport> {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-live-'));
  try {
    const file = join(folder, 'city.jsonl');
    const args = ['gateway/main.ts', 'demo', '--port', '0', '--city-file', file, '--rate', String(rate)];
    await using demo = start(process.execPath, args);
    await until(() => demo.output().includes('Console: '), 'the demo to start', 90_000);
    const stood = await standstillOf(seconds);
    demo.process.kill('SIGTERM');
    await demo.ended();
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const messages = lines.map((line) => JSON.parse(line) as { readonly topic: string; readonly payload: string });
    const events = messages.filter(({ topic }) => topic.endsWith('/events'));
    const received = events.map(({ payload }) => JSON.parse(payload) as Told);
    return {
      seconds,
      stood,
      ...compare(received, NIGHT + seconds * rate * 1000, toleranceSeconds * 1000 + stood * rate * 1000),
      output: demo.output(),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits so many seconds; the longest of them by which a turn of it came late. */
async function standstillOf(seconds: number): Promise<number> {
  using delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return delays.max / 1e9;
}

/** Each alarm's changes in their order, each within the tolerance; what lies so near the end that it may not have come is left out. */
function compare(
  received: readonly Told[],
  end: number,
  toleranceMs: number,
): Omit<LiveReport, 'seconds' | 'stood' | 'output'> {
  const bySequence = Map.groupBy(received, ({ sequence }) => Number(sequence));
  const numbers = [...bySequence.keys()].sort((a, b) => a - b);
  const faults: string[] = [];
  const last = numbers.at(-1) ?? 0;
  const missing = last - numbers.length;
  const twice = received.length - numbers.length;
  const changes = numbers
    .flatMap((number) => bySequence.get(number)?.[0] ?? [])
    .filter(({ type }) => CHANGES.includes(type.slice(type.lastIndexOf('.') + 1)));
  const expected = EXPECTED_EVENTS.filter(({ at }) => at < end - toleranceMs);
  let latest = 0;
  const came = Map.groupBy(changes, ({ subject }) => subject);
  for (const wanted of expected) {
    const subject = `${wanted.device}/${wanted.point}/${wanted.rule}`;
    const next = came.get(subject)?.shift();
    const what = `${wanted.time} ${subject} ${wanted.type} ${wanted.level ?? ''}`;
    if (next === undefined) {
      faults.push(`did not come: ${what}`);
      continue;
    }
    const late = Math.abs(Date.parse(next.time) - wanted.at);
    latest = Math.max(latest, late / 1000);
    const isRight = next.type.endsWith(wanted.type) && next.data.level === wanted.level && late <= toleranceMs;
    if (!isRight) faults.push(`wanted ${what}, came ${next.time} ${next.type} ${next.data.level ?? ''}`);
  }
  for (const rest of [...came.values()].flat()) {
    const isEarly = EXPECTED_EVENTS.some(
      ({ at, device, rule }) =>
        at >= end - toleranceMs && rest.subject.startsWith(device) && rest.subject.endsWith(rule),
    );
    if (!isEarly) faults.push(`was not expected: ${rest.time} ${rest.subject} ${rest.type}`);
  }
  return { expected: expected.length, latest, faults, missing, twice };
}
