// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import type { Problem } from '../../config/site.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { GOOD, SECRETS, writeSite } from './temporary-site.ts';

const file = fc.constantFrom(...Object.keys(GOOD));
/** What YAML and the schemas are most likely to trip over. */
const piece = fc.oneof(
  fc.constantFrom(
    '&a ',
    '*a',
    '<<: ',
    '- ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    '!!binary ',
    '!!js/x ',
    '---\n',
    '? ',
    '| ',
    '"',
    "'",
    '\t',
    '\r',
    '\n',
    '#',
    '%YAML 9\n',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'null',
    '~',
    'true',
    '0x',
    '1e999',
    '.nan',
    '${env:CITY}',
    '${file:/dev/zero}',
    '\u0000',
    '\ufeff',
    'gateway',
    'link:',
  ),
  fc.string(),
  fc.uint8Array({ maxLength: 4 }),
);
const cut = fc.record({ file, at: fc.double({ min: 0, max: 1, noNaN: true }), drop: fc.nat(20), piece });

const isPlaced = ({ file, line, column, message }: Problem): boolean =>
  file !== '' && line >= 1 && column >= 1 && message !== '';

test("whatever is done to a good site's bytes gives problems, never an exception, nor the secret", async () => {
  await using site = await writeSite(GOOD);
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 3 }), async (cuts) => {
      const touched = new Map<string, Buffer>();
      for (const { file, at, drop, piece } of cuts) {
        const bytes = touched.get(file) ?? Buffer.from(GOOD[file] ?? '');
        const start = Math.floor(at * bytes.length);
        touched.set(
          file,
          Buffer.concat([bytes.subarray(0, start), Buffer.from(piece as string), bytes.subarray(start + drop)]),
        );
      }
      try {
        for (const [name, bytes] of touched) await writeFile(join(site.dir, name), bytes);
        const { problems, site: loaded } = await loadSite(site.dir, standInKinds, { env: SECRETS });
        expect(problems.every(isPlaced)).toBe(true);
        expect(loaded === null).toBe(problems.some((problem) => problem.severity === 'error'));
        expect(JSON.stringify(problems)).not.toContain(SECRETS.CITY);
      } finally {
        for (const name of touched.keys()) await writeFile(join(site.dir, name), GOOD[name] ?? '');
      }
    }),
    { numRuns: 80 },
  );
});

test.each([
  ['deep flow', '['.repeat(5_000)],
  ['deep blocks', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
  ['a map that holds itself', 'rules: &a [*a]\n'],
  ['nothing but a scalar', '42\n'],
  ['nothing but a list', '- rules\n'],
  ['a key that every object has', '__proto__: []\nrules: []\n'],
])('a file of %s is a problem', async (_, text) => {
  await using site = await writeSite({ ...GOOD, 'rules/b.yaml': text, 'people.yaml': text });
  const { problems } = await loadSite(site.dir, standInKinds, { env: SECRETS });
  expect(problems.filter((problem) => problem.file === 'rules/b.yaml').length).toBeGreaterThan(0);
});
