import { expect, test } from 'vitest';
import { encodeProblem } from '../../../config/check-report.ts';
import { loadSite } from '../../../config/load.ts';
import { cabinet } from '../../../drivers/cabinet/kind.ts';
import { permit } from '../../../gateway/rules/permit.ts';
import { derive, rule } from '../../../gateway/rules/rule.ts';
import { writeSite } from '../../config/temporary-site.ts';

const POINT = 'quantity: door.state, states: { 0: closed, 1: open }';

async function problemsOf(points: readonly string[], link = ''): Promise<string[]> {
  await using site = await writeSite({
    'site.yaml': `gateway: g
timeZone: UTC
links: [{ id: box, kind: cabinet${link} }]
devices: [{ id: c, profile: own, link: box }]
`,
    'profiles/own.yaml': `profile: own\nprotocol: cabinet\nevery: 1s\npoints:\n${points.map((each) => `  - { ${each} }\n`).join('')}`,
  });
  const { problems } = await loadSite(site.dir, {
    drivers: [cabinet],
    rule,
    permit,
    derive,
    upstreams: [],
    channels: [],
  });
  return problems.map(encodeProblem);
}

test.each<[string, readonly string[], string, readonly string[]]>([
  ['each point has one source', [`id: a, ${POINT}, gpio: { line: 4 }`, `id: b, ${POINT}, gpio: { line: 5 }`], '', []],
  [
    'a point without a source',
    [`id: a, ${POINT}`],
    '',
    ['profiles/own.yaml:5:5: c/a: must name one of gpio, supply, thermal, hwmon, modem, data'],
  ],
  [
    'a point with two',
    [`id: a, ${POINT}, gpio: { line: 4 }, modem: state`],
    '',
    ['profiles/own.yaml:5:5: c/a: must name one of gpio, supply, thermal, hwmon, modem, data, not gpio and modem'],
  ],
  [
    'two points on one pin',
    [`id: a, ${POINT}, gpio: { line: 4 }`, `id: b, ${POINT}, gpio: { line: 4, bias: pull-up }`],
    '',
    ["profiles/own.yaml:6:5: c/b: gpiochip0 line 4 is c/a's already"],
  ],
  [
    'a zone that is none',
    [`id: a, ${POINT}, gpio: { line: 4 }`],
    ', timeZone: Mars/Base',
    [
      'site.yaml:3:45: timeZone: is not a time zone that is known here; one is Asia/Shanghai (this is text "Mars/Base")',
    ],
  ],
  ['a modem on its AT port', [`id: a, ${POINT}, gpio: { line: 4 }`], ', modem: { by: at, port: /dev/ttyUSB2 }', []],
])('%s', async (_, points, link, problems) => {
  expect(await problemsOf(points, link)).toEqual(problems);
});
