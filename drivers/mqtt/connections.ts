import type { Client } from 'aedes';

/** A device that reconnects under new client ids leaves its old connections behind; the oldest is closed. */
const MOST_A_DEVICE = 4;

/** Who is connected, by device. */
export class Connections {
  readonly #clients = new Map<string, Client[]>();
  readonly #ids = new Set<string>();

  of(device: string): readonly Client[] {
    return this.#clients.get(device) ?? [];
  }

  isHere(clientId: string): boolean {
    return this.#ids.has(clientId);
  }

  add(device: string, client: Client): void {
    const mine = this.#clients.get(device) ?? [];
    // The library has lost sight of one that took over the id of one that was ending [MQTT-3.1.4-2].
    for (const other of mine) if (other.id === client.id) other.close();
    mine.push(client);
    this.#clients.set(device, mine);
    this.#ids.add(client.id);
    if (mine.length > MOST_A_DEVICE) mine[0]?.close();
  }

  remove(device: string, client: Client): void {
    const mine = this.of(device).filter((each) => each !== client);
    if (mine.length > 0) this.#clients.set(device, mine);
    else this.#clients.delete(device);
    // Another one may have taken its id over.
    if (!mine.some(({ id }) => id === client.id)) this.#ids.delete(client.id);
  }
}
