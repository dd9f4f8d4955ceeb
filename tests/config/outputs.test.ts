import { describe, expect, test } from 'vitest';
import { encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { kinds } from '../../gateway/kinds.ts';
import { writeSite } from './temporary-site.ts';

const RULE = (outputs: string) => `rules:
  - id: wet
    title: { zh: 积水, en: Water }
    on: { device: box, point: run }
    kind: state
    levels: { red: { is: ["on"] } }
    outputs: [${outputs}]`;

async function load(outputs: string, uses = '{ output: pump, levels: { red: "on" } }') {
  await using files = await writeSite({
    'site.yaml': 'gateway: gw-1\ntimeZone: Asia/Shanghai\n',
    'links.yaml': 'links: [{ id: plc, kind: modbus-tcp, host: 10.0.0.5 }]',
    'devices.yaml': `devices:
  - { id: box, profile: pump-contactor, link: plc, address: 1, place: { grid: JS-01 } }
  - { id: relay, profile: generic-relay-8, link: plc, address: 2 }`,
    'rules.yaml': `outputs:\n${outputs}\n${RULE(uses)}`,
  });
  return await loadSite(files.dir, kinds);
}

const PUMP = '  - { id: pump, kind: pump, point: box/run }';

const BAD: readonly [says: string, outputs: string, problem: string][] = [
  ['a point that is not there', '  - { id: pump, kind: pump, point: box/rum }', 'there is no point "box/rum"'],
  [
    'a point that cannot be written',
    '  - { id: pump, kind: pump, point: box/contact }',
    'box/contact cannot be written',
  ],
  [
    'a safe value that is no state',
    '  - { id: pump, kind: pump, point: box/run, safe: idle }',
    'box/run is one of off, on, never "idle"',
  ],
  ['a value that is no state', '  - { id: pump, kind: pump, point: box/run, values: [fast] }', 'never "fast"'],
  [
    'a number without its values',
    '  - { id: pump, kind: pump, point: box/watchdog, safe: 0 }',
    'say which ones may be written',
  ],
  ['a point twice', `${PUMP}\n  - { id: pump-2, kind: pump, point: box/run }`, "box/run is output pump's already"],
  ['an id twice', `${PUMP}\n  - { id: pump, kind: pump, point: relay/relay-1 }`, 'there is a output "pump" already'],
  [
    'a feedback that is not there',
    '  - { id: pump, kind: pump, point: box/run, feedback: { point: box/x } }',
    'there is no point "box/x"',
  ],
  [
    'a watchdog where the profile names none',
    '  - { id: pump, kind: pump, point: relay/relay-1, watchdog: 30s }',
    'names no watchdog',
  ],
  [
    'a watchdog that a lost poll would set off',
    '  - { id: pump, kind: pump, point: box/run, watchdog: 3s }',
    'shorter than three periods',
  ],
  [
    'a maxOn below its minOn',
    '  - { id: pump, kind: pump, point: box/run, minOn: 10s, maxOn: 5s }',
    'maxOn: is shorter than minOn',
  ],
  ['free text for a board', '  - { id: pump, kind: board, point: box/run, text: hello }', 'unknown key "text"'],
];

describe('outputs of a site', () => {
  test.each(BAD)('%s is told at its place', async (_says, outputs, problem) => {
    const { site, problems } = await load(outputs);
    expect(site).toBeNull();
    expect(problems.map(encodeProblem).join('\n')).toContain(problem);
    expect(problems[0]?.file).toBe('rules.yaml');
  });

  test.each([
    ['{ output: pimp, levels: { red: "on" } }', 'there is no output "pimp"'],
    ['{ output: pump, levels: { red: full } }', 'pump may be off, on, not "full"'],
    ['{ output: pump, levels: {} }', 'name at least one of'],
    ['{ output: pump }', 'levels'],
  ])('a rule that wants %s is told why not', async (uses, problem) => {
    const { site, problems } = await load(PUMP, uses);
    expect(site).toBeNull();
    expect(problems.map(encodeProblem).join('\n')).toContain(problem);
  });

  test('what is right is placed whole: values, watchdog, the points whose alarms drive it', async () => {
    const { site, problems } = await load(
      '  - { id: pump, kind: pump, point: box/run, minOn: 1min, on: { grid: JS-01, point: protection }, feedback: { point: box/contact } }',
    );
    expect(problems.map(encodeProblem)).toEqual([]);
    expect(site?.outputs).toEqual([
      {
        ...{ id: 'pump', name: 'pump', kind: 'pump', point: 'box/run', device: 'box', link: 'plc' },
        ...{ safe: 'off', values: ['off', 'on'], minOnMs: 60_000, minOffMs: 0, maxOnMs: null, restMs: null },
        ...{ silence: 'duty', exercise: false, alarmsOf: ['box/protection'] },
        feedback: { point: 'box/contact', withinMs: 5000, shows: {} },
        watchdog: { point: 'box/watchdog', value: 60 },
      },
    ]);
    expect(site?.rules[0]?.outputs).toEqual([
      { outputs: ['pump'], levels: { red: 'on' }, until: 'returned', forMs: null },
    ]);
  });
});
