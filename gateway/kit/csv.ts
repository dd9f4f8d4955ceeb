/** A record of a CSV file with the line that it begins on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
  /** A quote in it is never closed: all that follows in the text is its last field. */
  readonly isOpen?: boolean;
}

/** What is wrong with a record that is open. */
export const OPEN_QUOTE = 'a quotation mark is never closed: all that follows would be one field';

/**
 * Takes CSV apart (RFC 4180): commas, and double quotes around a field, doubled inside it, which may hold line breaks.
 * Empty lines are left out.
 */
export function parseCsv(text: string): CsvRecord[] {
  return [...csvRecords(text)];
}

/** The same, one record after the other: of a long file not at once. */
export function* csvRecords(text: string): Generator<CsvRecord, void> {
  let fields: string[] = [];
  let field = '';
  let isQuoted = false;
  let line = 1;
  let began = 1;
  function* end() {
    fields.push(field);
    if (fields.length > 1 || fields[0] !== '') yield { line: began, fields, ...(isQuoted ? { isOpen: true } : {}) };
    fields = [];
    field = '';
  }
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '\n') line++;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[i++];
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === ',') {
      fields.push(field);
      field = '';
    } else if (character === '\n') {
      yield* end();
      began = line;
    } else if (character !== '\r') field += character;
  }
  yield* end();
}

/** What a spreadsheet would take for a formula, when it opens the file (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** One line of CSV. A field that a spreadsheet would carry out as a formula has an apostrophe before it. */
export const encodeCsv = (fields: readonly string[]): string =>
  fields
    .map((field) => (FORMULA.test(field) ? `'${field}` : field))
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');

/** A field as it was before `encodeCsv` put an apostrophe there. */
export const withoutGuard = (field: string): string => (/^'[=+\-@\t\r]/.test(field) ? field.slice(1) : field);
