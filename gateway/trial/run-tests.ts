import type { Expected, ProfileTest } from '../../config/profile-tests.ts';
import type { Outcome, Tried } from './tried.ts';

/** Of floating point: a sum of a few conversions. */
const CLOSE = 1e-9;

/** What a test of a profile found otherwise than it says, a sentence each. */
export function findDifferences({ expect }: ProfileTest, outcome: Outcome): string[] {
  return Object.entries(expect).flatMap(([point, expected]) => {
    const tried = outcome.get(point);
    if (tried === undefined) return [`${point} was not read`];
    return matches(tried, expected) ? [] : [`${point} is ${encodeTried(tried)}, not ${encodeExpected(expected)}`];
  });
}

function matches(tried: Tried, expected: Expected): boolean {
  const wanted = typeof expected === 'object' ? expected : { value: expected, quality: 'good' as const };
  if (tried.quality !== wanted.quality) return false;
  if (wanted.code !== undefined && tried.code !== wanted.code) return false;
  return wanted.value === undefined || isSame(tried.value, wanted.value);
}

const isSame = (value: Tried['value'], wanted: Tried['value']): boolean =>
  typeof value === 'number' && typeof wanted === 'number'
    ? Math.abs(value - wanted) <= CLOSE * Math.max(1, Math.abs(wanted))
    : value === wanted;

const encodeTried = ({ value, quality, code }: Tried): string => encodeQualified(value, quality, code);

const encodeExpected = (expected: Expected): string =>
  typeof expected === 'object'
    ? encodeQualified(expected.value, expected.quality, expected.code)
    : encodeQualified(expected, 'good', undefined);

const encodeQualified = (value: unknown, quality: string, code: string | undefined): string =>
  [
    value === undefined || value === null ? 'without a value' : String(value),
    ...(quality === 'good' ? [] : [quality]),
    ...(code === undefined ? [] : [code]),
  ].join(' ');
