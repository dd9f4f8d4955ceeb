import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program of the bench that tells what it did in a line each time it is asked. It ends with this. */
export class Told implements Disposable {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly (string | number)[], program = process.execPath) {
    this.process = spawn(program, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.process.stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  ask(): Promise<string> {
    this.process.stdin?.write('\n');
    return this.line();
  }

  [Symbol.dispose](): void {
    this.process.kill();
  }
}
