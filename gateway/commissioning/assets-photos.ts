import { hash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, Fault } from '#kit/fault.ts';
import { replaceFile } from '#kit/replace-file.ts';

/** How much is kept. */
export interface PhotoLimits {
  /** Of one photo. */
  readonly bytes: number;
  /** Photos of one device. */
  readonly ofDevice: number;
  /** Bytes of all. */
  readonly inAll: number;
  /** At that bound the oldest go; without it nothing more is taken. */
  readonly isRing?: boolean;
}

export const PHOTO_LIMITS: PhotoLimits = { bytes: 5 * 2 ** 20, ofDevice: 20, inAll: 500 * 2 ** 20 };

const TYPES = { jpg: 'image/jpeg', png: 'image/png' } as const;
const NAME = /^(\d{13})-[0-9a-f]{16}\.(jpg|png)$/;

export interface Photo {
  readonly name: string;
  readonly type: 'image/jpeg' | 'image/png';
  readonly bytes: number;
  /** When it was taken in, UTC milliseconds. */
  readonly at: number;
}

/** JPEG and PNG by their first bytes (ISO 10918-1, B.1.1.3; PNG third edition, 5.2), whatever they are called. */
function endingOf(bytes: Uint8Array): keyof typeof TYPES {
  const starts = (...first: number[]) => first.every((byte, i) => bytes[i] === byte);
  if (starts(0xff, 0xd8, 0xff)) return 'jpg';
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  throw new Fault('not-a-photo', 'this is neither JPEG nor PNG', { hint: 'take it as JPEG, or save it so' });
}

/** Refuses what is too large, before it is read. */
export function checkPhotoSize(bytes: number, most = PHOTO_LIMITS.bytes): void {
  if (bytes <= most) return;
  const size = `${(bytes / 2 ** 20).toFixed(1)} MB`;
  throw new Fault('too-large', `the photo has ${size}; at most ${most / 2 ** 20} MB are taken`, {
    hint: 'make it smaller: a width of 1600 is enough to read a plate',
  });
}

/** Photos of devices as they were put up, in the data directory. They stay when a device leaves the site. */
export class Photos {
  readonly #dir: string;
  readonly #most: PhotoLimits;
  #turn: Promise<unknown> = Promise.resolve();

  /** `data`: the gateway's data directory. A device's id is safe as a name of a folder. */
  constructor(data: string, most: PhotoLimits = PHOTO_LIMITS) {
    this.#dir = join(data, 'assets');
    this.#most = most;
  }

  /** Oldest first. */
  async list(device: string): Promise<Photo[]> {
    const names = await namesIn(join(this.#dir, device));
    const found = names.sort().map(async (name): Promise<Photo[]> => {
      const [, at, ending] = NAME.exec(name) ?? [];
      const size = (await stat(join(this.#dir, device, name)).catch(() => undefined))?.size;
      if (size === undefined || (ending !== 'jpg' && ending !== 'png')) return [];
      return [{ name, type: TYPES[ending], bytes: size, at: Number(at) }];
    });
    return (await Promise.all(found)).flat();
  }

  /**
   * Takes one in; the same one again is the one that is there. Throws the Faults `too-large`, `not-a-photo`,
   * `too-many-photos`.
   */
  add(device: string, bytes: Uint8Array, at: number): Promise<Photo> {
    const adding = this.#turn.then(() => this.#add(device, bytes, at));
    this.#turn = adding.catch(() => undefined);
    return adding;
  }

  async read(device: string, name: string): Promise<{ readonly type: Photo['type']; readonly bytes: Uint8Array }> {
    const found = (await this.list(device)).find((each) => each.name === name);
    if (found === undefined) throw new Fault('no-photo', `${device} has no photo ${name}`);
    return { type: found.type, bytes: await readFile(join(this.#dir, device, name)) };
  }

  async remove(device: string, name: string): Promise<void> {
    await this.read(device, name);
    await rm(join(this.#dir, device, name));
  }

  async #add(device: string, bytes: Uint8Array, at: number): Promise<Photo> {
    checkPhotoSize(bytes.length, this.#most.bytes);
    const ending = endingOf(bytes);
    const digest = hash('sha256', bytes, 'hex').slice(0, 16);
    const present = await this.list(device);
    const same = present.find(({ name }) => name.includes(`-${digest}.`));
    if (same !== undefined) return same;
    if (present.length >= this.#most.ofDevice) {
      const hint = 'take one away first';
      throw new Fault('too-many-photos', `${device} has ${present.length} photos, the most there can be`, { hint });
    }
    if (!(await this.#makeRoom(bytes.length))) {
      throw new Fault('too-many-photos', `the photos of all devices have ${this.#most.inAll / 2 ** 20} MB already`);
    }
    const name = `${String(at).padStart(13, '0')}-${digest}.${ending}`;
    await mkdir(join(this.#dir, device), { recursive: true, mode: 0o700 });
    await replaceFile(join(this.#dir, device, name), bytes);
    return { name, type: TYPES[ending], bytes: bytes.length, at };
  }

  /** Whether so many bytes more may be kept; where the oldest go, they are gone then. */
  async #makeRoom(bytes: number): Promise<boolean> {
    const devices = await namesIn(this.#dir);
    const lists = devices.map(async (device) => (await this.list(device)).map((photo) => ({ device, ...photo })));
    const photos = (await Promise.all(lists)).flat().sort((a, b) => a.at - b.at);
    let over = photos.reduce((sum, photo) => sum + photo.bytes, bytes) - this.#most.inAll;
    if (over <= 0) return true;
    if (this.#most.isRing !== true) return false;
    for (const photo of photos) {
      if (over <= 0) break;
      await rm(join(this.#dir, photo.device, photo.name));
      over -= photo.bytes;
    }
    return over <= 0;
  }
}

async function namesIn(dir: string): Promise<string[]> {
  return await readdir(dir).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  });
}
