import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from '#kit/fault.ts';
import { replaceFile } from '#kit/replace-file.ts';
import type { Picture } from '../driver.ts';
import type { RawPicture } from './picture.ts';

/** Pictures that wait for the card; more are not kept. Each is at most 2 MB. */
const MOST_WAITING = 8;

const ENDINGS = { 'image/jpeg': 'jpg', 'image/png': 'png' } as const;
const FILE = /^(\d{1,15})\.(jpg|png)$/;

interface Kept {
  readonly device: string;
  readonly at: number;
  readonly type: Picture['type'];
  readonly bytes: number;
}

export interface PictureBounds {
  /** Of one device. */
  readonly keep: number;
  readonly maxBytes: number;
}

/**
 * The last pictures of each device, one file each: `DEVICE/AT.jpg`. The oldest go first, of the device at its own bound and of
 * all at the bound in bytes. What fails is counted and told, and never keeps a reading from being handed on.
 */
export class PictureStore implements AsyncDisposable {
  readonly #dir: string;
  readonly #bounds: PictureBounds;
  /** Oldest first. */
  readonly #kept = new Map<string, Kept[]>();
  #bytes = 0;
  #waiting = 0;
  /** One thing after the other; begins with what is there from before. */
  #work: Promise<void>;
  readonly counts = { pictures: 0, picturesDropped: 0 };
  /** Why the last picture could not be kept. */
  fault: string | undefined;

  constructor(dir: string, bounds: PictureBounds) {
    this.#dir = dir;
    this.#bounds = bounds;
    this.#work = this.#try(() => this.#find());
  }

  /** Keeps it, not at once. `at` is that of its reading. */
  keep(device: string, at: number, { type, bytes }: RawPicture): void {
    if (this.#waiting >= MOST_WAITING) {
      this.counts.picturesDropped++;
      return;
    }
    this.#waiting++;
    this.#work = this.#work.then(async () => {
      await this.#try(() => this.#write({ device, at, type, bytes: bytes.length }, bytes));
      this.#waiting--;
    });
  }

  /** The last picture of a device at that time or before it; undefined if there is none, or it cannot be read any more. */
  async find(device: string, at: number): Promise<Picture | undefined> {
    await this.#work;
    const found = this.#kept.get(device)?.findLast((each) => each.at <= at);
    if (found === undefined) return undefined;
    try {
      return { type: found.type, at: found.at, bytes: await readFile(this.#pathOf(found)) };
    } catch (error) {
      this.fault = textOf(error);
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
  }

  #pathOf = ({ device, at, type }: Kept): string => join(this.#dir, device, `${at}.${ENDINGS[type]}`);

  async #try(run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.fault = undefined;
    } catch (error) {
      this.counts.picturesDropped++;
      this.fault = textOf(error);
    }
  }

  async #write(picture: Kept, bytes: Buffer): Promise<void> {
    const path = this.#pathOf(picture);
    await mkdir(join(this.#dir, picture.device), { recursive: true, mode: 0o700 });
    try {
      await replaceFile(path, bytes);
    } catch (error) {
      // What is cut short must not take the room of what is whole.
      await rm(`${path}.tmp`, { force: true });
      throw error;
    }
    this.counts.pictures++;
    this.#index(picture);
    await this.#makeRoom(picture.device);
  }

  #index(picture: Kept): void {
    const pictures = this.#kept.get(picture.device) ?? [];
    // The wall clock may have stepped back since the last one.
    const place = pictures.findLastIndex((each) => each.at <= picture.at);
    const same = pictures[place]?.at === picture.at ? pictures[place] : undefined;
    this.#bytes += picture.bytes - (same?.bytes ?? 0);
    pictures.splice(same === undefined ? place + 1 : place, same === undefined ? 0 : 1, picture);
    this.#kept.set(picture.device, pictures);
  }

  async #makeRoom(device: string): Promise<void> {
    while ((this.#kept.get(device)?.length ?? 0) > this.#bounds.keep) await this.#removeOldest(device);
    while (this.#bytes > this.#bounds.maxBytes) {
      let oldest: Kept | undefined;
      for (const [first] of this.#kept.values()) if (first && (!oldest || first.at < oldest.at)) oldest = first;
      if (oldest === undefined) return;
      await this.#removeOldest(oldest.device);
    }
  }

  async #removeOldest(device: string): Promise<void> {
    const pictures = this.#kept.get(device);
    const oldest = pictures?.shift();
    if (oldest === undefined) return;
    if (pictures?.length === 0) this.#kept.delete(device);
    this.#bytes -= oldest.bytes;
    await rm(this.#pathOf(oldest), { force: true });
  }

  /** What an earlier run kept, also of devices that are gone from the site: they count, and go first. */
  async #find(): Promise<void> {
    if (!existsSync(this.#dir)) return;
    const folders = await readdir(this.#dir, { withFileTypes: true });
    for (const { name: device } of folders.filter((each) => each.isDirectory())) {
      for (const name of await readdir(join(this.#dir, device))) {
        const [, at, ending] = FILE.exec(name) ?? [];
        const path = join(this.#dir, device, name);
        if (at === undefined) {
          // Left half-written by a power cut.
          if (name.endsWith('.tmp')) await rm(path, { force: true });
          continue;
        }
        const type = ending === 'png' ? 'image/png' : 'image/jpeg';
        this.#index({ device, at: Number(at), type, bytes: (await stat(path)).size });
      }
      await this.#makeRoom(device);
    }
  }
}
