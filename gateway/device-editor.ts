import type { Clock } from '#kit/clock.ts';
import { openThread, type Thread, threadUrl } from '#kit/thread.ts';
import type { DeviceEditCalls } from './device-edit-thread.ts';

/** An installer's next device comes within minutes; a box has no memory to spare for a thread that waits longer. */
const IDLE_MS = 120_000;

/** Changes of a site's files, worked out by a thread that is there while it is asked for. */
export class DeviceEditor implements AsyncDisposable {
  readonly #wire: Clock;
  #thread: Thread<DeviceEditCalls> | undefined;
  #cancel: () => void = () => {};

  constructor(wire: Clock) {
    this.#wire = wire;
  }

  /** One at a time: whoever asks holds the site meanwhile. */
  async call<K extends keyof DeviceEditCalls>(
    name: K,
    args: Parameters<DeviceEditCalls[K]>,
  ): Promise<ReturnType<DeviceEditCalls[K]>> {
    this.#cancel();
    this.#thread ??= openThread(threadUrl(import.meta.url, 'device-edit-thread'), { name: 'device-edit', data: null });
    try {
      return await this.#thread.call(name, args);
    } finally {
      this.#cancel = this.#wire.after(IDLE_MS, () => void this.#end());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#end();
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.[Symbol.asyncDispose]();
  }
}
