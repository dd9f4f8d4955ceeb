import type { UntimedReading } from '../reading.ts';

/** What one message of a device gave, on its way to the rules. */
export interface Message {
  readonly device: string;
  /** Sets of readings, each of one instant, in their order. */
  readonly sets: readonly (readonly UntimedReading[])[];
  /** Called once when the rules have all of it, or when it was dropped. */
  readonly taken: () => void;
}

/**
 * Batches for the rules: each holds one set of each device at most, so that what one device measured at two instants is
 * never judged as of one.
 */
export function roundsOf(messages: readonly Message[]): (readonly UntimedReading[])[] {
  const rounds: UntimedReading[][] = [];
  const next = new Map<string, number>();
  for (const { device, sets } of messages) {
    for (const set of sets) {
      const index = next.get(device) ?? 0;
      next.set(device, index + 1);
      const round = rounds[index];
      if (round === undefined) rounds.push([...set]);
      else round.push(...set);
    }
  }
  return rounds;
}
