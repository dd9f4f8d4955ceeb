const LOOK_MS = 300;

/** Aborts when this process is told to end (SIGTERM, SIGINT), or when the one that started it is gone. */
export function lifetime(): AbortSignal {
  const controller = new AbortController();
  const end = (reason: string) => controller.abort(new Error(reason));
  process.once('SIGTERM', () => end('SIGTERM'));
  process.once('SIGINT', () => end('SIGINT'));
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid !== parent) end('the parent is gone');
  }, LOOK_MS);
  look.unref();
  controller.signal.addEventListener('abort', () => clearInterval(look));
  return controller.signal;
}

/** Resolves when the signal aborts; keeps the process alive until then. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 2 ** 30);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}

/** Runs until the signal aborts; what then rejects because of it is no error. */
export async function whileAlive(signal: AbortSignal, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
