import type { Room } from './room.ts';
import { encodePacket, newPacket, type RowChange, type SessionPacket, weightOf } from './row.ts';

/** The QoS 2 messages of one session whose PUBREL has not come: one that is sent again is told from a new one by them. */
export class Inbox {
  readonly #client: string;
  readonly #room: Room;
  readonly #keep: (change: RowChange) => void;
  readonly #packets = new Map<number, SessionPacket>();

  constructor(client: string, room: Room, keep: (change: RowChange) => void) {
    this.#client = client;
    this.#room = room;
    this.#keep = keep;
  }

  restore(id: number, packet: SessionPacket): void {
    this.#packets.set(id, packet);
    this.#room.take(weightOf(packet), 1);
  }

  /** False if there is no room for it. */
  add(id: number, packet: SessionPacket): boolean {
    this.delete(id);
    if (!this.#room.has(weightOf(packet), 1)) return false;
    const copy = { ...newPacket(packet, packet.qos ?? 0), messageId: id };
    this.restore(id, copy);
    this.#keep(rowOf(this.#client, id, copy));
    return true;
  }

  get(id: number): SessionPacket | undefined {
    return this.#packets.get(id);
  }

  delete(id: number): boolean {
    const packet = this.#packets.get(id);
    if (packet === undefined) return false;
    this.#packets.delete(id);
    this.#room.take(-weightOf(packet), -1);
    this.#keep({ part: 'incoming', owner: this.#client, name: id, json: null });
    return true;
  }

  clear(): void {
    for (const id of [...this.#packets.keys()]) this.delete(id);
  }

  rows(): RowChange[] {
    return [...this.#packets].map(([id, packet]) => rowOf(this.#client, id, packet));
  }
}

const rowOf = (owner: string, id: number, packet: SessionPacket): RowChange => ({
  part: 'incoming',
  owner,
  name: id,
  ...encodePacket(packet),
});
