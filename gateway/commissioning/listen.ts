import { Fault } from '#kit/fault.ts';
import { Queue } from '#kit/queue.ts';
import type { OpenLink } from '../../drivers/driver.ts';
import type { JobTools } from './job.ts';

/** Frames that wait to be told; then the oldest go, and how many is told. */
const MOST_WAITING = 500;
/** Told at most so often, so that a busy wire does not hold up what reads it. */
const TURN_MS = 100;

export interface Listened {
  readonly heard: number;
  readonly dropped: number;
}

/** Tells what passes on a link until it is stopped. Nothing is sent for it. */
export async function listen(
  link: Pick<OpenLink, 'tap'>,
  { signal, tell }: Pick<JobTools, 'signal' | 'tell'>,
  sleep: (ms: number) => Promise<void>,
): Promise<Listened> {
  if (link.tap === undefined) throw new Fault('no-tap', 'this kind of link cannot be listened to');
  const queue = new Queue<unknown>(MOST_WAITING);
  const stop = link.tap((heard) => queue.push(heard));
  let heard = 0;
  try {
    for await (const batch of queue.batches(signal)) {
      heard += batch.length;
      for (const each of batch) tell('heard', each);
      await sleep(TURN_MS);
    }
  } finally {
    stop();
  }
  return { heard, dropped: queue.dropped };
}
