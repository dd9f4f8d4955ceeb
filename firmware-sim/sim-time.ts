import { setTimeout as wait } from 'node:timers/promises';

/** The scenario's time, the same in every process that is told the same three numbers. */
export interface SimTime {
  /** UTC milliseconds. */
  now(): number;
  /** Resolves at an instant of the scenario, at once when it is past; rejects when aborted. */
  sleepUntil(at: number, signal: AbortSignal): Promise<void>;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `start` is reached at the real time `realStart`; from there one real second is `rate` seconds. */
export function openSimTime(start: number, realStart: number, rate: number): SimTime {
  const now = () => start + (Date.now() - realStart) * rate;
  return {
    now,
    async sleepUntil(at, signal) {
      for (let left = at - now(); left > 0; left = at - now()) {
        await wait(Math.min(Math.ceil(left / rate), LONGEST_TIMER_MS), undefined, { signal });
      }
      signal.throwIfAborted();
    },
  };
}

/** RFC 3339 with the offset given; milliseconds only where there are any. */
export function encodeTime(at: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString();
  const size = Math.abs(offsetMinutes);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const zone = `${offsetMinutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
  return `${local.slice(0, at % 1000 === 0 ? 19 : 23)}${zone}`;
}

/** `HH:MM:SS` in the scenario's zone. */
export const clockFace = (at: number, offsetMinutes: number): string =>
  new Date(at + offsetMinutes * 60_000).toISOString().slice(11, 19);
