import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { QUANTITIES } from '../../../config/quantities.ts';
import { lowestLevel } from '../../../gateway/exercises/exercise-readings.ts';
import { rehearse } from '../../../gateway/exercises/rehearse.ts';
import { gravityOf } from '../../../gateway/rules/background.ts';
import { compareLevels } from '../../../gateway/rules/finding.ts';
import type { RulePoint } from '../../../gateway/rules/point.ts';
import { type Rule, rule as ruleShape } from '../../../gateway/rules/rule.ts';
import { aPoint, aSite } from '../../tools/judged.ts';

/** Noon: every night rule has to wait for its night, on a time of its own. */
const NOON = Date.parse('2026-07-15T12:00:00+08:00');
const wire = { sleep: async () => {} };
const signal = new AbortController().signal;

const first = (wanted: string | readonly string[] | undefined): string | undefined =>
  typeof wanted === 'string' ? wanted : wanted?.[0];

const pointOf = (quantity: string, more: Partial<RulePoint> & { id?: string; device?: string } = {}): RulePoint => {
  const known = QUANTITIES.get(quantity);
  return aPoint({
    id: quantity.replaceAll('.', '-'),
    quantity,
    unit: known?.states === undefined ? (known?.unit ?? null) : null,
    everyMs: 5000,
    ...more,
  });
};

/** A device that has what a rule is on and all that it asks of. */
function pointsFor(rule: Rule): RulePoint[] {
  const { on } = rule;
  const id = first(on.point);
  const place = { grid: 'JS-03', at: null };
  const register = Object.fromEntries(
    Object.entries(on.register ?? {}).map(([name, value]) => [name, first(value) ?? '']),
  );
  const more = {
    ...{ place, register, scene: first(on.scene) ?? null, validUntil: '2026-12-31' },
    tags: on.tag === undefined ? [] : [first(on.tag) ?? ''],
    device: first(on.device) ?? 'd',
  };
  const quantities = new Set([first(on.quantity) ?? 'noise.la']);
  if (rule.kind === 'together')
    for (const { quantity } of 'all' in rule.when ? rule.when.all : rule.when.any) quantities.add(quantity);
  if (rule.kind === 'limit' && rule.measure.kind === 'angle')
    for (const axis of ['x', 'y', 'z']) quantities.add(`tilt.${axis}`);
  if (rule.while !== undefined)
    for (const { quantity } of 'all' in rule.while ? rule.while.all : rule.while.any) quantities.add(quantity);
  return [...quantities].map((quantity, index) =>
    pointOf(quantity, { ...more, ...(index === 0 && id !== undefined ? { id } : {}) }),
  );
}

const packsDir = join(import.meta.dirname, '../../../config/packs');
const rules: (readonly [string, Rule])[] = [];
for (const file of await readdir(packsDir)) {
  const pack = parse(await readFile(join(packsDir, file), 'utf8')) as {
    readonly rules: readonly { readonly id: string }[];
  };
  for (const each of pack.rules) rules.push([each.id, ruleShape.parse(each)]);
}

describe('every rule that ships can be walked to its lowest level', () => {
  test.each(rules)('%s', async (_id, rule) => {
    const points = pointsFor(rule);
    const [point] = points;
    if (point === undefined) throw new Error('no point');
    const site = aSite([], points);
    // An edition of a limit that is over is walked in its own time.
    const now = rule.effective?.to === undefined ? NOON : Date.parse(rule.effective.to) - 30 * 86_400_000;
    const result = await rehearse({ site, rule, point, learned: learnedOf(point, now), now, tick: now, wire, signal });
    expect(result.why).toBeNull();
    const level = result.finding?.answer;
    expect(compareLevels(level as 'red', lowestLevel(rule))).toBeGreaterThanOrEqual(0);
  });
});

/** What a point's quiet hours were, where a rule goes by that. */
const learnedOf = ({ key }: RulePoint, now: number): Map<string, object> => {
  const blocks = Array.from({ length: 12 }, (_, i) => [now - i * 300_000, 45] as const).toReversed();
  return new Map([[`background:${key}`, { blocks, since: now }]]);
};

test('a rule that hangs on what its point has not learned says so', async () => {
  const point = pointOf('noise.la');
  const rule = ruleShape.parse({
    id: 'loud',
    title: { zh: '规则', en: 'rule' },
    on: { quantity: 'noise.la' },
    measure: { kind: 'leq', over: '5min', from: 'background' },
    levels: { yellow: { above: 10 } },
  });
  const result = await rehearse({
    site: aSite([], [point]),
    rule,
    point,
    learned: new Map(),
    now: NOON,
    tick: NOON,
    wire,
    signal,
  });
  expect(result).toMatchObject({ finding: null, why: 'the rule answers not-evaluable (background)' });
});

test.each([
  ['two axes, put in askew', ['x', 'y'], [12, -1.2]],
  ['three axes, put in askew', ['x', 'y', 'z'], [12, -1.2, 77.9]],
  ['three axes, lying on its side', ['x', 'y', 'z'], [90, 0, 0]],
] as const)('an angle is walked from upright, whatever the device has learned: %s', async (_, axes, stands) => {
  const points = axes.map((axis) => pointOf(`tilt.${axis}`, { device: 'd' }));
  const [point] = points;
  const rule = rules.find(([id]) => id === 'cover-moved')?.[1];
  if (point === undefined || rule === undefined) throw new Error('no point, or no rule');
  const sum = gravityOf(stands).map((part) => 10 * part);
  const learned = new Map([['background:d', { count: 10, sum }]]);
  const result = await rehearse({ site: aSite([], points), rule, point, learned, now: NOON, tick: NOON, wire, signal });
  expect(result).toMatchObject({ why: null, finding: { answer: 'orange' } });
});
