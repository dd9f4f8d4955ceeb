import type { LinkContext } from '../driver.ts';
import { lookUp } from '../json-path.ts';
import type { UntimedReading } from '../reading.ts';
import type { Silence } from '../silence.ts';
import { UnknownDevices } from '../unknown-devices.ts';
import { type DeviceReader, type Item, idAt } from './device-reader.ts';
import { DeviceTable, type Misshape } from './device-table.ts';
import type { Handoff } from './handoff.ts';
import type { HeldStates } from './held-states.ts';
import type { Message } from './parse-body.ts';
import { parseTextPicture, type RawPicture } from './picture.ts';
import type { PictureStore } from './picture-store.ts';
import type { Taken } from './push-handler.ts';
import type { Claim, Seen } from './seen.ts';

/** Counter of each flaw of a message. */
const FLAWS = {
  'no-points': 'noPoints',
  'device-time': 'badDeviceTimes',
  payload: 'badPayloads',
} as const;

const REMEDIES: Readonly<Record<Misshape, string>> = {
  'is-list': 'it pushes a list of messages: give its model each: $',
  'no-list':
    'its model looks for messages at each, where there are none: give each the path of the list, or leave it out',
};

export interface IntakeParts {
  readonly handoff: Handoff;
  readonly held: HeldStates;
  readonly silence: Silence;
  readonly pictures: PictureStore;
  readonly seen: Pick<Seen, 'claim'>;
}

/** What one message of one device gives. */
interface Given {
  readonly device: DeviceReader;
  readonly readings: readonly UntimedReading[];
  readonly picture: RawPicture | undefined;
}

/** A message that had not come before. */
interface Fresh {
  readonly device: DeviceReader;
  readonly item: Item;
}

/** From a message, pushed or pulled, to readings that have been handed on. */
export class Intake {
  #table: DeviceTable;
  readonly #clock: LinkContext['clock'];
  readonly #log: LinkContext['log'];
  readonly #parts: IntakeParts;
  /** By the device's id; as many as there are devices. `isOver`: something could be read since. */
  readonly #misshaped = new Map<string, { readonly why: Misshape; readonly isOver: boolean }>();
  readonly unknown: UnknownDevices;
  readonly counts = {
    messages: 0,
    duplicates: 0,
    foreign: 0,
    noIdentity: 0,
    badPayloads: 0,
    noPoints: 0,
    misshaped: 0,
    badDeviceTimes: 0,
    badPictures: 0,
  };

  constructor(
    devices: readonly DeviceReader[],
    { clock, log }: Pick<LinkContext, 'clock' | 'log'>,
    parts: IntakeParts,
  ) {
    this.#table = new DeviceTable(devices);
    this.#clock = clock;
    this.#log = log;
    this.#parts = parts;
    this.unknown = new UnknownDevices();
  }

  /** What comes from now on is of these devices; `joining` are no strangers any more, `ended` are gone or otherwise. */
  change(table: DeviceTable, joining: readonly DeviceReader[], ended: readonly DeviceReader[]): void {
    this.#table = table;
    for (const { id } of ended) this.#misshaped.delete(id);
    for (const { identity } of joining) this.unknown.forget(identity);
  }

  /** Why nothing can be read of what a device pushed last; undefined while it can. */
  misshapeOf(device: string): Misshape | undefined {
    const misshaped = this.#misshaped.get(device);
    return misshaped?.isOver === false ? misshaped.why : undefined;
  }

