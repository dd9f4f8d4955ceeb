import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeProblem } from '../../../config/check-report.ts';
import { loadSite } from '../../../config/load.ts';
import { kinds } from '../../../gateway/kinds.ts';
import { writeSite } from '../../e2e/real-gateway.ts';

const SITE = {
  'site.yaml': 'gateway: gw-01\ntimeZone: Asia/Shanghai\nwindows: { night: "22:00-06:00" }',
  'links.yaml': 'links:\n  - { id: bus-1, kind: modbus-tcp, host: 127.0.0.1 }',
  'devices/a.yaml':
    'devices:\n  - { id: noise-07, profile: renke-rs-zs, link: bus-1, address: 1 }\n  - { id: noise-08, profile: renke-rs-zs, link: bus-1, address: 2 }',
};

/** What `gengfu check` says of a site with these permits. */
async function problemsOf(permits: string): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'permits-'));
  try {
    await writeSite(dir, { ...SITE, 'permits/a.yaml': permits });
    return (await loadSite(dir, kinds)).problems.map(encodeProblem);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const permit = (id: string, more = '') =>
  `  - { id: ${id}, on: { device: noise-07 }, from: 2026-07-15, to: 2026-07-16, status: granted${more} }\n`;

const BAD: readonly (readonly [says: string, permits: string, problems: readonly string[]])[] = [
  [
    'two that overlap',
    `permits:\n${permit('a')}${permit('b')}`,
    ['permits/a.yaml:3:46: warning: from: permit b overlaps permit a, which is of the same kind and site'],
  ],
  [
    'two that do not',
    `permits:\n${permit('a')}${permit('b').replace('noise-07', 'noise-08')}${permit('c', ', kind: road-closure')}${permit('d').replace('granted', 'revoked')}`,
    [],
  ],
  [
    'ends before it begins',
    `permits:\n${permit('a').replace('to: 2026-07-16', 'to: 2026-07-14')}`,
    ['permits/a.yaml:2:62: to: ends before it begins (this is text "2026-07-14")'],
  ],
  [
    'a site that is not there',
    `permits:\n${permit('a').replace('noise-07', 'noise-09')}`,
    ['permits/a.yaml:2:28: on.device: there is no device "noise-09"; did you mean "noise-07"?'],
  ],
  [
    'an unknown status',
    `permits:\n${permit('a').replace('granted', 'grantd')}`,
    [
      'permits/a.yaml:2:82: status: must be one of applied, granted, refused, revoked, withdrawn, expired, not text "grantd"; did you mean "granted"?',
    ],
  ],
  [
    'a number twice',
    `permits:\n${permit('a')}${permit('a')}`,
    ['permits/a.yaml:3:11: id: there is a permit "a" already, at permits/a.yaml:2:11: give one of them another id'],
  ],
  [
    'hours that are none',
    `permits:\n${permit('a', ', hours: "22-2"')}`,
    ['permits/a.yaml:2:98: hours: such as 22:00-02:00 (this is text "22-2")'],
  ],
];

test.each(BAD)('%s: told at its place', async (_says, permits, problems) => {
  expect(await problemsOf(permits)).toEqual(problems);
});
