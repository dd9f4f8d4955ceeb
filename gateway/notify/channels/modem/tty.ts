import type { Duplex } from 'node:stream';
import type { ModemOptions } from './modem-options.ts';

/** Opens a tty; rejects where there is none, or another holds it. A new object each time: an old one would send what waited. */
export async function openTty({ port: path, baud: baudRate }: Pick<ModemOptions, 'port' | 'baud'>): Promise<Duplex> {
  // Its native part is loaded with the first modem.
  const { SerialPort } = await import('serialport');
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error === null ? resolve() : reject(error))));
  return port;
}
