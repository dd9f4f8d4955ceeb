import { extname } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import { codeOf, Fault, textOf } from './fault.ts';

/** What a thread can be asked: each takes and gives what can be cloned, and answers before it takes the next. */
// `never` arguments, so that functions of any arguments fit.
export type Calls = Record<string, (...args: never[]) => unknown>;

/**
 * A worker thread that answers calls in their order. It is started by the first call, and again by the first one
 * after it died. Calls that it had not answered when it died reject with the Fault `thread-died`: whether they
 * were carried out is not known.
 */
export interface Thread<C extends Calls> extends AsyncDisposable {
  call<K extends keyof C & string>(
    name: K,
    args: Parameters<C[K]>,
    transfer?: readonly ArrayBuffer[],
  ): Promise<Awaited<ReturnType<C[K]>>>;
}

export interface ThreadOptions {
  readonly name: string;
  /** Given to the thread as `workerData`. */
  readonly data: unknown;
  /** MB of JavaScript heap at which the thread dies rather than the process. */
  readonly heapMb?: number;
  /** Called with each worker as it is started: how a test ends one. */
  readonly onWorker?: ((worker: Worker) => void) | undefined;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly fault: { code: string; message: string; hint: string | undefined } };

interface Pending {
  // `any` result: the names of the calls say what it is.
  resolve(result: unknown): void;
  reject(error: Fault): void;
}

/** The file `name` beside the module at `base`, in the language that runs: `.ts` from a checkout, `.js` in dist. */
export const threadUrl = (base: string, name: string): URL =>
  new URL(`./${name}${extname(new URL(base).pathname)}`, base);

export function openThread<C extends Calls>(url: URL, options: ThreadOptions): Thread<C> {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let nextId = 1;

  const start = (): Worker => {
    const started = new Worker(url, {
      name: options.name,
      workerData: options.data,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMb ?? 256, maxYoungGenerationSizeMb: 16 },
    });
    let why = 'it was ended';
    started.on('error', (error) => {
      why = textOf(error);
    });
    started.on('message', (reply: Reply) => {
      const caller = pending.get(reply.id);
      pending.delete(reply.id);
      if ('result' in reply) caller?.resolve(reply.result);
      else caller?.reject(new Fault(reply.fault.code, reply.fault.message, optionalHint(reply.fault.hint)));
    });
    started.on('exit', () => {
      worker = undefined;
      const lost = [...pending.values()];
      pending.clear();
      for (const caller of lost) caller.reject(new Fault('thread-died', `the ${options.name} thread died: ${why}`));
    });
    options.onWorker?.(started);
    return started;
  };

  return {
    call: (name, args, transfer = []) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        const question: Question = { id: nextId++, name, args };
        // The result is of the call's own type: `serveThread` answers with what the function of that name gave.
        pending.set(question.id, { resolve: resolve as Pending['resolve'], reject });
        worker.postMessage(question, transfer);
      }),
    async [Symbol.asyncDispose]() {
      await worker?.terminate();
    },
  };
}

/** Answers this thread's calls; run once by the thread's own file. A Fault that is thrown is the caller's. */
export function serveThread<C extends Calls>(calls: C): void {
  if (parentPort === null) throw new Error('not in a worker thread');
  const port = parentPort;
  const answer = (reply: Reply) => port.postMessage(reply);
  /** The call that is not answered yet. */
  let running: Promise<void> | undefined;
  const take = ({ id, name, args }: Question): Promise<void> | undefined => {
    const failed = (error: unknown) => answer({ id, fault: faultOf(error) });
    try {
      // The caller's types are those of `calls`.
      const result = calls[name]?.(...(args as never[]));
      if (result instanceof Promise) return result.then((given) => answer({ id, result: given })).catch(failed);
      answer({ id, result });
    } catch (error) {
      failed(error);
    }
    return undefined;
  };
  port.on('message', (question: Question) => {
    if (running === undefined) running = take(question);
    else running = running.then(() => take(question));
    const last = running;
    void last?.then(() => {
      if (running === last) running = undefined;
    });
  });
}

const faultOf = (error: unknown) => ({
  code: codeOf(error) ?? 'thread-failed',
  message: textOf(error),
  hint: error instanceof Fault ? error.hint : undefined,
});

const optionalHint = (hint: string | undefined) => (hint === undefined ? {} : { hint });
