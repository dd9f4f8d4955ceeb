import { type CsvRecord, encodeCsv, OPEN_QUOTE, parseCsv, withoutGuard } from '#kit/csv.ts';
import { ASSET_COLUMNS, type AssetColumn, assetColumn, encodeAssetField, parseAssetField } from './assets-columns.ts';

/** Rows of one register. */
export const MOST_ROWS = 10_000;

type Fields = Readonly<Record<string, unknown>>;

/** A device as the register has it. */
export interface Registered {
  readonly id: string;
  readonly name: string;
  readonly asset: Fields | null;
}

/** Something wrong in a row, numbered as a spreadsheet numbers it: the heading is row 1. */
export interface RowProblem {
  readonly row: number;
  /** The heading of the field; null where it is about the whole row. */
  readonly column: string | null;
  readonly message: string;
}

/** What a register says of devices: the fields that are otherwise than now, by the device. */
export interface ReadAssets {
  readonly rows: number;
  readonly changes: ReadonlyMap<string, Fields>;
  readonly problems: readonly RowProblem[];
}

/** Says what is wrong with a device's `name` and `asset`, each at its path. */
export type CheckAsset = (
  fields: Fields,
) => readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];

/** By this a field is taken away; one that is left empty stays as it is. */
const TAKEN_AWAY = '-';

const [ID] = ASSET_COLUMNS;

/** The register of those devices as CSV, as `readAssets` takes it, with a byte order mark so that spreadsheets know the encoding. */
export function encodeAssets(devices: readonly Registered[]): string {
  const heading = encodeCsv(ASSET_COLUMNS.map(({ names }) => names[0]));
  const lines = devices.map((device) =>
    encodeCsv(ASSET_COLUMNS.map(({ path, as }) => encodeAssetField(as, valueAt(device, path)))),
  );
  return `\uFEFF${[heading, ...lines].join('\r\n')}\r\n`;
}

/**
 * Takes a register apart, with headings in Chinese or English. Every row that is wrong is named with its number, its column
 * and why; whoever imports takes all rows or none.
 */
export function readAssets(text: string, devices: readonly Registered[], check: CheckAsset): ReadAssets {
  const steps = readingAssets(text, devices, check);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/** The same, row by row. */
export function* readingAssets(
  text: string,
  devices: readonly Registered[],
  check: CheckAsset,
): Generator<void, ReadAssets> {
  const [heading, ...records] = parseCsv(text.replace(/^\uFEFF/, ''));
  const nothing = { rows: 0, changes: new Map() };
  const refuse = (message: string) => ({ ...nothing, problems: [{ row: 1, column: null, message }] });
  if (heading === undefined) return refuse('the file is empty');
  if (heading.isOpen) return refuse(OPEN_QUOTE);
  if (records.length > MOST_ROWS) return refuse(`more than ${MOST_ROWS} rows: split the file`);
  const columns = heading.fields.map(assetColumn);
  const problems = headingProblems(heading.fields, columns);
  if (!columns.includes(ID))
    problems.push({ row: 1, column: null, message: `a column ${ID?.names[0]} (device) is wanted` });
  if (problems.length > 0) return { ...nothing, problems };

  const known = new Map(devices.map((device) => [device.id, device]));
  const seen = new Map<string, number>();
  const changes = new Map<string, Fields>();
  for (const [i, record] of records.entries()) {
    yield;
    const row = i + 2;
    const { id, fields, extra } = fieldsOf(record, columns);
    const tell = (column: string | null, message: string) => problems.push({ row, column, message });
    const at = heading.fields[columns.indexOf(ID)]?.trim() ?? null;
    const device = known.get(id);
    const first = seen.get(id);
    if (record.isOpen) tell(null, OPEN_QUOTE);
    else if (isEmpty(record)) continue;
    else if (extra) tell(null, `${record.fields.length} fields under ${columns.length} headings`);
    else if (id === '') tell(at, 'is missing');
    else if (device === undefined) tell(at, `the site has no device ${id}`);
    else if (first !== undefined) tell(at, `${id} stands in row ${first} already`);
    else {
      seen.set(id, row);
      const issues = check(merged(device, fields));
      for (const { path, message } of issues)
        tell(headingOf(path, columns, heading.fields), told(path, message, fields));
      const changed = differing(device, fields);
      if (issues.length === 0 && Object.keys(changed).length > 0) changes.set(id, changed);
    }
  }
  return { rows: records.filter((record) => !isEmpty(record)).length, changes, problems };
}

/** As spreadsheets leave them at the end. */
const isEmpty = ({ fields }: CsvRecord): boolean => fields.every((field) => field.trim() === '');

function headingProblems(headings: readonly string[], columns: readonly (AssetColumn | undefined)[]): RowProblem[] {
  return headings.flatMap((heading, i): RowProblem[] => {
    const [name, column] = [heading.trim(), columns[i]];
    if (name === '') return [];
    const known = ASSET_COLUMNS.map(({ names }) => names[0]).join(', ');
    if (column === undefined) return [{ row: 1, column: name, message: `no such column; known: ${known}` }];
    const first = columns.indexOf(column);
    return first === i ? [] : [{ row: 1, column: name, message: `the same as the column ${headings[first]}` }];
  });
}

function fieldsOf(record: CsvRecord, columns: readonly (AssetColumn | undefined)[]) {
  const fields: Record<string, unknown> = {};
  let id = '';
  for (const [i, column] of columns.entries()) {
    const text = withoutGuard(record.fields[i] ?? '').trim();
    if (column === undefined || text === '') continue;
    if (column === ID) id = text;
    else put(fields, column.path, text === TAKEN_AWAY ? null : parseAssetField(column.as, text));
  }
  const extra = record.fields.slice(columns.length).some((field) => field.trim() !== '');
  return { id, fields, extra };
}

function put(into: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) into[key] = value;
  else {
    into[key] ??= {};
    // Made in the line before, of this kind.
    put(into[key] as Record<string, unknown>, rest, value);
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}

/** What the device would have; what is taken away is not there. */
function merged({ name, asset }: Registered, fields: Fields): Fields {
  const all: Record<string, unknown> = {};
  for (const { path } of ASSET_COLUMNS.slice(1)) {
    const given = valueAt(fields, path);
    const value = given === undefined ? valueAt({ name, asset }, path) : given;
    if (value !== undefined && value !== null) put(all, path, value);
  }
  return all;
}

/** Of the fields, those that say otherwise than the device has. */
function differing(device: Registered, fields: Fields): Fields {
  const changed: Record<string, unknown> = {};
  for (const { path } of ASSET_COLUMNS.slice(1)) {
    const given = valueAt(fields, path);
    if (given !== undefined && given !== (valueAt(device, path) ?? null)) put(changed, path, given);
  }
  return changed;
}

function headingOf(
  path: readonly PropertyKey[],
  columns: readonly (AssetColumn | undefined)[],
  headings: readonly string[],
): string | null {
  const at = columns.findIndex((column) => column?.path.join() === path.join());
  return headings[at]?.trim() ?? path.join('.');
}

/** What is wrong, with the field's own text. */
function told(path: readonly PropertyKey[], message: string, fields: Fields): string {
  const value = valueAt(fields, path);
  return typeof value === 'string' ? `${message} (this is "${value.slice(0, 60)}")` : message;
}
