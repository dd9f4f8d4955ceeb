import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** A folder, and what a file in it must not import. */
const WRONG: readonly (readonly [folder: string, specifier: string])[] = [
  ['gateway/kit', '../rules/finding.ts'],
  ['config', '../drivers/point.ts'],
  ['drivers', '../gateway/rules/finding.ts'],
  ['drivers/modbus', '../../config/site.ts'],
  ['gateway/rules', '../alarms/alarm.ts'],
  ['gateway/rules', 'node:fs'],
  ['gateway/alarms', '../../drivers/point.ts'],
  ['gateway/ledger', '../alarms/alarm.ts'],
  ['gateway/judge', '../site/site-plan.ts'],
  ['gateway/replay', '../ledger/ledger.ts'],
  ['gateway/history', '../alarms/alarm.ts'],
  ['gateway/upstream', '../alarms/alarm.ts'],
  ['gateway/notify', '../alarms/alarm-book.ts'],
  ['gateway/notify/channels', '../../alarms/alarm.ts'],
  ['gateway/outputs', '../alarms/alarm-book.ts'],
  ['gateway/api', '../../drivers/point.ts'],
  ['firmware-sim', '../drivers/reading.ts'],
];

test('an import against the stream is seen by the linter, in every folder that has a direction', async () => {
  const planted = WRONG.map(([folder], i) => join(folder, `planted-${i}.ts`));
  try {
    await Promise.all(WRONG.map(([, specifier], i) => writeFile(planted[i] ?? '', `import '${specifier}';\n`)));
    const { stdout, stderr } = spawnSync(
      'npx',
      ['biome', 'lint', '--max-diagnostics=200', '--reporter=github', ...planted],
      {
        encoding: 'utf8',
      },
    );
    const seen = planted.filter((file) => new RegExp(`noRestrictedImports[^\n]*${file}`).test(stdout + stderr));
    expect(seen).toEqual(planted);
  } finally {
    await Promise.all(planted.map((file) => rm(file, { force: true })));
  }
});
