import { parseCsv } from '#kit/csv.ts';

const NEEDED = ['at', 'device', 'point', 'value'] as const;
const PLAIN_HEADER = /^at,device,point,value(,quality)?$/;

/** A good reading with nothing beside it, as nearly every line is: at, device, point, value. */
const PLAIN = /^([^",]+),([^",]+),([^",]+),(-?(?:0|[1-9]\d*)(?:\.\d+)?)(?:,(?:good)?)?$/;

/** The lines of a recording in CSV (RFC 4180, without line breaks in fields), by the names that its header gives. */
export class RecordingCsv {
  /** What takes a plain line apart at once; null where the header has other columns. */
  readonly plain: RegExp | null;
  readonly #names: readonly string[];

  constructor(header: string) {
    this.#names = fieldsOf(header).map((name) => name.trim());
    this.plain = PLAIN_HEADER.test(header) ? PLAIN : null;
  }

  /** The first column that is wanted and not there. */
  get missing(): string | undefined {
    return NEEDED.find((name) => !this.#names.includes(name));
  }

  /** Fields that are empty are left out. */
  record(text: string): Record<string, unknown> {
    const fields = fieldsOf(text);
    const record: Record<string, unknown> = {};
    for (const [i, name] of this.#names.entries()) {
      const value = fields[i] ?? '';
      if (value !== '') record[name] = name === 'value' && !Number.isNaN(Number(value)) ? Number(value) : value;
    }
    return record;
  }
}

const fieldsOf = (line: string): readonly string[] => parseCsv(line)[0]?.fields ?? [];
