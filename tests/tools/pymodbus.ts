import { join } from 'node:path';
import { type Running, start } from './program.ts';

const SLAVE = join(import.meta.dirname, 'slave.py');

/** The pymodbus slave of `slave.py`. With `control`, a tty's registers can be written over TCP at that port. */
export const startSlave = (
  kind: 'tcp' | 'rtu-over-tcp' | 'rtu',
  where: string | number,
  ...control: number[]
): Running => start('/usr/bin/python3', [SLAVE, kind, ...[where, ...control].map(String)]);

/** A question of mbpoll's over the given kind of line, once, with all the patience that it has (in seconds). */
export async function mbpoll(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly said: string }> {
  await using program = start('mbpoll', ['-1', '-o', '10', ...args]);
  return { code: await program.ended(), said: program.output() };
}

/** Writes one holding register over TCP by mbpoll, which counts from 1. */
export async function writeRegister(port: number, unit: number, register: number, value: number): Promise<void> {
  const which = ['-m', 'tcp', '-p', String(port), '-a', String(unit), '-t', '4', '-r', String(register + 1)];
  const { code, said } = await mbpoll(...which, '127.0.0.1', String(value));
  if (code !== 0) throw new Error(`mbpoll ended with ${code}: ${said}`);
}
