import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

const site = (packs: string, more = '') => ({
  'site.yaml': `gateway: gw-1\ntimeZone: Asia/Shanghai\n${more}packs:\n${packs}`,
  'rules/a.yaml': '',
});

const OWN_MAX =
  'rules:\n  - { id: night-noise-max, title: { zh: 一, en: One }, on: { device: noise-1 }, levels: { red: { above: 1 } } }\n';

test('a pack is taken in by name, and any number of it can be otherwise', async () => {
  await using dir = await writeSite({
    ...GOOD,
    ...site(`  - device-health
  - pack: construction-noise
    override:
      night-construction-noise:
        levels: { yellow: { above: 50 }, red: null }
        clear: { by: 1 }
`),
  });
  const { site: loaded, problems } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  expect(problems).toEqual([]);
  expect(loaded?.rules.find((rule) => rule.id === 'night-construction-noise')).toMatchObject({
    levels: { yellow: { above: 50 }, orange: { above: 60 } },
    clear: { by: 1, for: 300_000 },
    legalLimit: 55,
  });
  expect(loaded?.rules.find((rule) => rule.id === 'night-construction-noise')).not.toHaveProperty('levels.red');
  expect(loaded?.rules.map((rule) => rule.id)).toContain('noise-silent');
});

test.each([
  {
    says: 'a pack that is none',
    files: site('  - construction-nose\n'),
    problems: ['site.yaml:4:5: packs: there is no pack "construction-nose"; did you mean "construction-noise"?'],
  },
  {
    says: "a way out of the packs' folder",
    files: site('  - ../../site\n'),
    problems: [
      'site.yaml:4:5: packs: there is no pack "../../site"; known: ambient-noise, cabinet, construction-noise, cooking-fume, device-health, dust, gas, manhole, smoke, waterlogging',
    ],
  },
  {
    says: 'an override of a rule that is none, and one that makes the rule wrong',
    files: site(`  - pack: construction-noise
    override:
      night-noise: { hold: 5s }
      night-noise-max:
        levels: { orange: { abve: 72 } }
        during: evening
`),
    problems: [
      'site.yaml:6:7: override: the pack construction-noise has no rule "night-noise"; known: night-construction-noise, night-noise-max, day-construction-noise, unpermitted-night-work, night-work-beyond-permit, night-construction-noise-2011, day-construction-noise-2011',
      'site.yaml:8:29: pack construction-noise, rule night-noise-max: unknown key "abve": did you mean "above"?',
    ],
  },
  {
    says: 'a window of an override that is none',
    files: site(`  - { pack: construction-noise, override: { night-noise-max: { during: evening } } }\n`),
    problems: [
      'site.yaml:4:72: pack construction-noise, rule night-noise-max: during: there is no window "evening"; known: night, day',
    ],
  },
  {
    says: 'a pack without a point to stand on: a warning where it is taken in',
    files: site('  - smoke\n'),
    problems: ['site.yaml:4:5: warning: no point of this site matches any rule of the pack smoke'],
  },
  {
    says: "a rule of the site with the id of one of a pack's takes its place",
    files: {
      ...site('  - construction-noise\n'),
      'rules/a.yaml': OWN_MAX,
    },
    problems: [],
  },
  {
    says: "an override of a pack's rule whose place the site's own has taken: a warning",
    files: {
      ...site('  - { pack: construction-noise, override: { night-noise-max: { hold: 1min } } }\n'),
      'rules/a.yaml': OWN_MAX,
    },
    problems: [
      "site.yaml:4:45: warning: override: the site's own rule night-noise-max stands in place of the pack's, so this does nothing",
    ],
  },
  {
    says: 'a pack that is taken in twice',
    files: site('  - construction-noise\n  - construction-noise\n'),
    problems: [
      'night-construction-noise',
      'night-noise-max',
      'day-construction-noise',
      'night-work-beyond-permit',
      'unpermitted-night-work',
      'night-construction-noise-2011',
      'day-construction-noise-2011',
    ]
      .map(
        (id) =>
          `site.yaml:5:5: pack construction-noise, rule ${id}: id: there is a rule "${id}" already, at site.yaml:4:5: give one of them another id`,
      )
      .sort(),
  },
])('$says', async ({ files, problems }) => {
  expect(await problemsOf(files)).toEqual(problems);
});
