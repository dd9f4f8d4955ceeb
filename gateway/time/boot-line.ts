import { readFileSync } from 'node:fs';

/** The line that never steps of one boot of the machine, which all processes of that boot share. */
export interface BootLine {
  /** Which boot. */
  readonly id: string;
  /** Milliseconds on its line. */
  now(): number;
}

/** That of this machine. Where the kernel does not name the boot, each process is taken for one of its own. */
export function openBootLine(): BootLine {
  let id: string;
  try {
    id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    id = `process ${process.pid} ${Date.now()}`;
  }
  return { id, now: () => Number(process.hrtime.bigint() / 1000n) / 1000 };
}
