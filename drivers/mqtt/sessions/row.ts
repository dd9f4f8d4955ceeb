/** A packet as the broker's library hands it to its persistence: a PUBLISH, or the PUBREL that follows one. */
export interface SessionPacket {
  readonly cmd?: string;
  readonly topic?: string;
  readonly payload?: Uint8Array | string;
  readonly qos?: number;
  messageId?: number | undefined;
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  readonly [key: string]: unknown;
}

type Part = 'session' | 'subscription' | 'outgoing' | 'incoming' | 'retained';

/** What a row is known by. */
export interface RowKey {
  readonly part: Part;
  /** The client id of a session; empty for what is retained. */
  readonly owner: string;
  /** A topic or filter, a place in a queue, a packet identifier. */
  readonly name: string | number;
}

/** What is kept, one thing a row. */
export interface Row extends RowKey {
  readonly json: string;
  readonly payload: Uint8Array | string | null;
}

/** A row as it is to be, or the key of one that is to go. */
export type RowChange = Row | (RowKey & { readonly json: null });

/** What a packet weighs beside its topic and payload: its other fields, the row, the index. */
const OVERHEAD_BYTES = 200;

/** Bytes that a packet is counted as, in memory and on disk. */
export const weightOf = ({ topic = '', payload = '' }: SessionPacket): number =>
  OVERHEAD_BYTES + topic.length + payload.length;

/** A copy that holds nothing of the socket's buffer, no functions, and no class. */
export function copyPacket(packet: SessionPacket): SessionPacket {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(packet)) if (typeof value !== 'function') copy[key] = value;
  if (packet.payload instanceof Uint8Array) copy.payload = Buffer.from(packet.payload);
  return copy;
}

/** A copy as the library itself would queue it: it has no identifier until it is sent. */
export function newPacket({ length: _, ...packet }: SessionPacket, qos: number): SessionPacket {
  return { ...copyPacket({ cmd: 'publish', retain: false, dup: false, ...packet }), qos, messageId: undefined };
}

export function encodePacket(packet: SessionPacket): Pick<Row, 'json' | 'payload'> {
  const { payload = null, ...rest } = packet;
  const json = JSON.stringify(rest, (_key, value) => (value === undefined ? null : value));
  // A copy of its own: cloning a view into a thread takes the whole pool that it stands in with it.
  return { json, payload: payload instanceof Uint8Array ? new Uint8Array(payload) : payload };
}

/** Undefined if the row holds no packet. */
export function decodePacket({ json, payload }: Pick<Row, 'json' | 'payload'>): SessionPacket | undefined {
  const fields = decodeFields(json);
  if (fields === undefined) return undefined;
  const packet: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) packet[key] = value === null ? undefined : value;
  if (payload !== null) packet.payload = typeof payload === 'string' ? payload : Buffer.from(payload);
  return packet;
}

export function decodeFields(json: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(json);
    // An object, so that its members may be looked at.
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : undefined;
  } catch {
    // A row that something else wrote is as good as none; what it held is not known.
    return undefined;
  }
}
