import type { Duplex } from 'node:stream';
import type { ModemOptions } from './modem-options.ts';

/** A line that is open. `close` gives it free for others; destroying the stream would not. */
export interface OpenLine {
  readonly line: Duplex;
  close(): Promise<void>;
}

/** Opens a tty; rejects where there is none, or another holds it. A new object each time: an old one would send what waited. */
export async function openTty({ port: path, baud: baudRate }: Pick<ModemOptions, 'port' | 'baud'>): Promise<OpenLine> {
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
