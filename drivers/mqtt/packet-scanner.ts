/** Why a connection must end. */
export type Breach = 'too-large' | 'not-connect' | 'malformed';

export interface PacketLimits {
  /** The first packet's byte of type and flags; CONNECT where it is left out. */
  readonly first?: number;
  /** Bytes of the first packet. */
  readonly beforeConnect: number;
  /** Bytes of any other packet, its header included. */
  readonly afterConnect: number;
}

/** CONNECT with its reserved flags, MQTT-3.1.0-1 and MQTT-2.2.2-1. */
const CONNECT = 0x10;
const LONGEST_LENGTH_FIELD = 4;

/**
 * Follows MQTT's fixed headers through a stream of chunks and judges each packet by its announced length,
 * before any of it is kept. It holds four numbers, whatever the other side sends.
 */
export class PacketScanner {
  readonly #limits: PacketLimits;
  #first = true;
  /** Bytes of the header taken so far; 0 between packets. */
  #header = 0;
  #length = 0;
  /** Bytes of the present packet's body still to come. */
  #body = 0;

  constructor(limits: PacketLimits) {
    this.#limits = limits;
  }

  scan(chunk: Uint8Array): Breach | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        this.#body -= taken;
        at += taken;
        continue;
      }
      const breach = this.#takeHeader(chunk[at++] ?? 0);
      if (breach !== undefined) return breach;
    }
    return undefined;
  }

  /** Section 2.2: a byte of type and flags, then the remaining length, seven bits a byte, lowest first. */
  #takeHeader(byte: number): Breach | undefined {
    if (this.#header === 0) {
      if (this.#first && byte !== (this.#limits.first ?? CONNECT)) return 'not-connect';
      this.#header = 1;
      this.#length = 0;
      return undefined;
    }
    this.#length += (byte & 0x7f) * 128 ** (this.#header - 1);
    this.#header++;
    const limit = this.#first ? this.#limits.beforeConnect : this.#limits.afterConnect;
    if (this.#header + this.#length > limit) return 'too-large';
    if ((byte & 0x80) !== 0) return this.#header > LONGEST_LENGTH_FIELD ? 'malformed' : undefined;
    this.#body = this.#length;
    this.#header = 0;
    this.#first = false;
    return undefined;
  }
}
