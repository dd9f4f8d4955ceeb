import type { z } from 'zod';
import { type Entry, isMapping, type Path, valueAt } from './document.ts';
import { knownKeys } from './known-keys.ts';
import { suggest } from './nearest.ts';
import type { Report } from './report.ts';

type Issue = z.core.$ZodIssue;

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map',
  record: 'a map',
};

/** Checks a part of a site's files; each issue is reported at its place, and nothing is given unless there are none. */
export function check<T>(schema: z.ZodType<T>, entry: Entry, report: Report): T | undefined {
  return checkParts([schema], entry, report)?.[0] as T | undefined;
}

/**
 * Checks one map against several schemas which each own some of its keys, such as a device's common fields and its
 * driver's. A key that none of them owns is reported once.
 */
export function checkParts<S extends readonly z.ZodType[]>(
  schemas: readonly [...S],
  entry: Entry,
  report: Report,
): { [K in keyof S]: z.output<S[K]> } | undefined {
  const isOne = schemas.length === 1;
  if (!isOne && !isMapping(entry.value)) {
    report.error(entry.at([]), `${entry.prefix}must be a map of fields, not ${report.show(entry.value)}`);
    return undefined;
  }
  const owned = schemas.map((schema) => (isOne ? null : knownKeys(schema, [], entry.value)));
  const all = owned.flatMap((keys) => keys ?? []);
  let isGood = true;
  if (!isOne && isMapping(entry.value)) {
    for (const key of Object.keys(entry.value).filter((key) => !all.includes(key))) {
      isGood = false;
      report.error(entry.at([key], 'key'), `${entry.prefix}unknown key "${key}": ${suggest(key, all)}`);
    }
  }
  const outputs: unknown[] = [];
  schemas.forEach((schema, index) => {
    const keys = owned[index];
    const result = schema.safeParse(keys ? only(entry.value, keys) : entry.value);
    if (result.success) outputs.push(result.data);
    else {
      isGood = false;
      for (const issue of result.error.issues) tell(issue, [], schema, entry, report);
    }
  });
  // One output for each schema, in their order.
  return isGood ? (outputs as { [K in keyof S]: z.output<S[K]> }) : undefined;
}

const only = (value: unknown, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(isMapping(value) ? value : {}).filter(([key]) => keys.includes(key)));

function tell(issue: Issue, base: Path, schema: z.ZodType, entry: Entry, report: Report): void {
  const path: Path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const known = knownKeys(schema, path, entry.value);
      report.error(entry.at([...path, key], 'key'), `${entry.prefix}unknown key "${key}": ${suggest(key, known)}`);
    }
    return;
  }
  const branch = issue.code === 'invalid_union' ? likeliest(issue.errors) : undefined;
  if (branch !== undefined) {
    for (const each of branch) tell(each, path, schema, entry, report);
    return;
  }
  const label = path.filter((step) => typeof step === 'string').join('.');
  const message = describe(issue, valueAt(entry.value, path), report);
  const at = entry.at(path, issue.code === 'invalid_key' ? 'key' : 'value');
  report.error(at, `${entry.prefix}${label === '' ? '' : `${label}: `}${message}`);
}

/** The branch of a union that was meant: one whose own type is right, with the fewest issues. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fits = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type'),
  );
  const foreign = (issues: readonly Issue[]) => issues.filter((issue) => issue.code === 'unrecognized_keys').length;
  return [...fits].sort((a, b) => foreign(a) - foreign(b) || a.length - b.length)[0];
}

function describe(issue: Issue, value: unknown, report: Report): string {
  if (!isBuiltIn(issue.message)) {
    return typeof value === 'string' ? `${issue.message} (this is ${report.show(value)})` : issue.message;
  }
  const shown = report.show(value);
  switch (issue.code) {
    case 'invalid_type':
      return expected(TYPES[issue.expected] ?? issue.expected, value, shown);
    case 'invalid_union':
      return describeUnion(issue, value, shown);
    case 'invalid_value': {
      const known = issue.values.map(String);
      const wanted = known.length === 1 ? `must be ${known[0]}` : `must be one of ${known.join(', ')}`;
      if (value === undefined) return `is missing: ${wanted}`;
      return typeof value === 'string' ? `${wanted}, not ${shown}${near(value, known)}` : `${wanted}, not ${shown}`;
    }
    case 'too_small':
      return bounded(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum, shown);
    case 'too_big':
      return bounded(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum, shown);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}, not ${shown}`;
    case 'invalid_format':
      return `is not in the form ${issue.pattern ?? issue.format}: ${shown}`;
    case 'invalid_key':
      return `the key ${issue.issues[0]?.message ?? 'is not allowed here'}`;
    default:
      return issue.message;
  }
}

/** Whether the message is zod's own, so that ours says it better. */
const isBuiltIn = (message: string): boolean => /^(Invalid|Too small|Too big|Unrecognized)\b/.test(message);

const near = (value: string, known: readonly string[]): string => {
  const hint = suggest(value, known);
  return hint.startsWith('did you mean') ? `; ${hint}` : '';
};

function expected(type: string, value: unknown, shown: string): string {
  if (value === undefined) return `is missing: it must be ${type}`;
  const isQuoted =
    type.includes('number') && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
  const isBare = type === 'text' && (typeof value === 'number' || typeof value === 'boolean');
  const remedy = isQuoted ? '; take the quotes away' : isBare ? '; put it in quotes' : '';
  return `must be ${type}, not ${shown}${remedy}`;
}

function describeUnion(issue: z.core.$ZodIssueInvalidUnion, value: unknown, shown: string): string {
  const options: unknown = 'options' in issue ? issue.options : undefined;
  if (Array.isArray(options)) {
    const known = options.map(String);
    const hint = typeof value === 'string' ? near(value, known) : '';
    return `${value === undefined ? 'is missing: it ' : ''}must be one of ${known.join(', ')}${value === undefined ? '' : `, not ${shown}${hint}`}`;
  }
  const types = issue.errors.flatMap((branch) =>
    branch.flatMap((each) => (each.code === 'invalid_type' ? [TYPES[each.expected] ?? each.expected] : [])),
  );
  return types.length === 0 ? issue.message : expected([...new Set(types)].join(' or '), value, shown);
}

function bounded(origin: string, sense: string, bound: number | bigint, shown: string): string {
  if (origin === 'string') return bound === 1 ? 'must not be empty' : `must be ${sense} ${bound} characters long`;
  if (origin === 'array' || origin === 'set') return `must have ${sense} ${bound} ${bound === 1 ? 'entry' : 'entries'}`;
  return `must be ${sense} ${bound}, not ${shown}`;
}
