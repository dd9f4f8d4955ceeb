import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const read = async (file: string) => parse(await readFile(join(ROOT, file), 'utf8'));

interface Step {
  readonly by: string;
  readonly do: string;
  readonly to?: string;
}
type Names = Readonly<Record<'contacts' | 'teams', readonly { readonly id: string }[]>>;

test('whomever the night’s people send or hand over to, the demo’s people.yaml knows', async () => {
  const scenario: { readonly people: readonly Step[] } = await read('firmware-sim/scenarios/demo-night.yaml');
  const { contacts, teams }: Names = await read('config/demo/people.yaml');
  const named = scenario.people.filter(({ by, to }) => to !== undefined && by !== 'gateway');
  expect(named.filter(({ do: deed }) => deed === 'hand-over')).toHaveLength(1);
  expect(named.filter(({ do: deed }) => deed === 'dispatch').length).toBeGreaterThan(5);
  for (const { do: deed, to } of named) {
    const known = deed === 'hand-over' ? contacts : [...contacts, ...teams];
    expect(known.map(({ id }) => id)).toContain(to);
  }
});
