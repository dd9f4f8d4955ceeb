// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { describe, expect, test } from 'vitest';
import { encodeCheck, encodeProblem } from '../../../config/check-report.ts';
import { loadSite } from '../../../config/load.ts';
import { hj212 } from '../../../drivers/hj212/kind.ts';
import { kinds } from '../../../gateway/kinds.ts';
import { writeSite } from '../../config/temporary-site.ts';
import { makeDevice, makeLink } from './site.ts';

const MN = '010000A8900016F000169DC0';
const LINK = '{ id: instruments, kind: hj212, listen: "0.0.0.0:9212" }';
const NOISE = `{ id: noise-1, profile: hj212-noise, link: instruments, mn: "${MN}", password: "\${env:PW}" }`;

async function problemsOf(links: readonly string[], devices: readonly string[], more: Record<string, string> = {}) {
  await using site = await writeSite({
    'site.yaml': 'gateway: g\ntimeZone: Asia/Shanghai\n',
    'links.yaml': `links:\n${links.map((link) => `  - ${link}\n`).join('')}`,
    'devices/a.yaml': `devices:\n${devices.map((device) => `  - ${device}\n`).join('')}`,
    ...more,
  });
  const loaded = await loadSite(site.dir, kinds, { env: { PW: '123456' } });
  return { lines: loaded.problems.map(encodeProblem), ok: encodeCheck(loaded).at(-1) };
}

test('a site with an HJ 212 link and a device of each model that ships is right', async () => {
  const devices = ['hj212-noise', 'hj212-dust-noise', 'hj212-fume'].map(
    (profile, n) =>
      `{ id: d${n}, profile: ${profile}, link: instruments, mn: "${MN.slice(0, -1)}${n}", password: "\${env:PW}" }`,
  );
  expect(await problemsOf([LINK], devices)).toEqual({
    lines: [],
    ok: 'ok: 1 link, 3 devices, 19 points, 0 rules, 0 permits',
  });
});

describe('what is wrong is told at its place', () => {
  test.each<[says: string, links: string[], devices: string[], wanted: string[]]>([
    [
      'a link that neither listens nor has a port',
      ['{ id: instruments, kind: hj212 }'],
      [NOISE],
      ['links.yaml:2:5: needs either listen (a TCP address) or port (a serial port)'],
    ],
    [
      'one that has both',
      ['{ id: instruments, kind: hj212, listen: "0.0.0.0:1", port: /dev/ttyS0 }'],
      [NOISE],
      ['links.yaml:2:5: cannot have both; it needs either listen (a TCP address) or port (a serial port)'],
    ],
    [
      'an edition that is none',
      [LINK.replace(' }', ', edition: 2018 }')],
      [NOISE],
      ['links.yaml:2:70: edition: must be one of 2005, 2017, 2025, not number 2018'],
    ],
    [
      'two instruments with one MN',
      [LINK],
      [NOISE, NOISE.replace('noise-1', 'noise-2')],
      [`devices/a.yaml:3:65: noise-2, mn: ${MN} is noise-1's MN; each instrument on a link needs its own`],
    ],
    [
      'no password',
      [LINK],
      [NOISE.replace(/, password.*"/, '')],
      [
        'devices/a.yaml:2:5: warning: noise-1, password: there is none, so whoever sends this MN is believed; set password: "${env:NAME}" to its PW',
      ],
    ],
    [
      'an MN that is none by the standard',
      [LINK],
      [NOISE.replace(MN, 'LXHB')],
      [
        'devices/a.yaml:2:65: warning: noise-1, mn: LXHB is none by the standard: 24 characters 0-9 A-F, or 14 in the 2005 edition',
      ],
    ],
    [
      'an MN without quotes, which YAML takes for a number',
      [LINK],
      [NOISE.replace(`"${MN}"`, '88888880000001')],
      ['devices/a.yaml:2:65: mn: must be text, not number 88888880000001; put it in quotes'],
    ],
  ])('%s', async (_says, links, devices, wanted) => {
    const { lines } = await problemsOf(links, devices);
    expect(lines).toEqual(wanted);
  });
});

test('a point that stands nowhere', async () => {
  const profile = 'profile: own\nprotocol: hj212\nevery: 1min\npoints:\n';
  const { lines } = await problemsOf([LINK], [NOISE.replace('hj212-noise', 'own')], {
    'profiles/own.yaml': `${profile}  - { id: a, quantity: noise.la, factor: LA }\n  - { id: b, quantity: noise.la, factor: LA-Avg, cn: 2061 }\n  - { id: c, quantity: noise.la, factor: LA-Avg, cn: 1012 }\n`,
  });
  expect(lines).toEqual([
    expect.stringContaining('profiles/own.yaml:5:42: factor: must be a factor and its suffix, such as LA-Rtd'),
    expect.stringContaining('cn: must be one of 2011, 2021, 2031, 2041, 2051, 2061'),
  ]);
});

test('times are of the zone that the link has, else of the standard’s', () => {
  expect(makeLink({ listen: '127.0.0.1:0' }, []).options.timeZone).toBeUndefined();
  expect(() => makeLink({ listen: '127.0.0.1:0', timeZone: 'Mars/Olympus' }, [])).toThrow('time zone');
  expect(hj212.check(makeLink({ port: '/dev/ttyS0' }, [makeDevice()]))).toEqual([]);
});
