import { Duplex } from 'node:stream';
import { PacketScanner } from '../../../drivers/mqtt/packet-scanner.ts';
import { guardSocket } from '../../../drivers/mqtt/socket-guard.ts';

export const limits = { beforeConnect: 64, afterConnect: 300 };

const text = (each: string): number[] => [0, each.length, ...Buffer.from(each)];
const connect = [0x10, 24, ...text('MQTT'), 4, 0xc2, 0, 60, ...text('id'), ...text('user'), ...text('pw')];

/** Streams of a device: what it sends rightly, and announcements that are too large. */
export const seeds: readonly Uint8Array[] = [
  connect,
  [...connect, 0x30, 8, ...text('a/b'), 1, 2, 3, 0xc0, 0],
  [...connect, 0x32, 9, ...text('a/b'), 0, 1, 1, 2, 0x82, 8, 0, 1, ...text('a/#'), 0],
  [...connect, 0x34, 7, ...text('a/b'), 0, 1, 0x62, 2, 0, 1, 0xe0, 0],
  [...connect, 0x30, 0x80, 0x01, ...new Array<number>(128).fill(7), 0xc0, 0],
  [...connect, 0x30, 0xff, 0xff, 0xff, 0x7f],
  [0x10, 0xff, 0xff, 0xff, 0x7f],
].map((bytes) => Uint8Array.from(bytes));

/** How many bytes of a stream may be kept, by reading it whole: up to the packet that breaks a bound. */
function allowed(stream: Uint8Array): number {
  for (let at = 0, isFirst = true; at < stream.length; isFirst = false) {
    if (isFirst && stream[at] !== 0x10) return at;
    let length = 0;
    let size = 1;
    for (; size <= 4; size++) {
      const byte = stream[at + size];
      if (byte === undefined) break;
      length += (byte & 0x7f) * 128 ** (size - 1);
      if (byte < 0x80) break;
    }
    const limit = isFirst ? limits.beforeConnect : limits.afterConnect;
    if (size > 4 || 1 + size + length > limit) return at;
    if (at + size >= stream.length) return stream.length;
    at += 1 + size + length;
  }
  return stream.length;
}

const fail = (what: string): never => {
  throw new Error(what);
};

/** Sends a stream through the guard in chunks whose sizes it names itself, and compares what came through with `allowed`. */
export function guardStream(stream: Buffer): void {
  const taken: Buffer[] = [];
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  socket.on('error', () => {});
  let breaches = 0;
  guardSocket(socket, limits, () => breaches++);
  let isCut = false;
  for (let at = 0; at < stream.length; ) {
    const size = 1 + ((stream[at] ?? 0) % 23);
    const chunk = stream.subarray(at, at + size);
    at += size;
    socket.push(chunk);
    if (socket.destroyed) isCut = true;
    else taken.push(chunk);
  }
  const kept = taken.reduce((total, { length }) => total + length, 0);
  const right = allowed(stream);
  if (isCut !== right < stream.length) fail(`cut ${isCut}, though ${right} of ${stream.length} bytes are in bounds`);
  if (breaches !== Number(isCut)) fail(`told ${breaches} times`);
  // A chunk that holds the first byte of a wrong packet is not kept, nor one after it.
  if (kept > right + limits.afterConnect) fail(`kept ${kept} of ${right}`);
  const whole = new PacketScanner(limits).scan(stream);
  if ((whole !== undefined) !== isCut) fail(`whole ${whole}, in chunks ${isCut}`);
  socket.destroy();
}
