import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import {
  encodeGet,
  encodeMonitor,
  type GpioCall,
  type GpiodVersion,
  parseEdge,
  parseLevels,
  parseVersion,
} from './gpio-tools.ts';
import { runProgram } from './program.ts';
import { CABINET_CODES, type Failed, hasFailed, type Sample } from './sample.ts';

export interface GpioOptions extends GpioCall {
  /** A line's level counts once it has stayed so long, ms. */
  readonly debounceMs: ReadonlyMap<number, number>;
  readonly wire: Clock;
  readonly timeoutMs: number;
  /** A line has another level, or none any more, or one again. */
  readonly changed: (line: number) => void;
}

/**
 * The shell ends gpiomon when its own input ends, so that nothing holds the lines however this process dies: a gpiomon
 * that was left behind would keep the next start from them.
 */
const SHELL =
  'exec 3<&0; "$@" </dev/null 3<&- & child=$!; trap "kill $child" TERM; { read -r line <&3; kill $child; } 2>/dev/null & ' +
  'wait $child; status=$?; kill $! 2>/dev/null; exit $status';
/** Between the reading of the levels and the first edge that is seen there is a gap: so often it is made good. */
const RESYNC_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const MOST_RETRY_MS = 60_000;

/** The levels of some lines of one chip: read once by gpioget, then kept by gpiomon's edges, debounced. Tries for ever. */
export class GpioLines implements AsyncDisposable {
  readonly #options: GpioOptions;
  readonly #levels = new Map<number, 0 | 1>();
  readonly #settling = new Map<number, () => void>();
  readonly #closing = new AbortController();
  #failed: Failed | undefined;
  #version: GpiodVersion | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Edges that were seen, and monitors that were started. */
  readonly counts = { edges: 0, monitors: 0 };

  constructor(options: GpioOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** A line's settled level; undefined before the first one is known. */
  sample(line: number): Sample | undefined {
    if (this.#failed !== undefined) return this.#failed;
    const level = this.#levels.get(line);
    return level === undefined ? undefined : { raw: level };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#unsettle();
    await this.#running;
  }

  async #run(): Promise<void> {
    const backoff = new Backoff({ firstMs: FIRST_RETRY_MS, mostMs: MOST_RETRY_MS });
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const failed = (await this.#look()) ?? (await this.#monitor(() => backoff.reset()));
      if (failed === undefined || signal.aborted) continue;
      this.#fail(failed);
      await this.#options.wire.sleep(backoff.next(), signal).catch(() => {});
    }
  }

  /** The levels as they are. */
  async #look(): Promise<Failed | undefined> {
    const { lines, timeoutMs } = this.#options;
    if (this.#version === undefined) {
      const printed = await runProgram('gpioget', ['--version'], timeoutMs, this.#closing.signal);
      if (hasFailed(printed)) return printed;
      this.#version = parseVersion(printed.stdout);
      if (this.#version === undefined) return wrong('gpioget is of a version that is not known here');
    }
    const printed = await runProgram(
      'gpioget',
      encodeGet(this.#version, this.#options),
      timeoutMs,
      this.#closing.signal,
    );
    if (hasFailed(printed)) return printed;
    const levels = parseLevels(printed.stdout, lines.length);
    if (levels === undefined) return wrong(`gpioget printed what is no level: ${printed.stdout.slice(0, 80)}`);
    this.#failed = undefined;
    this.#unsettle();
    for (const [index, line] of lines.entries()) this.#settle(line, levels[index] ?? 0);
    return undefined;
  }

  /** Follows the edges until it is time to look again; what made it end before. `ran`: it has held the lines. */
  async #monitor(ran: () => void): Promise<Failed | undefined> {
    const { signal } = this.#closing;
    if (signal.aborted || this.#version === undefined) return undefined;
    const args = ['gpiomon', ...encodeMonitor(this.#version, this.#options)];
    const child = spawn('/bin/sh', ['-c', SHELL, 'sh', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.counts.monitors++;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, 500);
    });
    createInterface({ input: child.stdout }).on('line', (text) => this.#edge(text));
    let isAsked = false;
    const end = () => {
      isAsked = true;
      child.stdin.end();
    };
    // Its pipe is closed before it is read when gpiomon ends first.
    child.stdin.on('error', () => {});
    const cancel = this.#options.wire.after(RESYNC_MS, () => {
      ran();
      end();
    });
    signal.addEventListener('abort', end);
    const code = await endOf(child);
    signal.removeEventListener('abort', end);
    cancel();
    if (isAsked) return undefined;
    return wrong(`gpiomon ended with ${code}: ${said.trim().split('\n')[0] ?? ''}`);
  }

  #edge(text: string): void {
    const edge = parseEdge(text);
    if (edge === undefined || !this.#options.lines.includes(edge.line)) return;
    this.counts.edges++;
    const { line, level } = edge;
    this.#settling.get(line)?.();
    const wait = this.#options.debounceMs.get(line) ?? 0;
    this.#settling.set(
      line,
      this.#options.wire.after(wait, () => {
        this.#settling.delete(line);
        this.#settle(line, level);
      }),
    );
  }

  #settle(line: number, level: 0 | 1): void {
    if (this.#levels.get(line) === level) return;
    this.#levels.set(line, level);
    this.#options.changed(line);
  }

  #unsettle(): void {
    for (const cancel of this.#settling.values()) cancel();
    this.#settling.clear();
  }

  #fail(failed: Failed): void {
    this.#unsettle();
    this.#levels.clear();
    this.#failed = failed;
    for (const line of this.#options.lines) this.#options.changed(line);
  }
}

const wrong = (error: string): Failed => ({ code: CABINET_CODES.program, error });

async function endOf(child: ChildProcess): Promise<number | string> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return code ?? signal ?? 'nothing';
  } catch (error) {
    return String(error);
  }
}
