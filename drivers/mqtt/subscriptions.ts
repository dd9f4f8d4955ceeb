import type { MqttClient } from 'mqtt';

const FILTERS_A_PACKET = 100;
/** SUBACK return code of a refusal, MQTT 3.1.1 section 3.9.3. */
const REFUSED = 0x80;

export interface SubscriptionEvents {
  /** All that is wanted has been asked for, and answered. `refused` are those of it that were refused since the last time. */
  settled(refused: readonly string[]): void;
  /** The broker refuses all that is wanted. */
  refused(): void;
  failed(error: Error): void;
}

/**
 * What one connection to a broker is subscribed to: each wanted filter once, whatever was wanted before. What is new is asked
 * for before the rest is given back, so that nobody whose topic both reach goes unheard in between.
 */
export class Subscriptions {
  readonly #client: MqttClient;
  readonly #events: SubscriptionEvents;
  /** Filters that were asked for, and whether they were granted. */
  readonly #asked = new Map<string, boolean>();
  #wanted: ReadonlySet<string> = new Set();
  #isAtWork = false;

  constructor(client: MqttClient, events: SubscriptionEvents) {
    this.#client = client;
    this.#events = events;
  }

  /** From now on these and no others. */
  follow(filters: readonly string[]): void {
    this.#wanted = new Set(filters);
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    this.#work().then(
      () => {},
      (error: Error) => this.#events.failed(error),
    );
  }

  async #work(): Promise<void> {
    const refused: string[] = [];
    for (;;) {
      const missing = [...this.#wanted].filter((filter) => !this.#asked.has(filter)).slice(0, FILTERS_A_PACKET);
      const needless = [...this.#asked.keys()].filter((filter) => !this.#wanted.has(filter)).slice(0, FILTERS_A_PACKET);
      if (missing.length > 0) refused.push(...(await this.#subscribe(missing)));
      else if (needless.length > 0) await this.#unsubscribe(needless);
      else break;
    }
    this.#isAtWork = false;
    const isRefused = (filter: string) => this.#asked.get(filter) === false;
    if (this.#wanted.size > 0 && [...this.#wanted].every(isRefused)) this.#events.refused();
    else this.#events.settled(refused);
  }

  async #subscribe(filters: string[]): Promise<string[]> {
    const codes = await new Promise<readonly unknown[]>((resolve, reject) =>
      // One refusal is an error of the whole packet there; its codes tell which.
      this.#client.subscribe(filters, { qos: 1 }, (error, _, packet) => {
        if (error && packet === undefined) reject(error);
        else resolve(packet?.granted ?? []);
      }),
    );
    for (const [index, filter] of filters.entries()) this.#asked.set(filter, codes[index] !== REFUSED);
    return filters.filter((_, index) => codes[index] === REFUSED);
  }

  async #unsubscribe(filters: string[]): Promise<void> {
    const granted = filters.filter((filter) => this.#asked.get(filter) === true);
    if (granted.length > 0) await this.#client.unsubscribeAsync(granted);
    for (const filter of filters) this.#asked.delete(filter);
  }
}
