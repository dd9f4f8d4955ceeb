import type { Mode } from './frame.ts';
import { becomeDevice, type Instrument, type Line, leaveSite, openInstrument } from './instrument.ts';
import type { Hj212Device } from './kind.ts';

/** The instruments of a link, by their MN, and on which lines they have spoken. */
export class Roll {
  readonly #mode: Mode;
  #byMn: ReadonlyMap<string, Instrument> = new Map();

  constructor(mode: Mode) {
    this.#mode = mode;
  }

  of(mn: string): Instrument | undefined {
    return this.#byMn.get(this.#keyOf(mn));
  }

  all(): Iterable<Instrument> {
    return this.#byMn.values();
  }

  /**
   * These are its instruments from now on. One whose MN and password are as they were is the same one, with its line and all
   * that is known of it; of any other nothing is left, and it must show its password first.
   */
  change(devices: readonly Hj212Device[]): void {
    const staying = new Set<Instrument>();
    const byMn = new Map<string, Instrument>();
    for (const device of devices) {
      const known = this.of(device.options.mn);
      const isSame = known !== undefined && known.device.options.password === device.options.password;
      const instrument = isSame ? known : openInstrument(device);
      if (isSame) becomeDevice(known, device);
      staying.add(instrument);
      byMn.set(this.#keyOf(device.options.mn), instrument);
    }
    for (const instrument of this.all()) if (!staying.has(instrument)) leaveSite(instrument);
    this.#byMn = byMn;
  }

  /** It has spoken on that line. Gives whether it had spoken on another one before, or none. */
  heard(instrument: Instrument, line: Line): boolean {
    const isNew = instrument.line !== line;
    instrument.line = line;
    return isNew;
  }

  /**
   * The lines on which an instrument was heard last. Of one that has dialled in anew the line before is none of them: it may
   * be half-open for as long as a silent instrument may be silent.
   */
  lines(): ReadonlySet<Line | undefined> {
    return new Set(Array.from(this.all(), ({ line }) => line));
  }

  #keyOf(mn: string): string {
    return this.#mode === 'lenient' ? mn.toUpperCase() : mn;
  }
}
