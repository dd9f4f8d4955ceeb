import type { Clock } from '#kit/clock.ts';
import { matchesFilter } from './filter-tree.ts';
import type { Room } from './room.ts';
import { copyPacket, encodePacket, type RowChange, type SessionPacket, weightOf } from './row.ts';

/** A topic's retained message goes to disk at once, the ones after it at this pace: a device may retain all it sends. */
const REWRITE_MS = 30_000;

interface Kept {
  readonly packet: SessionPacket;
  /** Tick at which the topic was last written; undefined if it waits to be. */
  readonly writtenAt: number;
}

/** The last retained message of each topic (MQTT 3.1.1, section 3.3.1.3). Where there is no room, none is added. */
export class Retained {
  /** Messages that were not kept for want of room. */
  refused = 0;
  readonly #room: Room;
  readonly #keep: (change: RowChange) => void;
  readonly #wire: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #waiting = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(room: Room, keep: (change: RowChange) => void, wire: Clock) {
    this.#room = room;
    this.#keep = keep;
    this.#wire = wire;
  }

  restore(topic: string, packet: SessionPacket): void {
    this.#kept.set(topic, { packet, writtenAt: Number.NEGATIVE_INFINITY });
    this.#room.take(weightOf(packet), 1);
  }

  /** One without a payload takes the topic's away [MQTT-3.3.1-10]. */
  set(packet: SessionPacket): void {
    const { topic = '', payload = '' } = packet;
    const former = this.#kept.get(topic);
    if (payload.length === 0) {
      this.delete(topic);
      return;
    }
    const bytes = weightOf(packet) - (former === undefined ? 0 : weightOf(former.packet));
    const rows = former === undefined ? 1 : 0;
    if (!this.#room.has(bytes, rows)) {
      this.refused++;
      // What is kept of it is not the last any more.
      this.delete(topic);
      return;
    }
    this.#room.take(bytes, rows);
    const writtenAt = former?.writtenAt ?? Number.NEGATIVE_INFINITY;
    this.#kept.set(topic, { packet: copyPacket(packet), writtenAt });
    if (former !== undefined && isSame(former.packet, packet)) return;
    if (this.#wire.tick() - writtenAt >= REWRITE_MS) {
      this.#write(topic);
    } else {
      this.#waiting.add(topic);
      this.#cancel ??= this.#wire.after(REWRITE_MS, () => this.flush());
    }
  }

  delete(topic: string): void {
    const former = this.#kept.get(topic);
    if (former === undefined) return;
    this.#kept.delete(topic);
    this.#waiting.delete(topic);
    this.#room.take(-weightOf(former.packet), -1);
    this.#keep({ part: 'retained', owner: '', name: topic, json: null });
  }

  /** Those of topics that any of the filters matches, each once. */
  matching(filters: readonly string[]): SessionPacket[] {
    const isWanted = (topic: string) => filters.some((filter) => matchesFilter(filter, topic));
    return [...this.#kept].flatMap(([topic, { packet }]) => (isWanted(topic) ? [packet] : []));
  }

  topics(): string[] {
    return [...this.#kept.keys()];
  }

  /** Writes what waits for its turn. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const topic of [...this.#waiting]) this.#write(topic);
  }

  rows(): RowChange[] {
    return [...this.#kept].map(([topic, { packet }]) => rowOf(topic, packet));
  }

  #write(topic: string): void {
    const kept = this.#kept.get(topic);
    this.#waiting.delete(topic);
    if (kept === undefined) return;
    this.#kept.set(topic, { ...kept, writtenAt: this.#wire.tick() });
    this.#keep(rowOf(topic, kept.packet));
  }
}

const rowOf = (topic: string, packet: SessionPacket): RowChange => ({
  part: 'retained',
  owner: '',
  name: topic,
  ...encodePacket(packet),
});

const isSame = (a: SessionPacket, b: SessionPacket): boolean =>
  a.qos === b.qos && Buffer.from(a.payload ?? '').equals(Buffer.from(b.payload ?? ''));
