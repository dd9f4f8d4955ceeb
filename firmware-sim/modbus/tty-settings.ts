import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a tty is set, as far as one that answers on it must know. */
export interface TtySettings {
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/** Reads how a tty is set, each time anew. */
export interface TtyReader extends AsyncDisposable {
  read(): Promise<TtySettings>;
}

/**
 * Asks as `stty -F` does (tcgetattr), in a process that stays, since starting one takes longer than an answer may. A Linux
 * pty forgets PARENB: parity is on where characters of a wrong one are dropped (INPCK).
 */
const SCRIPT = `
import os, sys, termios
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
bauds = {getattr(termios, n): int(n[1:]) for n in dir(termios) if n[0] == 'B' and n[1:].isdigit()}
for _ in sys.stdin:
    i, _, c, _, _, speed, _ = termios.tcgetattr(fd)
    checked = c & termios.PARENB or i & termios.INPCK
    parity = ('odd' if c & termios.PARODD else 'even') if checked else 'none'
    print(bauds.get(speed, 0), parity, 2 if c & termios.CSTOPB else 1, flush=True)
`;

/** Needs python3. Rejects when there is none, or the tty is not there. */
export async function openTtyReader(path: string): Promise<TtyReader> {
  const child = spawn('python3', ['-c', SCRIPT, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  let last: Promise<unknown> = Promise.resolve();
  const next = async (): Promise<TtySettings> => {
    child.stdin.write('\n');
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${path} cannot be read any more`);
    const [baud, parity, stopBits] = String(value).split(' ');
    return {
      baud: Number(baud),
      parity: parity === 'odd' || parity === 'even' ? parity : 'none',
      stopBits: stopBits === '2' ? 2 : 1,
    };
  };
  return {
    read() {
      const turn = last.then(next);
      last = turn.catch(() => {});
      return turn;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.on('error', () => {}).end();
      await ended;
    },
  };
}
