import { expect, test } from 'vitest';
import { encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { kinds } from '../../gateway/kinds.ts';
import { writeSite } from './temporary-site.ts';

/** What `check` says of a site with two links of instruments, whose clocks the gateway sets on one only, and a smoke detector. */
async function checkOf(clock: string): Promise<string[]> {
  const device = (id: string, link: string, mn: number) =>
    `  - { id: ${id}, profile: meter, link: ${link}, mn: "${String(mn).padStart(24, '0')}" }`;
  await using site = await writeSite({
    'site.yaml': `gateway: gw-1\ntimeZone: Asia/Shanghai\nclock: ${clock}\n`,
    'links.yaml': `links:
  - { id: own, kind: hj212, listen: "127.0.0.1:9212", timeSet: false }
  - { id: set, kind: hj212, listen: "127.0.0.1:9213" }
  - { id: bus, kind: modbus-tcp, host: 127.0.0.1 }`,
    'profiles/meter.yaml': `profile: meter
title: { zh: 声级计, en: Sound level meter }
protocol: hj212
every: 60s
points: [{ id: la, quantity: noise.la, unit: dB(A), factor: LA-Rtd }]`,
    'devices.yaml': `devices:\n${[device('noise-1', 'own', 1), device('noise-2', 'own', 2), device('noise-3', 'set', 3)].join('\n')}
  - { id: noise-4, profile: renke-rs-zs, link: bus, address: 1 }`,
  });
  const { problems } = await loadSite(site.dir, kinds, {});
  return problems.filter(({ severity }) => severity === 'error').map(encodeProblem);
}

test.each<[says: string, clock: string, problems: string[]]>([
  ['two instruments that nobody sets', '{ sources: [hj212], instruments: [noise-1, noise-2] }', []],
  [
    'none is named',
    '{ sources: [hj212] }',
    ['site.yaml:3:20: clock.sources: hj212 needs clock.instruments: the devices whose own time is to be believed'],
  ],
  [
    'one whose clock the gateway sets: it would be told its own time',
    '{ sources: [hj212], instruments: [noise-1, noise-3] }',
    [
      'site.yaml:3:51: clock.instruments: the gateway sets the clock of noise-3 itself, so it cannot tell the time: set timeSet: false on set',
    ],
  ],
  [
    'one that has no time of its own',
    '{ sources: [hj212], instruments: [noise-4] }',
    ['site.yaml:3:42: clock.instruments: noise-4 is on bus, a link of kind modbus-tcp; only hj212 tells its own time'],
  ],
  [
    'one that does not exist',
    '{ sources: [hj212], instruments: [noise-5] }',
    ['site.yaml:3:42: clock.instruments: there is no device "noise-5"; did you mean "noise-1"?'],
  ],
  [
    'they are named, and not asked',
    '{ sources: [], instruments: [noise-1] }',
    ['site.yaml:3:37: clock.instruments: noise-1 is not asked: clock.sources does not have hj212'],
  ],
  [
    'one twice',
    '{ sources: [hj212], instruments: [noise-1, noise-1] }',
    ['site.yaml:3:28: clock.instruments: must name each device once'],
  ],
])('%s', async (_says, clock, problems) => {
  expect(await checkOf(clock)).toEqual(problems);
});
