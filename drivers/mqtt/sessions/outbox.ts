import type { Room } from './room.ts';
import { copyPacket, encodePacket, newPacket, type RowChange, type SessionPacket, weightOf } from './row.ts';

export interface OutboxLimits {
  readonly mostMessages: number;
  readonly mostBytes: number;
}

interface Queued {
  readonly place: number;
  packet: SessionPacket;
  bytes: number;
  /** For the connection that is here now, and for none after it. */
  readonly isPassing: boolean;
}

/**
 * What waits for one session, in order, until it has acknowledged it. At its own bound, or where the store has no room,
 * the oldest goes.
 */
export class Outbox {
  readonly #client: string;
  readonly #limits: OutboxLimits;
  readonly #room: Room;
  readonly #keep: (change: RowChange) => void;
  readonly #queue: Queued[] = [];
  #bytes = 0;

  constructor(client: string, limits: OutboxLimits, room: Room, keep: (change: RowChange) => void) {
    this.#client = client;
    this.#limits = limits;
    this.#room = room;
    this.#keep = keep;
  }

  /** Takes one as it was stored; gives its place, so that later ones come after it. */
  restore(place: number, packet: SessionPacket): void {
    const { isPassing = false, ...sent } = packet;
    this.#push(place, sent, isPassing === true);
  }

  /** `qos` is the subscription's: a message goes to it at that at most [MQTT-3.8.4-6]. Gives how many went for it. */
  add(place: number, packet: SessionPacket, qos: number, isPassing: boolean): number {
    this.#keepRow(this.#push(place, newPacket(packet, Math.min(packet.qos ?? 0, qos)), isPassing));
    const before = this.#queue.length;
    while (this.#isOver()) this.#drop(0);
    return before - this.#queue.length;
  }

  /** Notes the identifier that a PUBLISH is sent by, or puts the PUBREL in its place; false if it is not there. */
  update(packet: SessionPacket): boolean {
    for (const queued of this.#queue) {
      const held = queued.packet;
      if (held.brokerId !== undefined && held.brokerId === packet.brokerId) {
        // An identifier comes round again, a counter does not.
        if (held.brokerCounter !== packet.brokerCounter) continue;
        held.messageId = packet.messageId;
      } else if (held.messageId === packet.messageId) {
        this.#weigh(-queued.bytes, 0);
        queued.packet = copyPacket(packet);
        queued.bytes = weightOf(packet);
        this.#weigh(queued.bytes, 0);
      } else {
        continue;
      }
      this.#keepRow(queued);
      return true;
    }
    return false;
  }

  /** Takes what was sent by that identifier out, for it has been acknowledged. */
  clear(messageId: number | undefined): SessionPacket | undefined {
    const at = this.#queue.findIndex(({ packet }) => packet.messageId === messageId);
    return at < 0 ? undefined : this.#drop(at)?.packet;
  }

  clearAll(): void {
    while (this.#queue.length > 0) this.#drop(0);
  }

  /** The connection that it was for is over. */
  clearPassing(): void {
    for (let at = this.#queue.length - 1; at >= 0; at--) if (this.#queue[at]?.isPassing) this.#drop(at);
  }

  packets(): SessionPacket[] {
    return this.#queue.map(({ packet }) => ({ ...packet }));
  }

  rows(): RowChange[] {
    return this.#queue.map((queued) => this.#rowOf(queued));
  }

  #isOver(): boolean {
    if (this.#queue.length === 0) return false;
    const { mostMessages, mostBytes } = this.#limits;
    return this.#queue.length > mostMessages || this.#bytes > mostBytes || !this.#room.has(0, 0);
  }

  #push(place: number, packet: SessionPacket, isPassing: boolean): Queued {
    const queued = { place, packet, bytes: weightOf(packet), isPassing };
    this.#queue.push(queued);
    this.#weigh(queued.bytes, 1);
    return queued;
  }

  #drop(at: number): Queued | undefined {
    const [queued] = this.#queue.splice(at, 1);
    if (queued === undefined) return undefined;
    this.#weigh(-queued.bytes, -1);
    this.#keep({ part: 'outgoing', owner: this.#client, name: queued.place, json: null });
    return queued;
  }

  #weigh(bytes: number, rows: number): void {
    this.#bytes += bytes;
    this.#room.take(bytes, rows);
  }

  #keepRow(queued: Queued): void {
    this.#keep(this.#rowOf(queued));
  }

  #rowOf({ place, packet, isPassing }: Queued): RowChange {
    const kept = isPassing ? { ...packet, isPassing } : packet;
    return { part: 'outgoing', owner: this.#client, name: place, ...encodePacket(kept) };
  }
}
