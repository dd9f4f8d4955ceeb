import { expect, test } from 'vitest';
import { takeAction } from '../../gateway/action-command.ts';

test('a refusal is handed on with its code', async () => {
  const refused = { status: 'refused', code: 'never-shelved', message: 'smoke' } as const;
  expect(await takeAction(async () => refused, { kind: 'shelve', alarm: 'a', note: 'x' }, 'city')).toEqual(refused);
});
