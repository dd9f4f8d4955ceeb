import { type CsvRecord, csvRecords, encodeCsv, OPEN_QUOTE, withoutGuard } from '#kit/csv.ts';
import { Slices } from '#kit/slices.ts';
import type { Zone } from '#kit/zone.ts';
import { type Permit, permit } from '../rules/permit.ts';
import { COLUMNS, type Column, columnOf, plain, wordOf } from './permit-columns.ts';

/** Rows of one file. */
export const MOST_ROWS = 10_000;
/** What is wrong is told of so many rows; the rest are counted. */
export const MOST_TOLD = 100;

/** Something wrong in a row, numbered as a spreadsheet numbers it: the heading is row 1. */
export interface RowProblem {
  readonly row: number;
  /** The heading of the field; null where it is about the whole row. */
  readonly column: string | null;
  readonly message: string;
}

export interface PermitRow {
  readonly row: number;
  readonly permit: Permit;
}

export interface ReadPermits {
  readonly rows: readonly PermitRow[];
  readonly problems: readonly RowProblem[];
}

const WRITTEN = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]*(\d{1,2})[:时](\d{2})?(?::(\d{2}))?分?)?$/;

/** A time as offices write it, `2026/7/15 22:00` or `2026年7月15日22时`, in the site's zone; a date stays one. */
function momentOf(given: string, zone: Zone): string {
  const text = plain(given);
  const [, year, month, day, hour, minute = '00', second = '00'] = WRITTEN.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return text;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (hour === undefined) return date;
  const isDay = new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) === true;
  // What is no time is refused as it stands.
  if (!isDay || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 59) return text;
  return zone.encode(zone.instant(date, Number(hour) * 60 + Number(minute)) + Number(second) * 1000);
}

/** Hours as `22:00-02:00`, also where they are written `22：00~次日2：00`. */
function hoursOf(given: string): string {
  const found = /^(\d{1,2}):?(\d{2})?[时点]?\s*[-~—–至到]+\s*(?:次日|翌日|第二天)?\s*(\d{1,2}):?(\d{2})?[时点]?$/.exec(
    plain(given),
  );
  if (found === null) return given;
  const [, fromHour = '', fromMinute = '00', toHour = '', toMinute = '00'] = found;
  return `${fromHour.padStart(2, '0')}:${fromMinute}-${toHour.padStart(2, '0')}:${toMinute}`;
}

