import type { Background } from './background.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { Probe } from './probe.ts';
import type { While } from './while.ts';

/** What rules that take the place of others take over as it is: what those have gathered of readings. */
export interface RuleParts {
  /** Of the rule on a point of this key, if it means the same. */
  probe(key: string, meaning: number): Probe | undefined;
  /** What is learned of a device, or of a point's noise. */
  background(key: string): Background | NoiseFloor | undefined;
  while(key: string): While | undefined;
  /** The others are at work still: what is learned is fed by them. */
  readonly isShared: boolean;
}

/** The same, which the first has, and else the second. */
export const eitherOf = (first: RuleParts, second: RuleParts): RuleParts => ({
  probe: (key, meaning) => first.probe(key, meaning) ?? second.probe(key, meaning),
  background: (key) => first.background(key) ?? second.background(key),
  while: (key) => first.while(key) ?? second.while(key),
  isShared: false,
});

/** The same, but for what is of readings of these points, which mean something else now. */
export const withoutPoints = (parts: RuleParts, points: ReadonlySet<string>, isShared: boolean): RuleParts => {
  const isSame = (each: { readonly inputs: readonly { readonly key: string }[] } | undefined) =>
    each !== undefined && !each.inputs.some(({ key }) => points.has(key));
  const ifSame = <T extends { readonly inputs: readonly { readonly key: string }[] }>(each: T | undefined) =>
    isSame(each) ? each : undefined;
  return {
    probe: (key, meaning) => ifSame(parts.probe(key, meaning)),
    background: (key) => {
      const found = parts.background(key);
      return found !== undefined && 'point' in found && points.has(found.point.key) ? undefined : found;
    },
    while: (key) => ifSame(parts.while(key)),
    isShared,
  };
};
