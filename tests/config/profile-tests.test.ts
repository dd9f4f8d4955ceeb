import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeProblem } from '../../config/check-report.ts';
import { loadProfile } from '../../config/lone-device.ts';
import { listShipped } from '../../config/profiles.ts';
import { drivers } from '../../drivers/index.ts';
import { tryTests } from '../../gateway/trial/try-tests.ts';

const dir = join(import.meta.dirname, '../../config/profiles');

describe.each(await listShipped(dir))('profile %s', (name) => {
  test('gives for its own test data what it says, and each point has some', async () => {
    const { model, problems } = await loadProfile(join(dir, `${name}.yaml`), drivers);
    expect(problems.map(encodeProblem)).toEqual([]);
    if (model === null) throw new Error('no model');
    const { isTemplate, tests, points } = model.profile;
    if (isTemplate) {
      expect(tests).toEqual([]);
      return;
    }
    const tried = await tryTests(model, drivers);
    expect(tried.flatMap(({ test: { is }, problems: said }) => said.map((each) => `${is}: ${each}`))).toEqual([]);
    const good = tests.flatMap((each) =>
      Object.entries(each.expect).flatMap(([id, value]) =>
        typeof value !== 'object' || value.quality === 'good' ? [id] : [],
      ),
    );
    expect(points.map(({ model: { id } }) => id).filter((id) => !good.includes(id))).toEqual([]);
  });
});
