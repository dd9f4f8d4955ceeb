import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { ProfileData } from '../../config/profile-tests.ts';

type Table = 'holding' | 'input' | 'coil' | 'discrete';
const TABLES: readonly (Table | undefined)[] = [undefined, 'coil', 'discrete', 'holding', 'input'];
const HEADER = 7;

/** A Modbus TCP device on loopback whose registers are the given ones, and 0 elsewhere. */
export interface RegisterServer extends AsyncDisposable {
  readonly port: number;
}

export async function serveRegisters(data: ProfileData): Promise<RegisterServer> {
  const cells = new Map<string, number>();
  for (const table of ['holding', 'input', 'coil', 'discrete'] as const) {
    for (const [address, given] of Object.entries(data[table] ?? {})) {
      for (const [index, value] of [given].flat().entries()) cells.set(`${table} ${Number(address) + index}`, value);
    }
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The reader closes when it has what it wants; what it no longer takes is nobody's.
    socket.on('error', () => {});
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (let end = endOf(pending); end <= pending.length; end = endOf(pending)) {
        socket.write(answer(pending.subarray(0, end), cells));
        pending = pending.subarray(end);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP port is wanted');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Where the first request ends: Messaging on TCP/IP V1.0b, 3.1.3. */
const endOf = (bytes: Buffer): number => (bytes.length < HEADER ? Number.POSITIVE_INFINITY : 6 + bytes.readUInt16BE(4));

function answer(request: Buffer, cells: ReadonlyMap<string, number>): Buffer {
  const code = request[HEADER] ?? 0;
  const table = TABLES[code];
  if (table === undefined || request.length !== HEADER + 5) return reply(request, Buffer.from([code | 0x80, 1]));
  const [from, count] = [request.readUInt16BE(HEADER + 1), request.readUInt16BE(HEADER + 3)];
  const bits = table === 'coil' || table === 'discrete';
  const pdu = Buffer.alloc(2 + (bits ? Math.ceil(count / 8) : count * 2));
  pdu[0] = code;
  pdu[1] = pdu.length - 2;
  for (let index = 0; index < count; index++) {
    const value = cells.get(`${table} ${from + index}`) ?? 0;
    if (!bits) pdu.writeUInt16BE(value, 2 + index * 2);
    else if (value !== 0) pdu[2 + (index >> 3)] = (pdu[2 + (index >> 3)] ?? 0) | (1 << (index & 7));
  }
  return reply(request, pdu);
}

function reply(request: Buffer, pdu: Buffer): Buffer {
  const header = Buffer.from(request.subarray(0, HEADER));
  header.writeUInt16BE(pdu.length + 1, 4);
  return Buffer.concat([header, pdu]);
}
