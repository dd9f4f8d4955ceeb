import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Something that it pushed was taken. */
  isKnown: boolean;
}

/** By its two ends: over TLS a request has another socket than the one that was accepted. */
const endsOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * The connections of a server, so that strangers who hold them open keep nobody out: at the cap one goes that nothing was taken
 * of, the oldest of the address that has most of them; where something was taken of each, the new one goes.
 */
export class Connections {
  readonly #most: number;
  /** In the order in which they came. */
  readonly #open = new Map<string, Connection>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether there was room; else one was closed. */
  admit(socket: Socket): boolean {
    const ends = endsOf(socket);
    const isFull = this.#open.size >= this.#most;
    const going = isFull ? this.#leastMissed() : undefined;
    if (going !== undefined) this.#close(going);
    if (isFull && going === undefined) {
      socket.destroy();
      return false;
    }
    this.#open.set(ends, { socket, address: socket.remoteAddress ?? '', isKnown: false });
    socket.once('close', () => {
      if (this.#open.get(ends)?.socket === socket) this.#open.delete(ends);
    });
    return !isFull;
  }

  /** Something that came by it was taken. */
  know(socket: Socket): void {
    const found = this.#open.get(endsOf(socket));
    if (found !== undefined) found.isKnown = true;
  }

  #close(ends: string): void {
    this.#open.get(ends)?.socket.destroy();
    this.#open.delete(ends);
  }

  #leastMissed(): string | undefined {
    const strangers = Map.groupBy(
      [...this.#open].filter(([, { isKnown }]) => !isKnown),
      ([, { address }]) => address,
    );
    const [most] = [...strangers.values()].sort((a, b) => b.length - a.length);
    return most?.[0]?.[0];
  }
}
