import { execFile } from 'node:child_process';
import { codeOf, Fault } from '#kit/fault.ts';
import type { SerialSettings } from '../driver.ts';

/** What a pty, and some adapters, say when they have no parity of their own: the rest is set. */
const IN_PART = /unable to perform all requested operations/;
const WITHIN_MS = 2000;

/**
 * Sets an open tty as a whole; `serialport` can change only the baud rate of one. `isStrict`: characters of a wrong parity
 * are dropped.
 */
export function setTty(
  path: string,
  { baud, parity, dataBits, stopBits }: SerialSettings,
  isStrict: boolean,
): Promise<Fault | undefined> {
  const words = [
    String(baud),
    `cs${dataBits}`,
    ...(parity === 'none' ? ['-parenb', '-parodd'] : ['parenb', parity === 'odd' ? 'parodd' : '-parodd']),
    stopBits === 2 ? 'cstopb' : '-cstopb',
    isStrict && parity !== 'none' ? 'inpck' : '-inpck',
  ];
  return new Promise((resolve) => {
    const options = { timeout: WITHIN_MS, env: { ...process.env, LC_ALL: 'C' } };
    execFile('stty', ['-F', path, ...words], options, (error, _, said) => {
      if (error === null || IN_PART.test(said)) return resolve(undefined);
      const why = codeOf(error) === 'ENOENT' ? 'there is no program stty' : said.trim() || error.message;
      resolve(new Fault('modbus-settings', `${path} does not take ${words.join(' ')}: ${why}`, { cause: error }));
    });
  });
}