  async take(message: Message, from: string | undefined, pathIdentity: string | undefined): Promise<Taken> {
    const { found, misshaped, unknown, isTooLong, isEmpty } = this.#table.find(message.tree, pathIdentity);
    if (isTooLong) return { is: 'too-long' };
    for (const [identity, sent] of unknown) {
      this.counts.foreign++;
      this.unknown.hear(identity, this.#clock.now(), {
        ...(from === undefined ? {} : { from }),
        sample: sampleOf(sent),
      });
    }
    for (const [{ id }, why] of misshaped) this.#tellMisshape(id, why);
    if (found.length + misshaped.size + unknown.size === 0 && !isEmpty) {
      this.counts.noIdentity++;
      return { is: 'no-identity' };
    }
    if (message.isPictureBad) this.counts.badPictures++;
    using claims = new DisposableStack();
    const sorted = this.#sort(found, claims);
    if (sorted === undefined) return { is: 'later' };
    const { fresh, claimed } = sorted;
    const duplicates = found.length - fresh.length;
    // A picture beside several devices' messages is of nobody knows which.
    const beside = fresh.length === 1 ? message.picture : undefined;
    const given = fresh.map(({ device, item }) => this.#read(device, item, beside));
    const readings = given.flatMap((each) => each.readings);
    // Nothing to hand on is handed on.
    const at = readings.length === 0 ? this.#clock.now() : await this.#parts.handoff.offer(readings);
    if (at === undefined) return { is: 'later' };
    for (const claim of claimed) claim.keep();
    for (const { device, picture } of given) {
      if (picture !== undefined) this.#parts.pictures.keep(device.id, at, picture);
    }
    this.counts.messages += given.length;
    this.counts.duplicates += duplicates;
    return { is: 'taken', readings: readings.length, duplicates, unknown: unknown.size };
  }

  /** The messages that had not come before, each of which is claimed; undefined while another push of one of them is being taken. */
  #sort(
    found: readonly Fresh[],
    claims: DisposableStack,
  ): { readonly fresh: readonly Fresh[]; readonly claimed: readonly Claim[] } | undefined {
    const own = new Set<string>();
    const fresh: Fresh[] = [];
    const claimed: Claim[] = [];
    for (const each of found) {
      const once = onceOf(each.device, each.item);
      if (once !== undefined) {
        // Twice in one push.
        if (own.has(once)) continue;
        const claim = this.#parts.seen.claim('message', once);
        if (claim === 'taken') continue;
        if (claim === 'being-taken') return undefined;
        own.add(once);
        claimed.push(claims.use(claim));
      }
      fresh.push(each);
    }
    return { fresh, claimed };
  }

  #read(device: DeviceReader, item: Item, beside: RawPicture | undefined): Given {
    const { readings, held, flaw } = device.read(item, this.#clock.now());
    if (flaw === 'is-list') {
      this.#tellMisshape(device.id, flaw);
      return { device, readings: [], picture: undefined };
    }
    const misshaped = this.#misshaped.get(device.id);
    if (misshaped !== undefined) this.#misshaped.set(device.id, { ...misshaped, isOver: true });
    if (flaw !== undefined) this.counts[FLAWS[flaw]]++;
    const all = [...readings, ...this.#parts.held.take(device.points, held)];
    const tick = this.#clock.tick();
    for (const { point } of all) this.#parts.silence.heard(point, tick);
    return { device, readings: all, picture: beside ?? this.#pictureOf(device, item) };
  }

  /** Logged once: some devices push now what can be read, and now what cannot. */
  #tellMisshape(device: string, why: Misshape): void {
    this.counts.misshaped++;
    const isTold = this.#misshaped.get(device)?.why === why;
    this.#misshaped.set(device, { why, isOver: false });
    if (isTold) return;
    this.#log.warn({ device, code: why, hint: REMEDIES[why] }, 'http: nothing can be read of what a device pushes');
  }

  #pictureOf({ pictureAt }: DeviceReader, { tree }: Item): RawPicture | undefined {
    const text = pictureAt === undefined ? undefined : lookUp(tree, pictureAt);
    if (typeof text !== 'string' || text === '') return undefined;
    const picture = parseTextPicture(text);
    if (picture === undefined) this.counts.badPictures++;
    return picture;
  }
}

const onceOf = ({ id, messageAt }: DeviceReader, item: Item): string | undefined => {
  const message = messageAt === undefined ? undefined : idAt(item, messageAt);
  return message === undefined ? undefined : `${id} ${message}`;
};

const SECRET_NAME = /pass|pwd|secret|token|sign(?:ature)?$|api_?key/i;

/** The beginning of what a stranger sent, without the long texts in it, which are pictures or tokens, and what is called a secret. */
function sampleOf(sent: unknown): string {
  const short = (name: string, value: unknown) =>
    SECRET_NAME.test(name) || (typeof value === 'string' && value.length > 32) ? '…' : value;
  const hint = Array.isArray(sent) ? 'a list, its model needs each: $ ' : '';
  return `${hint}${JSON.stringify(sent, short) ?? ''}`.slice(0, 200);
}
