import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** What people do in the demo's night: when, who, what, on which alarm. */
const DEEDS: readonly (readonly [
  time: string,
  by: string,
  alarm: string,
  ...deed: readonly (string | readonly [string, string])[],
])[] = [
  ['21:41:00', '值班员', 'fume-purifier-off@fume-03', 'acknowledge'],
  ['21:46:00', '值班员', 'fume-over@fume-03', 'acknowledge'],
  ['22:17:00', '值班员', 'night-construction-noise@noise-07', 'acknowledge'],
  ['22:18:00', '值班员', 'night-construction-noise@noise-11', 'acknowledge'],
  ['22:21:00', '值班员', 'night-construction-noise@noise-07', ['dispatch', '夜巡队']],
  ['22:26:30', '值班员', 'night-construction-noise@noise-07', 'acknowledge'],
  ['22:36:00', '值班员', 'night-construction-noise@noise-07', 'acknowledge'],
  ['22:36:30', '值班员', 'noise-silent@noise-19', 'acknowledge'],
  ['22:41:00', '值班员', 'night-noise-max@noise-07', 'acknowledge'],
  ['22:49:00', '夜巡队', 'night-construction-noise@noise-07', 'arrive'],
  ['23:12:00', '夜巡队', 'night-construction-noise@noise-07', 'resolve'],
  ['23:53:00', '值班员', 'waterlogging@water-02', 'acknowledge'],
  ['23:55:00', '值班员', 'waterlogging@water-02', ['dispatch', '排水班']],
  ['23:59:30', '值班员', 'waterlogging@water-02', 'acknowledge'],
  ['00:00:00', '值班员', 'waterlogging@water-05', 'acknowledge'],
  ['00:00:00', '值班员', 'water-rise@water-02', 'acknowledge'],
  ['00:04:20', '值班员', 'waterlogging@water-02', 'acknowledge'],
  ['00:05:30', '排水班', 'waterlogging@water-02', 'arrive'],
  ['00:06:50', '值班员', 'waterlogging@water-02', 'acknowledge'],
  ['00:10:00', '值班员', 'cover-tilt@cover-21', 'acknowledge', ['dispatch', '排水班']],
  ['00:12:00', '值班员', 'mains-lost@cabinet-01', 'acknowledge'],
  ['00:14:00', '排水班', 'cover-tilt@cover-21', 'arrive'],
  ['01:22:00', '排水班', 'cover-tilt@cover-21', 'resolve'],
  ['01:34:00', '排水班', 'waterlogging@water-02', 'resolve'],
  ['01:42:20', '值班员', 'smoke-alarm@smoke-12', 'acknowledge', ['dispatch', '微型消防站']],
  ['01:46:00', '微型消防站', 'smoke-alarm@smoke-12', 'arrive'],
  ['01:50:00', '微型消防站', 'smoke-alarm@smoke-12', 'resolve'],
  ['02:07:00', '带班领导', 'night-construction-noise@noise-11', 'acknowledge'],
  ['02:12:00', '值班员', 'night-construction-noise@noise-11', ['dispatch', '夜巡队']],
  ['02:31:00', '夜巡队', 'night-construction-noise@noise-11', 'arrive'],
  ['02:50:00', '夜巡队', 'night-construction-noise@noise-11', 'resolve'],
  ['03:12:00', '值班员', 'smoke-battery@smoke-09', 'acknowledge'],
  ['03:31:00', '值班员', 'cover-tilt@cover-33', 'acknowledge', ['dispatch', '夜巡队']],
  ['03:44:00', '夜巡队', 'cover-tilt@cover-33', 'arrive'],
  ['04:10:00', '夜巡队', 'cover-tilt@cover-33', 'resolve'],
];

/** Of a device, the point that its rule is on. */
const POINTS: Readonly<Record<string, string>> = {
  noise: 'la',
  water: 'depth',
  cover: 'tilt',
  smoke: 'state',
  cabinet: 'mains',
};
const FUME: Readonly<Record<string, string>> = { 'fume-over': 'fume', 'fume-purifier-off': 'fan-current' };

let folder = '';
const node = (args: readonly string[]) => {
  const env = { ...process.env, GENGFU_DEMO_MQTT_PASSWORD: 'of-no-use-here' };
  return spawnSync(process.execPath, [...args], { encoding: 'utf8', maxBuffer: 256 * 2 ** 20, env });
};

interface Told {
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly data: {
    readonly alarm: string;
    readonly response: { readonly late: string | null; readonly tier: number; readonly plan: string } | null;
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gengfu-people-'));
  await cp('config/demo', join(folder, 'site'), { recursive: true });
  for (const name of await readdir(join(folder, 'site'), { recursive: true })) {
    if (!name.endsWith('.yaml')) continue;
    const text = await readFile(join(folder, 'site', name), 'utf8');
    const bus = 'kind: modbus-rtu, port: /dev/ttyUSB0, baud: 9600, parity: none';
    await writeFile(
      join(folder, 'site', name),
      text.replaceAll('__BUS_1__', bus).replace(/__[A-Z0-9_]+_PORT__/g, '1502'),
    );
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the night with its people: one step is late, at 02:05:00, and every alarm but the low battery is closed', async () => {
  const { stdout } = node(['firmware-sim/record.ts', 'firmware-sim/scenarios/demo-night.yaml']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => ({ at: Date.parse((JSON.parse(line) as { at: string }).at), line }));
  for (const [time, by, rule, ...deeds] of DEEDS) {
    const at = `${time >= '12' ? '2026-07-15' : '2026-07-16'}T${time}+08:00`;
    const [id = '', device = ''] = rule.split('@');
    const point = FUME[id] ?? POINTS[device.replace(/-\d+$/, '')];
    for (const deed of deeds) {
      const asked = typeof deed === 'string' ? { kind: deed } : { kind: deed[0], to: deed[1] };
      const line = JSON.stringify({ at, action: { ...asked, by, alarm: `${rule}/${point}` } });
      lines.push({ at: Date.parse(at), line });
    }
  }
  // At one instant the readings come first.
  lines.sort((a, b) => a.at - b.at);
  const file = join(folder, 'night.jsonl');
  await writeFile(file, `${lines.map(({ line }) => line).join('\n')}\n`);
  const replayed = node([
    'gateway/main.ts',
    'replay',
    '--site',
    join(folder, 'site'),
    file,
    '--until',
    '2026-07-16T05:00:00+08:00',
  ]);
  expect(replayed.status, replayed.stderr).toBe(0);
  const told = replayed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
  const of = (step: string) => told.filter(({ type }) => type.endsWith(`.${step}`));
  const late = of('escalated').map(({ time, subject, data }) => [
    time.slice(11, 19),
    subject,
    data.response?.late,
    data.response?.tier,
  ]);
  expect(late).toEqual([['02:05:00', 'noise-11/la/night-construction-noise', 'acknowledge', 2]]);
  const counts = ['dispatched', 'arrived', 'resolved'].map((step) => of(step).length);
  expect(counts).toEqual([6, 6, 6]);
  const closed = new Set(of('closed').map(({ data }) => data.alarm));
  const open = of('raised').filter(({ data }) => !closed.has(data.alarm));
  expect([of('raised').length, open.map(({ subject }) => subject)]).toEqual([14, ['smoke-09/state/smoke-battery']]);
  // The crew reports after it has returned: only then it closes.
  const end = (subject: string) =>
    of('closed')
      .find((each) => each.subject === subject)
      ?.time.slice(11, 19);
  expect(end('water-02/depth/waterlogging')).toBe('01:34:00');
  expect(end('noise-11/la/night-construction-noise')).toBe('02:50:00');
});
