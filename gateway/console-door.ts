import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#kit/clock.ts';
import type { Listen } from '../config/site.ts';
import type { OpenApi } from './api/open-api.ts';
import type { Role } from './ledger/accounts.ts';

/** Whoever asked through the old address for it to be moved has the answer by then. */
const CLOSE_AFTER_MS = 1000;

/** A move that has been made ready: disposed of without `done`, it has not taken place. */
export interface Move extends AsyncDisposable {
  done(): void;
}

/** Where the console and the API are reached; it can move to another address while it is open. */
export class ConsoleDoor implements AsyncDisposable {
  readonly #openAt: (listen: Listen) => Promise<OpenApi>;
  readonly #wire: Clock;
  readonly #closing = new Map<OpenApi, () => void>();
  #listen: Listen;
  #api: OpenApi;

  private constructor(listen: Listen, api: OpenApi, openAt: (listen: Listen) => Promise<OpenApi>, wire: Clock) {
    this.#listen = listen;
    this.#api = api;
    this.#openAt = openAt;
    this.#wire = wire;
  }

  /** Throws the Fault `listen` where the address cannot be had. */
  static async open(listen: Listen, openAt: (listen: Listen) => Promise<OpenApi>, wire: Clock): Promise<ConsoleDoor> {
    return new ConsoleDoor(listen, await openAt(listen), openAt, wire);
  }

  get url(): string {
    return this.#api.url;
  }

  invite(role: Role): Promise<string> {
    return this.#api.invite(role);
  }

  /** Opens it at another address, beside the present one. Throws the Fault `listen` where that cannot be had. */
  async moveTo(listen: Listen): Promise<Move> {
    if (isDeepStrictEqual(listen, this.#listen)) return { done() {}, async [Symbol.asyncDispose]() {} };
    const opened = await this.#openAt(listen);
    return {
      done: () => {
        this.#closeLater(this.#api);
        this.#api = opened;
        this.#listen = listen;
      },
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cancel of this.#closing.values()) cancel();
    await Promise.all([this.#api, ...this.#closing.keys()].map((api) => api[Symbol.asyncDispose]()));
  }

  #closeLater(old: OpenApi): void {
    const cancel = this.#wire.after(CLOSE_AFTER_MS, () => {
      this.#closing.delete(old);
      void old[Symbol.asyncDispose]();
    });
    this.#closing.set(old, cancel);
  }
}
