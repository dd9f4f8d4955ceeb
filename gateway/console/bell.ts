import type { Ring } from './ringing.ts';

/** Hertz, and when each tone begins and how long it is, in seconds: a real one is high and twofold, a drill's low and single. */
const TONES: Readonly<Record<Ring, readonly (readonly [hertz: number, at: number, length: number])[]>> = {
  real: [
    [988, 0, 0.28],
    [784, 0.32, 0.28],
  ],
  drill: [[392, 0, 0.5]],
};
const LOUDNESS = 0.35;

/** The bell of the open page. A browser lets no page sound before somebody has touched it: `isAllowed` says whether it does. */
export class Bell {
  #context: AudioContext | undefined;

  get isAllowed(): boolean {
    return this.#context?.state === 'running';
  }

  /** Asks the browser for sound; it says yes once somebody has touched the page. */
  async allow(): Promise<boolean> {
    // Made before anybody touched the page it sounds only where the browser was told so, as on a wall screen.
    this.#context ??= new AudioContext();
    const isTouched = navigator.userActivation?.hasBeenActive !== false;
    if (this.#context.state === 'suspended' && isTouched) {
      // A browser that does not allow it yet may leave this open until it does.
      await Promise.race([this.#context.resume(), new Promise((resolve) => setTimeout(resolve, 500))]);
    }
    return this.isAllowed;
  }

  strike(ring: Ring): void {
    const context = this.#context;
    if (context === undefined || context.state !== 'running') return;
    for (const [hertz, at, length] of TONES[ring]) {
      const from = context.currentTime + at;
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.type = 'triangle';
      tone.frequency.value = hertz;
      // Without a soft beginning and end a loudspeaker clicks.
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
      gain.gain.setValueAtTime(LOUDNESS, from + length - 0.05);
      gain.gain.linearRampToValueAtTime(0, from + length);
      tone.connect(gain).connect(context.destination);
      tone.start(from);
      tone.stop(from + length);
    }
  }

  close(): void {
    void this.#context?.close();
    this.#context = undefined;
  }
}
