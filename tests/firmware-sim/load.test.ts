import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadScenario } from '../../firmware-sim/load.ts';

const dir = mkdtempSync(join(tmpdir(), 'gengfu-scenario-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, 'scenario.yaml');
const PROFILES = ['config/profiles'];

const RIGHT = `scenario: street
start: 2026-07-15T21:30:00+08:00
end: 2026-07-15T22:30:00+08:00
links:
  tcp: { kind: modbus-tcp }
  bus: { kind: modbus-rtu, baud: 4800 }
devices:
  - id: noise-07
    link: tcp
    profile: renke-rs-zs
    unit: 1
    persona: slow
    values: { la: 61.5 }
`;

test('a scenario that says all that is wanted is read', () => {
  writeFileSync(file, RIGHT);
  expect(loadScenario(file, PROFILES).devices[0]).toMatchObject({ id: 'noise-07', persona: 'slow' });
});

test.each([
  ['a list that does not end', 'values: { la: 61.5 }', 'values: [1', '14:1: ', 'Flow sequence'],
  ['a name that is there twice', 'unit: 1', 'link: bus', '11:5: ', 'unique'],
  ['a persona that there is none of', 'slow', 'slwo', '12:14: scenario.devices.0.persona: one of ', 'found "slwo"'],
  [
    'a field that is written wrong',
    'persona:',
    'personna:',
    '12:15: scenario.devices.0.personna: ',
    'nothing is read here',
  ],
  [
    'a field of another kind of link',
    'modbus-tcp }',
    'modbus-tcp, baud: 9600 }',
    '5:34: scenario.links.tcp.baud: ',
    'nothing is read here',
  ],
  [
    'a link that is not there',
    'link: tcp',
    'link: tpc',
    '9:11: scenario.devices.0.link: one of tcp, bus',
    'found "tpc"',
  ],
  [
    'a profile that is not there',
    'renke-rs-zs',
    'renke',
    '10:14: scenario.devices.0.profile: ',
    'config/profiles is wanted, found "renke"',
  ],
  [
    'a point that the profile has not',
    'la: 61.5',
    'laeq: 61.5',
    '13:21: scenario.devices.0.values.laeq: a point of renke-rs-zs',
    '',
  ],
  ['a field that is missing', 'scenario: street\n', '', '1:1: scenario.scenario: a text is wanted', 'found nothing'],
  ['points beside a profile', 'unit: 1', 'points: []', '11:13: scenario.devices.0.points: ', 'nothing is read here'],
])('%s is told with its place', (_sentence, right, wrong, place, what) => {
  writeFileSync(file, RIGHT.replace(right, wrong));
  const load = () => loadScenario(file, PROFILES);
  expect(load).toThrow(`${file}:${place}`);
  expect(load).toThrow(what);
});
