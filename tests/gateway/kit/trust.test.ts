import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTrust, parseChrony } from '../../../gateway/kit/trust.ts';

const HOUR = 3_600_000;
const tracking = (offset: string, leap: string) =>
  `CB00710F,203.0.113.15,3,1784124000.1,${offset},-0.000002,0.000014,-8.7,0.001,0.02,0.01,0.001,64.2,${leap}\n`;

const rows: readonly [string, string, string | null][] = [
  ['synchronised, and near', tracking('0.000013', 'Normal'), 'normal'],
  ['not synchronised', tracking('0.000000', 'Not synchronised'), null],
  ['synchronised, but the clock is still an hour off and may only be slewed', tracking('-3600.2', 'Normal'), null],
  ['no answer', '', null],
  ['an answer that is something else', '506 Cannot talk to daemon', null],
];
test.each(rows)('chrony: %s', (_, stdout, wanted) => {
  expect(parseChrony(stdout)).toBe(wanted);
});

test('timesyncd: what it said before somebody moved the clock counts no more, until it says so anew', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-trust-'));
  try {
    const mark = join(dir, 'synchronized');
    let line = 0;
    {
      using none = await openTrust('timesyncd', { mark, line: () => line });
      expect(none.trust()).toBe('unknown');
    }
    await writeFile(mark, '');
    using trust = await openTrust('timesyncd', { mark, line: () => line });
    expect(trust.trust()).toBe('synchronised');
    const looked = trust.stepped();
    expect(trust.trust()).toBe('unknown');
    await looked;
    expect(trust.trust()).toBe('unknown');
    await utimes(mark, 1, 2_000_000_000);
    await trust.stepped();
    expect(trust.trust()).toBe('synchronised');
    line = 23 * HOUR;
    expect(trust.trust()).toBe('synchronised');
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('always is always, whoever moves the clock', async () => {
  using trust = await openTrust('always');
  await trust.stepped();
  expect(trust.trust()).toBe('synchronised');
});
