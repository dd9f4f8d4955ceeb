const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** A number and a unit of `ms s min h d`, such as `20min`. */
export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/;

/** `20min` → 1200000. The text must match DURATION. */
export function parseDuration(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined || unit === undefined) throw new TypeError(`not a duration: ${text}`);
  return Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
}

/** 1200000 → `20min`: the largest unit that divides it. */
export function encodeDuration(ms: number): string {
  const [unit, size] = Object.entries(UNIT_MS).findLast(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
