import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ModemOptions } from './modem-options.ts';

const CONNECT_MS = 10_000;

/** A line that is open. `close` gives it free for others; destroying the stream would not. */
export interface OpenLine {
  readonly line: Duplex;
  close(): Promise<void>;
}

/** A port behind a serial server, as `host:port`: no tty has a name like that. */
const ON_NETWORK = /^([^/:]+):(\d{1,5})$/;

function connectTo(host: string, port: number): Promise<OpenLine> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, timeout: CONNECT_MS });
    socket.once('timeout', () => socket.destroy(new Error('no connection in time')));
    socket.once('error', reject).once('connect', () => {
      socket.setTimeout(0).off('error', reject);
      resolve({ line: socket, close: async () => void socket.destroy() });
    });
  });
}

/** Opens a tty, or a connection to one; rejects where there is none, or another holds it. A new object each time: an old one would send what waited. */
export async function openTty({ port: path, baud: baudRate }: Pick<ModemOptions, 'port' | 'baud'>): Promise<OpenLine> {
  const [, host, port_] = ON_NETWORK.exec(path) ?? [];
  if (host !== undefined) return connectTo(host, Number(port_));
  // Its native part is loaded with the first modem.
  const { SerialPort } = await import('serialport');
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error === null ? resolve() : reject(error))));
  return {
    line: port,
    // One that was unplugged is closed already, which is told as an error.
    close: () => new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())),
  };
}
