import type { UntimedReading } from '../reading.ts';

export type Sets = readonly (readonly UntimedReading[])[];

/** What one message of a device gave, on its way to the rules. */
export interface Message {
  readonly device: string;
  /** Sets of readings, each of one instant, in their order. Others, where its device becomes otherwise while it waits. */
  sets: Sets;
  /** Reads it by its device as that is now; none if that is gone. */
  readonly read: () => Sets;
  /** Called once when the rules have all of it, or when it was dropped. */
  readonly taken: () => void;
}

/** A device's messages, and how far they have been read. */
interface Place {
  readonly messages: Message[];
  message: number;
  set: number;
}

/**
 * Batches for the rules: each holds one set of each device at most, so that what one device measured at two instants is
 * never judged as of one. Each is put together when it is asked for.
 */
export function* roundsOf(messages: readonly Message[]): Generator<readonly UntimedReading[]> {
  const places = new Map<string, Place>();
  for (const message of messages) {
    const place = places.get(message.device);
    if (place === undefined) places.set(message.device, { messages: [message], message: 0, set: 0 });
    else place.messages.push(message);
  }
  while (places.size > 0) {
    const round: UntimedReading[] = [];
    for (const [device, place] of places) {
      const set = nextSet(place);
      if (set === undefined) places.delete(device);
      else round.push(...set);
    }
    if (round.length > 0) yield round;
  }
}

function nextSet(place: Place): readonly UntimedReading[] | undefined {
  for (; place.message < place.messages.length; place.message++) {
    const set = place.messages[place.message]?.sets[place.set++];
    if (set !== undefined) return set;
    place.set = 0;
  }
  return undefined;
}
