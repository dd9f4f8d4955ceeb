import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');
const SECTIONS = ['A rule', 'From value to alarm', 'Time', 'Safety first', 'Replay', 'Packs'];

interface Row {
  readonly section: string;
  readonly sentence: string;
  readonly proofs: readonly string[];
}

const text = await readFile(join(HERE, 'README.md'), 'utf8');
const rows = text.split(/^## /m).flatMap((part): Row[] => {
  const [section = '', ...lines] = part.split('\n');
  const cells = lines.filter((line) => line.startsWith('| ')).map((line) => line.split('|').slice(1, -1));
  return cells.slice(1).map(([sentence = '', proofs = '']) => ({
    section,
    sentence: sentence.trim(),
    proofs: proofs.split(',').flatMap((proof) => (proof.trim() === '' ? [] : [proof.trim()])),
  }));
});
const folders = (await readdir(HERE, { withFileTypes: true })).filter((each) => each.isDirectory());

test('every section has its sentences', () => {
  expect([...new Set(rows.map(({ section }) => section))]).toEqual(SECTIONS);
  expect(rows.length).toBeGreaterThan(70);
});

test('every sentence has a proof, and every proof is there', () => {
  const missing = rows.flatMap(({ sentence, proofs }) => {
    if (proofs.length === 0) return [`no proof of: ${sentence}`];
    const isThere = (proof: string) => existsSync(proof.includes('/') ? join(ROOT, proof) : join(HERE, proof, 'site'));
    return proofs.filter((proof) => !isThere(proof)).map((proof) => `${proof} is not there, of: ${sentence}`);
  });
  expect(missing).toEqual([]);
});

test('every case is of a sentence', () => {
  const named = new Set(rows.flatMap(({ proofs }) => proofs));
  expect(folders.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
});
