import { expect, test } from 'vitest';
import { SiteParts } from '../../../gateway/site/site-parts.ts';

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

/** Parts that can be moved while they are open, but not to 7. */
function openMovable() {
  const said: string[] = [];
  const parts = new SiteParts(
    async ({ id, at }: Spec) => {
      said.push(`open ${id}${at}`);
      if (at === 13) throw new Error('no such port');
      return {
        async [Symbol.asyncDispose]() {
          said.push(`close ${id}`);
        },
      };
    },
    (_part, from, to) => (to.at === 7 ? undefined : () => void said.push(`move ${from.id}${from.at} to ${to.at}`)),
  );
  return { parts, said: () => said.splice(0) };
}

test('what can be changed while it is open is, once all is settled, and keeps its part', async () => {
  const { parts, said } = openMovable();
  await parts.change([spec('a'), spec('b'), spec('c')]);
  const [a, b] = [parts.open.get('a'), parts.open.get('b')];
  said();
  await parts.change([spec('a', 2), spec('b', 7), spec('d')]);
  expect(said()).toEqual(['close b', 'close c', 'open b7', 'open d1']);
  parts.settle();
  parts.settle();
  expect(said()).toEqual(['move a1 to 2']);
  expect(parts.open.get('a')).toBe(a);
  expect(parts.open.get('b')).not.toBe(b);
  await parts.change([spec('a', 2), spec('b', 7), spec('d')]);
  parts.settle();
  expect(said()).toEqual([]);
});

test('a change that is taken back, or fails, moves nothing', async () => {
  const { parts, said } = openMovable();
  await parts.change([spec('a'), spec('b')]);
  said();
  const back = await parts.change([spec('a', 2), spec('b', 7)]);
  await back();
  parts.settle();
  expect(said()).toEqual(['close b', 'open b7', 'move b7 to 1']);
  await expect(parts.change([spec('a', 2), spec('b', 7), spec('c', 13)])).rejects.toThrow('no such port');
  parts.settle();
  expect(said()).toEqual(['close b', 'open b7', 'open c13', 'close b', 'open b1']);
  await parts.change([spec('a', 3), spec('b')]);
  parts.settle();
  expect(said()).toEqual(['move a1 to 3']);
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