const parts = (text: string): string[] =>
  plain(text)
    .split(/[;、,]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
const oneOrMore = (text: string): string | string[] => {
  const [first = '', ...others] = parts(text);
  return others.length === 0 ? first : [first, ...others];
};

/** The permit that a row's fields say, as a file of the site would; not checked yet. */
function permitOf(fields: ReadonlyMap<Column, string>, zone: Zone): object {
  const given = <T>(column: Column, as: (text: string) => T, name: string = column) => {
    const text = fields.get(column);
    return text === undefined ? {} : { [name]: as(text) };
  };
  const notice = {
    ...given('noticeFrom', (text) => momentOf(text, zone), 'from'),
    ...given('noticeLink', plain, 'link'),
  };
  return {
    ...given('id', plain),
    ...given('kind', (text) => wordOf('kind', text)),
    on: {
      ...given('device', oneOrMore),
      ...given('grid', oneOrMore),
      ...given('scene', oneOrMore),
      ...given('tag', oneOrMore),
    },
    ...given('from', (text) => momentOf(text, zone)),
    ...given('to', (text) => momentOf(text, zone)),
    ...given('hours', hoursOf),
    ...given('processes', parts),
    ...given('status', (text) => wordOf('status', text)),
    ...given('reason', (text) => wordOf('reason', text)),
    ...(Object.keys(notice).length === 0 ? {} : { notice }),
    ...given('evidence', (text) => text.trim()),
    ...given('note', (text) => text.trim()),
  };
}

/** The heading under which a part of a permit stands in this file. */
function headingOf(path: readonly PropertyKey[], headings: ReadonlyMap<Column, string>): string | null {
  const [first, second] = path.map(String);
  const column = first === 'on' || first === 'notice' ? `${first === 'on' ? '' : first}${second ?? ''}` : first;
  const found = [...headings].find(([name]) => name.toLowerCase() === column?.toLowerCase());
  return found?.[1] ?? (first === 'on' ? null : (first ?? null));
}

/**
 * The permits of a CSV with a heading, in Chinese or English. Every row that is wrong is named with its number and why;
 * whoever imports takes all rows or none. In slices, for a file may be long.
 */
export async function readPermits(text: string, zone: Zone, slices = new Slices()): Promise<ReadPermits> {
  const [heading, ...records] = await recordsOf(text, slices);
  const problems: RowProblem[] = [];
  const rows: PermitRow[] = [];
  const tell = (row: number, column: string | null, message: string) => problems.push({ row, column, message });
  if (heading === undefined) return { rows, problems: [{ row: 1, column: null, message: 'the file is empty' }] };
  if (heading.isOpen) return { rows, problems: [{ row: 1, column: null, message: OPEN_QUOTE }] };

  const columns = heading.fields.map(columnOf);
  const headings = new Map<Column, string>();
  for (const [i, column] of columns.entries()) {
    const name = (heading.fields[i] ?? '').trim();
    if (column === undefined) {
      if (name !== '') tell(1, name, `no such column; known: ${Object.values(COLUMNS).flat().join(', ')}`);
    } else if (headings.has(column)) tell(1, name, `the same as the column ${headings.get(column)}`);
    else headings.set(column, name);
  }
  for (const column of ['id', 'from', 'to', 'status'] as const) {
    if (!headings.has(column)) tell(1, null, `there is no column ${COLUMNS[column].join(' or ')}`);
  }
  if (!(['device', 'grid', 'scene', 'tag'] as const).some((column) => headings.has(column))) {
    tell(1, null, 'no column says where: device (设备), grid (网格), scene (场景) or tag (工地)');
  }
  if (records.length > MOST_ROWS) tell(MOST_ROWS + 2, null, `more than ${MOST_ROWS} rows: import the file in parts`);
  if (problems.length > 0) return { rows, problems };

  const seen = new Map<string, number>();
  for (const [i, record] of records.entries()) {
    if (slices.isOver) await slices.next();
    const row = i + 2;
    if (record.isOpen) {
      tell(row, null, OPEN_QUOTE);
      continue;
    }
    if (
      record.fields.length > columns.length &&
      record.fields.slice(columns.length).some((field) => field.trim() !== '')
    ) {
      tell(row, null, `${record.fields.length} fields under ${columns.length} headings`);
      continue;
    }
    const fields = new Map<Column, string>();
    for (const [n, column] of columns.entries()) {
      const field = withoutGuard(record.fields[n] ?? '');
      if (column !== undefined && field.trim() !== '') fields.set(column, field);
    }
    if (fields.size === 0) continue;
    const read = permit.safeParse(permitOf(fields, zone));
    if (!read.success) {
      for (const issue of read.error.issues) {
        const column = headingOf(issue.path, headings);
        tell(
          row,
          column,
          issue.code === 'invalid_type' && !fields.has(columnNamed(issue.path))
            ? 'is missing'
            : wordsOf(issue.message, column, heading.fields, record.fields),
        );
      }
      continue;
    }
    const first = seen.get(read.data.id);
    if (first === undefined) {
      seen.set(read.data.id, row);
      rows.push({ row, permit: read.data });
    } else tell(row, headings.get('id') ?? null, `the number ${read.data.id} stands in row ${first} already`);
  }
  return { rows, problems };
}

async function recordsOf(text: string, slices: Slices): Promise<readonly CsvRecord[]> {
  const records: CsvRecord[] = [];
  for (const record of csvRecords(text.replace(/^\uFEFF/, ''))) {
    records.push(record);
    if (slices.isOver) await slices.next();
    // One more than may be, which is told.
    if (records.length > MOST_ROWS + 1) break;
  }
  return records;
}

const columnNamed = (path: readonly PropertyKey[]): Column => String(path[0]) as Column;

/** What is wrong with the field's own text beside it. */
function wordsOf(
  message: string,
  column: string | null,
  headings: readonly string[],
  fields: readonly string[],
): string {
  const at = headings.findIndex((heading) => heading.trim() === column);
  const text = at === -1 ? '' : (fields[at] ?? '').trim();
  const said = message
    .replace(/^Invalid option: expected one of /, 'must be one of ')
    .replaceAll('"', '')
    .replaceAll('|', ', ');
  return text === '' ? said : `${said} (this is "${text.slice(0, 60)}")`;
}

const list = (value: string | readonly string[] | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : value.join(';');

/** The permits as CSV, as `readPermits` takes them, with a byte order mark so that spreadsheets know the encoding. */
export function encodePermits(permits: readonly Permit[]): string {
  const names = Object.keys(COLUMNS) as Column[];
  const lines = permits.map(({ on, notice, ...each }) => {
    const said: Readonly<Record<Column, string>> = {
      id: each.id,
      device: list(on.device),
      grid: list(on.grid),
      scene: list(on.scene),
      tag: list(on.tag),
      kind: each.kind,
      from: each.from,
      to: each.to,
      hours: each.hours ?? '',
      processes: list(each.processes),
      status: each.status,
      reason: each.reason ?? '',
      noticeFrom: notice?.from ?? '',
      noticeLink: notice?.link ?? '',
      evidence: each.evidence ?? '',
      note: each.note ?? '',
    };
    return encodeCsv(names.map((name) => said[name]));
  });
  return `\uFEFF${[encodeCsv(names.map((name) => COLUMNS[name][0])), ...lines].join('\r\n')}\r\n`;
}
