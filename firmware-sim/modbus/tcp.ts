import type { Duplex } from 'node:stream';
import type { Reply, Unit } from './unit.ts';

/** Transaction, protocol 0, length, unit: Modbus Messaging on TCP/IP V1.0b section 3.1.3. */
const HEADER = 7;
/** Unit and PDU of the longest frame. */
const LONGEST = 254;

export function encodeTcp(transaction: number, unit: number, pdu: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header[6] = unit;
  return Buffer.concat([header, pdu]);
}

/** Answers on one connection for all units behind it; a frame that is none ends the connection. */
export function serveTcp(socket: Duplex, units: readonly Unit[]): void {
  let pending = Buffer.alloc(0);
  const answering = new Set<NodeJS.Timeout>();
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER) {
      const length = pending.readUInt16BE(4);
      if (pending.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST) {
        socket.destroy();
        return;
      }
      if (pending.length < 6 + length) return;
      const frame = Buffer.from(pending.subarray(0, 6 + length));
      pending = pending.subarray(6 + length);
      const reply = units.find(({ unit }) => unit === frame[6])?.reply(frame.subarray(HEADER));
      if (reply === undefined) continue;
      const bytes = encodeReply(frame.readUInt16BE(0), reply);
      if (bytes === null) continue;
      const afterMs = reply.kind === 'pdu' ? reply.afterMs : 0;
      if (afterMs === 0) {
        socket.write(bytes);
        continue;
      }
      const timer = setTimeout(() => {
        answering.delete(timer);
        socket.write(bytes);
      }, afterMs);
      answering.add(timer);
    }
  });
  socket.on('close', () => {
    for (const timer of answering) clearTimeout(timer);
  });
}

function encodeReply(transaction: number, reply: Reply): Buffer | null {
  switch (reply.kind) {
    case 'none':
      return null;
    case 'pdu':
      return encodeTcp(transaction, reply.unit, reply.pdu);
    case 'cut-off': {
      const frame = encodeTcp(transaction, reply.unit, reply.pdu);
      return frame.subarray(0, frame.length - 2);
    }
    case 'corrupt': {
      const pdu = Buffer.from(reply.pdu);
      pdu[1] = (pdu[1] ?? 0) + 2;
      return encodeTcp(transaction, reply.unit, pdu);
    }
    case 'echo':
      return Buffer.concat([
        encodeTcp(transaction, reply.unit, reply.request),
        encodeTcp(transaction, reply.unit, reply.pdu),
      ]);
    case 'echo-only':
      return encodeTcp(transaction, reply.unit, reply.request);
    case 'repeat': {
      const frame = encodeTcp(transaction, reply.unit, reply.pdu);
      return Buffer.concat([frame, frame]);
    }
    case 'nonsense':
      return reply.bytes;
    default:
      return reply satisfies never;
  }
}
