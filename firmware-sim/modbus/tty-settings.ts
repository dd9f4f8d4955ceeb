import { execFile } from 'node:child_process';

/** How a tty is set, as far as one that answers on it must know. */
export interface TtySettings {
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/**
 * What `stty -F` says of a tty. A Linux pty forgets PARENB, so that parity is on where wrong parity is dropped (inpck), and
 * odd or even as parodd says. Rejects when the tty is gone.
 */
export function readTty(path: string): Promise<TtySettings> {
  return new Promise((resolve, reject) => {
    execFile('stty', ['-F', path, '-a'], { env: { ...process.env, LC_ALL: 'C' } }, (error, text) => {
      if (error !== null) return reject(error);
      const has = (word: string) => new RegExp(`(^|\\s)${word}(\\s|;|$)`, 'm').test(text);
      resolve({
        baud: Number(/speed (\d+) baud/.exec(text)?.[1]),
        parity: !(has('parenb') || has('inpck')) ? 'none' : has('parodd') ? 'odd' : 'even',
        stopBits: has('cstopb') ? 2 : 1,
      });
    });
  });
}
