import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A Modbus TCP slave that counts who connects: every unit has the same holding registers, 0 until they are set. */
export interface PlainSlave extends AsyncDisposable {
  readonly port: number;
  readonly registers: Map<number, number>;
  /** Takes what comes, and answers nothing. */
  isMute: boolean;
  /** Connections that were ever made, and those that are open. */
  readonly connections: number;
  readonly open: number;
}

export async function openPlainSlave(): Promise<PlainSlave> {
  const registers = new Map<number, number>();
  const sockets = new Set<Socket>();
  let connections = 0;
  let isMute = false;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => {});
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      // MBAP: transaction, protocol, length, unit; then function 3 or 4, address, count.
      while (rest.length >= 12) {
        const [request, count] = [rest.subarray(0, 12), rest.readUInt16BE(10)];
        const address = request.readUInt16BE(8);
        const values = Buffer.alloc(2 * count);
        for (let i = 0; i < count; i++) values.writeUInt16BE(registers.get(address + i) ?? 0, 2 * i);
        const head = Buffer.from([...request.subarray(0, 4), 0, 3 + values.length, ...request.subarray(6, 8)]);
        if (!isMute) socket.write(Buffer.concat([head, Buffer.from([values.length]), values]));
        rest = rest.subarray(12);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    registers,
    get isMute() {
      return isMute;
    },
    set isMute(is) {
      isMute = is;
    },
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
