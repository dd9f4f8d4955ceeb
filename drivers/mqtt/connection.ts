import type { Pace } from '../pace.ts';
import type { BrokerDevice, Claim } from './sign-in.ts';
import { isWithin, maySubscribe, reaches } from './topic.ts';

const MOST_FILTERS = 16;

/** A connection that has signed in as a device, and what it may do by the device as it is now. */
export class Connection {
  readonly claim: Claim;
  readonly pace: Pace;
  /** QoS 2 messages on their way to the rules, by their identifiers. */
  readonly onTheWay = new Set<number>();
  /** What it has subscribed to and was granted, and with which QoS. */
  readonly #filters = new Map<string, number>();
  #device: BrokerDevice;
  #isOver = false;

  constructor(device: BrokerDevice, claim: Claim, pace: Pace) {
    this.#device = device;
    this.claim = claim;
    this.pace = pace;
  }

  get device(): BrokerDevice {
    return this.#device;
  }

  /** It is to be closed: from here on nothing of it is taken, nor told to it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it goes on by what its device is now, `undefined` for nobody: all that it has subscribed to must be allowed still. */
  goesOnAs(device: BrokerDevice | undefined): boolean {
    const isAllowed = (filter: string) => device !== undefined && maySubscribe(device.topic, filter);
    if (device === undefined || ![...this.#filters.keys()].every(isAllowed)) this.#isOver = true;
    else this.#device = device;
    return !this.#isOver;
  }

  /** False for what it may not hear, and for one filter too many. */
  subscribe(filter: string, qos: number): boolean {
    if (this.#isOver || !maySubscribe(this.#device.topic, filter)) return false;
    if (!this.#filters.has(filter) && this.#filters.size >= MOST_FILTERS) return false;
    this.#filters.set(filter, qos);
    return true;
  }

  isGranted(filter: string): boolean {
    return this.#filters.has(filter);
  }

  unsubscribe(filter: string): void {
    this.#filters.delete(filter);
  }

  /** With which QoS it has asked for what is said on a topic [MQTT-3.8.4-6]; undefined if it has not. */
  hears(topic: string): number | undefined {
    const heard = [...this.#filters].filter(([filter]) => reaches(filter, topic));
    return heard.length === 0 ? undefined : Math.max(...heard.map(([, qos]) => qos));
  }

  /** A device hears what is said on its own topic. */
  mayHear(topic: string): boolean {
    return !this.#isOver && isWithin(topic, this.#device.topic);
  }
}
