import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { type Files, GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

const device = (more: string): Files => ({
  'devices/a.yaml': `devices:\n  - id: noise-1\n    profile: meter\n    link: bus-1\n    address: 3\n    scene: construction\n${more}`,
});
const meter = (points: string, more = ''): Files => ({
  'profiles/meter.yaml': `profile: meter\nprotocol: bus\nevery: 5s\n${more}points:\n${points}`,
  'rules/a.yaml': '',
});
const GAUGE = meter(`  - id: depth
    quantity: water.depth
    unit: mm
    register: { address: 0, type: u16 }
    from: height
    range: [200, 6000]
`);

async function pointOf(files: Files) {
  await using site = await writeSite({ ...GOOD, ...files });
  const { site: loaded } = await loadSite(site.dir, standInKinds, { env: SECRETS });
  return loaded?.links[0]?.devices[0]?.points[0];
}

test('a depth is the height of the device less what it measures, and below zero it is out of range', async () => {
  const point = await pointOf({ ...GAUGE, ...device('    height: 4.2m\n') });
  expect(point?.convert).toEqual({ factor: -0.1, offset: 420 });
  expect(point?.range).toEqual([200, 4200]);
});

test('a height in another unit than the point is the same height', async () => {
  const metres = meter(
    '  - { id: level, quantity: water.level, unit: cm, register: { address: 0, type: u16 }, from: height }\n',
  );
  const point = await pointOf({ ...metres, ...device('    height: 5200mm\n') });
  expect(point?.convert.factor).toBeCloseTo(-0.01, 12);
  expect(point?.convert.offset).toBeCloseTo(5.2, 12);
  expect(point?.range).toEqual([Number.NEGATIVE_INFINITY, 520]);
});

test.each<[string, Files, string[]]>([
  [
    'a height that is missing',
    { ...GAUGE, ...device('') },
    [
      "devices/a.yaml:2:5: height: is missing: depth is the device's height above the surface less what it measures, such as 4.2m",
    ],
  ],
  [
    'a height within the blanking distance',
    { ...GAUGE, ...device('    height: 15cm\n') },
    ['devices/a.yaml:7:13: height: 150 mm is nearer than the 200 mm it can measure'],
  ],
  [
    'a height beyond the range is a warning',
    { ...GAUGE, ...device('    height: 7m\n') },
    [
      'devices/a.yaml:7:13: warning: height: 7000 mm is farther than the 6000 mm it can measure: depth is out of range while it is small',
    ],
  ],
  [
    'a height without a unit',
    { ...GAUGE, ...device('    height: "4.2"\n') },
    ['devices/a.yaml:7:13: height: must be a number and a unit of mm cm m, such as 4.2m (this is text "4.2")'],
  ],
  [
    'a noise from a height',
    meter('  - { id: la, quantity: noise.la, register: { address: 0, type: u16 }, from: height }\n'),
    ['profiles/meter.yaml:5:78: from: only a length, in mm, cm or m, can be taken from a height'],
  ],
  [
    'a test of a point that is not there',
    meter(
      '  - { id: la, quantity: noise.la, register: { address: 0, type: u16 } }\n',
      'tests:\n  - { is: loud, holding: { 0: 583 }, expect: { lq: 58.3 } }\n',
    ),
    ['profiles/meter.yaml:5:48: tests: there is no point "lq"; did you mean "la"?'],
  ],
  [
    'a test with a register that is none, and without a sentence',
    meter(
      '  - { id: la, quantity: noise.la, register: { address: 0, type: u16 } }\n',
      'tests:\n  - { holding: { 0: 65536 }, expect: { la: 58.3 } }\n',
    ),
    [
      'profiles/meter.yaml:5:5: tests.is: is missing: it must be text',
      'profiles/meter.yaml:5:21: tests.holding.0: must be at most 65535, not number 65536',
    ],
  ],
  [
    'a template that a device names',
    meter('  - { id: la, quantity: noise.la }\n', 'template: true\n'),
    [
      'devices/a.yaml:4:14: profile: meter is a template, which says what such a device has but not where: write it into the site\'s profiles/ by "gengfu profile show meter", say there where each point stands as the maker\'s manual has it, and take "template: true" away',
    ],
  ],
  [
    'what is no template and has a point without its place',
    meter('  - { id: la, quantity: noise.la }\n'),
    ['profiles/meter.yaml:5:5: register: is missing: it must be a map'],
  ],
  [
    'a template that nobody names yet',
    {
      'profiles/later.yaml':
        'profile: later\nprotocol: bus\nevery: 5s\ntemplate: true\npoints: [{ id: la, quantity: noise.la }]\n',
    },
    [],
  ],
])('%s', async (_sentence, files, problems) => {
  expect(await problemsOf(files)).toEqual(problems);
});
