import type { Frame } from './frame.ts';

/** Packets of one instrument that wait for the rest of their uploads; beyond it the oldest upload is given up. */
const MOST_PACKETS = 16;
const PATIENCE_MS = 60_000;

interface Upload {
  readonly key: string;
  readonly of: number;
  readonly parts: Map<number, Frame>;
  lastAt: number;
}

/** An upload, whole or given up; what is there of it stands in one CP. */
export interface Gathered {
  readonly frame: Frame;
  readonly isWhole: boolean;
}

/**
 * Puts the packets of an upload together: each is a whole frame with a QN of its own, all have the command and the DataTime
 * in common (HJ 212-2017, 6.5.2). An upload whose rest does not come is given as far as it came, since each of its
 * packets is a right frame.
 */
export class Uploads {
  #uploads: Upload[] = [];

  /** What became whole, or had to make room, by this frame. */
  take(frame: Frame, tick: number): Gathered[] {
    const { packet, cn, cp } = frame;
    if (packet === undefined || packet.of === 1) return [{ frame, isWhole: true }];
    const key = `${cn}/${packet.of}/${cp.flat().find(([name]) => name === 'DataTime')?.[1] ?? ''}`;
    let upload = this.#uploads.find((each) => each.key === key);
    if (upload === undefined) {
      upload = { key, of: packet.of, parts: new Map(), lastAt: tick };
      this.#uploads.push(upload);
    }
    upload.parts.set(packet.number, frame);
    upload.lastAt = tick;
    const done = upload.parts.size === upload.of ? [this.#give(upload)] : [];
    while (this.#uploads.reduce((sum, { parts }) => sum + parts.size, 0) > MOST_PACKETS) {
      const [oldest] = this.#uploads;
      if (oldest !== undefined) done.push(this.#give(oldest));
    }
    return done;
  }

  /** What has waited too long at `tick`. */
  takeDue(tick: number): Gathered[] {
    return this.#uploads.filter(({ lastAt }) => tick - lastAt >= PATIENCE_MS).map((upload) => this.#give(upload));
  }

  /** When `takeDue` has something at the earliest. */
  nextAt(): number | undefined {
    return this.#uploads.reduce<number | undefined>(
      (next, { lastAt }) => Math.min(next ?? Number.POSITIVE_INFINITY, lastAt + PATIENCE_MS),
      undefined,
    );
  }

  #give(upload: Upload): Gathered {
    this.#uploads = this.#uploads.filter((each) => each !== upload);
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, frame]) => frame);
    const [first] = parts;
    if (first === undefined) throw new TypeError('an upload has a packet');
    return { frame: { ...first, cp: parts.flatMap(({ cp }) => cp) }, isWhole: parts.length === upload.of };
  }
}
