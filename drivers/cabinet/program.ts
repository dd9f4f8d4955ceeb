import { execFile } from 'node:child_process';
import { READING_CODES } from '../reading.ts';
import { CABINET_CODES, type Failed } from './sample.ts';

/** The Debian package that brings a program. */
const PACKAGES: Readonly<Record<string, string>> = { gpiomon: 'gpiod', gpioget: 'gpiod', mmcli: 'modemmanager' };
const MOST_BYTES = 256 * 1024;

export interface Printed {
  readonly stdout: string;
}

/** Runs a program of the system to its end and gives what it printed. It is ended with the signal, or after `timeoutMs`. */
export function runProgram(
  name: string,
  args: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Printed | Failed> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES, signal } as const;
    execFile(name, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout });
      else if (error.code === 'ENOENT') resolve(missing(name));
      else if (error.killed) resolve({ code: READING_CODES.noAnswer, error: `${name} took over ${timeoutMs} ms` });
      else resolve({ code: CABINET_CODES.program, error: `${name}: ${firstLine(stderr) || error.message}` });
    });
  });
}

const missing = (name: string): Failed => ({
  code: CABINET_CODES.noProgram,
  error: `${name} is not installed: apt-get install ${PACKAGES[name] ?? name}`,
});

const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 200) ?? '';
