import type { Zone } from '#kit/zone.ts';

const WITHOUT_OFFSET = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/;

/** The times of a recording: RFC 3339, UTC milliseconds, or without an offset in the site's zone. */
export class RecordingTimes {
  readonly #zone: Zone;
  /** As many readings are of one time. */
  #text = '';
  #at = Number.NaN;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  /** UTC ms; NaN when it is no time. */
  parse(value: unknown): number {
    if (typeof value === 'number') return value;
    if (typeof value !== 'string') return Number.NaN;
    if (value !== this.#text) {
      this.#at = this.#parse(value);
      this.#text = value;
    }
    return this.#at;
  }

  #parse(text: string): number {
    if (/^\d+$/.test(text)) return Number(text);
    const [, date, hours, minutes, seconds = '0'] = WITHOUT_OFFSET.exec(text) ?? [];
    if (date === undefined || Number.isNaN(Date.parse(date))) return Date.parse(text);
    return this.#zone.instant(date, Number(hours) * 60 + Number(minutes)) + Math.round(Number(seconds) * 1000);
  }
}
