import { hashText } from '#kit/hash.ts';
import { type Frame, fieldOf } from './frame.ts';

/** Frames of one instrument that are remembered: four tries of the last few uploads. */
const REMEMBERED = 16;

/**
 * Tells a frame that is sent again, because its answer was lost, from a new one: it is the same in every field, its QN
 * included (HJ 212-2017, 6.2.2). A frame without QN and DataTime says nothing by which it could be known again.
 */
export class Repeats {
  #keys: string[] = [];

  /** Whether the frame came before; remembers it. */
  isRepeat(frame: Frame): boolean {
    if (frame.qn === undefined && fieldOf(frame, 'DataTime') === undefined) return false;
    const key = `${frame.qn} ${hashText(JSON.stringify(frame))}`;
    if (this.#keys.includes(key)) return true;
    this.#keys.push(key);
    if (this.#keys.length > REMEMBERED) this.#keys.shift();
    return false;
  }
}
