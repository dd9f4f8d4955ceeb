import { expect, test } from 'vitest';
import { SiteParts } from '../../gateway/site-parts.ts';

interface Spec {
  readonly id: string;
  readonly at: number;
}

/** Parts that say what happens to them; those at 13 cannot be opened. */
function openParts() {
  const said: string[] = [];
  const parts = new SiteParts(async ({ id, at }: Spec) => {
    said.push(`open ${id}${at}`);
    if (at === 13) throw new Error('no such port');
    return {
      async [Symbol.asyncDispose]() {
        said.push(`close ${id}${at}`);
      },
    };
  });
  return { parts, said: () => said.splice(0) };
}

const spec = (id: string, at = 1): Spec => ({ id, at });

test('what is equal is left alone; what is otherwise is closed before it is opened', async () => {
  const { parts, said } = openParts();
  await parts.change([spec('a'), spec('b'), spec('c')]);
  const [a] = [parts.open.get('a')];
  said();
  const back = await parts.change([spec('a'), spec('b', 2), spec('d')]);
  expect(said()).toEqual(['close b1', 'close c1', 'open b2', 'open d1']);
  expect(parts.open.get('a')).toBe(a);
  await back();
  expect(said()).toEqual(['close b2', 'close d1', 'open b1', 'open c1']);
  expect(parts.open.get('a')).toBe(a);
  await parts[Symbol.asyncDispose]();
  expect(parts.open.size).toBe(0);
});

test('where one cannot be opened, they are again what they were', async () => {
  const { parts, said } = openParts();
  await parts.change([spec('a'), spec('b')]);
  const a = parts.open.get('a');
  said();
  await expect(parts.change([spec('a'), spec('b', 2), spec('c', 13)])).rejects.toThrow('no such port');
  expect(said()).toEqual(['close b1', 'open b2', 'open c13', 'close b2', 'open b1']);
  expect([...parts.open.keys()].toSorted()).toEqual(['a', 'b']);
  expect(parts.open.get('a')).toBe(a);
  await parts.change([spec('a'), spec('b')]);
  expect(said()).toEqual([]);
});
