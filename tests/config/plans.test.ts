import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

const MIN = 60_000;
const plansOf = async (text: string) => {
  await using site = await writeSite({ ...GOOD, 'rules/plans.yaml': text });
  const loaded = await loadSite(site.dir, standInKinds, { env: SECRETS });
  if (loaded.site === null) throw new Error(JSON.stringify(loaded.problems));
  return loaded.site;
};

test('the plans that ship are there, and a site’s own takes the place of one', async () => {
  const { plans } = await plansOf(`plans:
  - id: flood
    title: { zh: 积水, en: Flood }
    acknowledge: 2min
    arrive: { orange: 15min, red: 10min }
    verify: {}
    escalate: { every: 3min, tiers: 2 }
`);
  expect(plans.map(({ id }) => id)).toEqual(['flood', 'standard', 'urgent', 'fire', 'maintenance']);
  expect(plans[0]).toEqual({
    id: 'flood',
    title: { zh: '积水', en: 'Flood' },
    steps: {
      acknowledge: { blue: 2 * MIN, yellow: 2 * MIN, orange: 2 * MIN, red: 2 * MIN },
      arrive: { orange: 15 * MIN, red: 10 * MIN },
      verify: {},
    },
    escalate: { everyMs: 3 * MIN, tiers: 2 },
    followsWithinMs: 60 * MIN,
    pauseAtMostMs: 24 * 60 * MIN,
  });
  const standard = plans.find(({ id }) => id === 'standard');
  expect(standard?.steps.acknowledge?.yellow).toBe(5 * MIN);
  expect(standard?.steps.arrive?.red).toBe(30 * MIN);
});

test('cards know the points that they are of', async () => {
  const { cards } = await plansOf(`cards:
  - { id: c, title: 封路, on: { scene: construction }, from: red, close: { zh: 南北入口, en: both ends }, steps: [拉警戒] }
`);
  expect(cards).toEqual([
    {
      id: 'c',
      title: { zh: '封路', en: '封路' },
      rules: null,
      points: ['noise-1/la'],
      from: 'red',
      close: { zh: '南北入口', en: 'both ends' },
      steps: [{ zh: '拉警戒', en: '拉警戒' }],
    },
  ]);
});

const RED = (more: string) => `rules: [{ id: r, title: { zh: 甲, en: A }, on: { scene: construction }, ${more} }]\n`;
const PEOPLE = 'contacts: [{ id: li, name: Li, phone: "13800000000", roles: [duty] }]\n';

test.each([
  ['levels: { red: { above: 1 } }', PEOPLE, true],
  ['kind: silent, after: 1h, level: red', PEOPLE, true],
  ['levels: { red: { above: 1 } }, respond: fire', PEOPLE, false],
  ['levels: { red: { above: 1 } }, respond: none', PEOPLE, false],
  ['levels: { orange: { above: 1 } }', PEOPLE, false],
  ['levels: { red: { above: 1 } }', 'contacts: []\n', false],
])('who has people is told that what is red and has no plan is called once: %s', async (more, people, isTold) => {
  const problems = await problemsOf({ 'rules/plans.yaml': RED(more), 'people.yaml': people });
  const own = problems.filter((problem) => problem.includes('respond'));
  expect(own).toEqual(
    isTold ? [expect.stringContaining('warning: respond: rule r can be red and names no response plan')] : [],
  );
});

test('the plan by which an incident is acknowledged is one that is there', async () => {
  const site = GOOD['site.yaml'] ?? '';
  const problems = await problemsOf({ 'site.yaml': `${site}alarms: { flood: { respond: standart } }\n` });
  expect(problems).toEqual([expect.stringContaining('there is no response plan "standart"; did you mean "standard"?')]);
});

test.each([
  [
    'plans: [{ id: a, title: { zh: 甲, en: A } }]',
    [':1:9: name at least one step: acknowledge, dispatch, accept, arrive, resolve, verify'],
  ],
  ['plans: [{ id: a, title: { zh: 甲, en: A }, arrive: soon }]', [':1:51: arrive: must be a number and a unit']],
  [
    'plans: [{ id: a, title: { zh: 甲, en: A }, verify: {}, arive: 5min }]',
    [':1:55: unknown key "arive": did you mean "arrive"?'],
  ],
  ['plans: [{ id: a, title: { zh: 甲, en: A }, verify: { purple: 5min } }]', [':1:53: unknown key "purple"']],
  [
    'rules: [{ id: r, title: { zh: 甲, en: A }, on: { scene: construction }, respond: standart, levels: { red: { above: 1 } } }]',
    [':1:81: respond: there is no response plan "standart"; did you mean "standard"?'],
  ],
  [
    'cards: [{ id: c, title: 甲, on: { device: nowhere } }]',
    [': warning: on: no point of this site matches, so card c is never shown'],
  ],
])('what is wrong in %s is told at its place', async (text, expected) => {
  const problems = await problemsOf({ 'rules/plans.yaml': `${text}\n` });
  expect(problems).toHaveLength(expected.length);
  for (const [index, part] of expected.entries()) expect(problems[index]).toContain(part);
});
