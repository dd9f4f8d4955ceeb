import { expect, test } from 'vitest';
import type { SiteDevice, SiteLink, SitePoint } from '../../../config/site.ts';
import type { GatewaySite } from '../../../gateway/kinds.ts';
import { rule } from '../../../gateway/rules/rule.ts';
import { changesOf, isNothing } from '../../../gateway/site/site-changed.ts';
import { planSite } from '../../../gateway/site/site-plan.ts';
import { aPoint } from '../../tools/judged.ts';

const point = (more: Partial<SitePoint> = {}): SitePoint => ({
  ...aPoint(),
  link: 'bus',
  source: { register: 1 },
  convert: { factor: 1, offset: 0 },
  ...more,
});

const device = (id: string, more: Partial<SiteDevice> = {}, points: readonly SitePoint[] = [point()]): SiteDevice => ({
  id,
  name: id,
  link: 'bus',
  protocol: 'modbus',
  model: 'm',
  options: { address: 1 },
  profile: {},
  scene: null,
  place: { grid: null, at: null },
  asset: null,
  points,
  ...more,
});

const link = (id: string, devices: readonly SiteDevice[], more: Partial<SiteLink> = {}): SiteLink => ({
  id,
  kind: 'modbus-tcp',
  protocol: 'modbus',
  options: { host: '10.0.0.5' },
  devices,
  ...more,
});

function site(links: readonly SiteLink[] = [link('bus', [device('d')])], more: Partial<GatewaySite> = {}): GatewaySite {
  return {
    gateway: 'g-1',
    name: 'g-1',
    timeZone: 'Asia/Shanghai',
    windows: {},
    clockTrust: 'auto',
    notEvaluableAfterMs: 2_700_000,
    console: { listen: { host: '127.0.0.1', port: 8080 } },
    broker: null,
    upstreams: [],
    channels: [],
    links,
    points: links.flatMap(({ devices }) => devices.flatMap(({ points }) => points)),
    rules: [],
    permits: [],
    ...more,
  } as GatewaySite;
}

const aRule = (above: number) =>
  rule.parse({ id: 'r', title: { zh: '规', en: 'r' }, on: { device: 'd' }, levels: { red: { above } } });
const withPoint = (more: Partial<SitePoint>) => site([link('bus', [device('d', {}, [point(more)])])]);
const mqtt = link('air', [], { kind: 'mqtt', options: {} });
const hj212 = link('air', [], { kind: 'hj212', options: {} });
const broker = (port: number) => ({ broker: { listen: { host: '127.0.0.1', port } } }) as Partial<GatewaySite>;
const port = (at: number) => ({ console: { listen: { host: '127.0.0.1', port: at } } });

/** What is otherwise; before and after; what of the plan is not empty. */
const ROWS: readonly [what: string, before: GatewaySite, after: GatewaySite, plan: readonly string[]][] = [
  ['nothing', site(), site(), []],
  ['the order of keys', site(), site([link('bus', [device('d')], { options: { host: '10.0.0.5' } })]), []],
  ['an option of a link', site(), site([link('bus', [device('d')], { options: { host: '10.0.0.6' } })]), ['links~bus']],
  ['the kind of a link', site(), site([link('bus', [device('d')], { kind: 'modbus-rtu-over-tcp' })]), ['links~bus']],
  ['a link more', site(), site([link('bus', [device('d')]), link('two', [])]), ['links+two']],
  ['a link gone', site([link('bus', [device('d')]), link('two', [])]), site(), ['links-two']],
  [
    'a device more on a link',
    site(),
    site([link('bus', [device('d'), device('e', {}, [])])]),
    ['links~bus', 'devices+e'],
  ],
  [
    'the address of a device',
    site(),
    site([link('bus', [device('d', { options: { address: 2 } })])]),
    ['links~bus', 'devices~d'],
  ],
  [
    'the name of a device, which no driver knows',
    site(),
    site([link('bus', [device('d', { name: '新' })])]),
    ['devices~d'],
  ],
  ['the place of a point', site(), withPoint({ place: { grid: 'JS-1', at: null } }), ['devices~d', 'judged']],
  [
    'where a value comes from',
    site(),
    withPoint({ source: { register: 2 } }),
    ['links~bus', 'devices~d', 'points~d/p', 'judged'],
  ],
  [
    'how it is converted',
    site(),
    withPoint({ convert: { factor: 2, offset: 0 } }),
    ['links~bus', 'devices~d', 'points~d/p', 'judged'],
  ],
  ['a rule more', site(), site(undefined, { rules: [aRule(1)] }), ['rules+r', 'judged']],
  ['a rule gone', site(undefined, { rules: [aRule(1)] }), site(), ['rules-r', 'judged']],
  [
    'a threshold',
    site(undefined, { rules: [aRule(1)] }),
    site(undefined, { rules: [aRule(2)] }),
    ['rules~r', 'judged'],
  ],
  ['the port of the console', site(), site(undefined, port(8081)), ['settings console.listen']],
  ['the name of the site', site(), site(undefined, { name: '新' }), ['settings name']],
  ['the id of the gateway', site(), site(undefined, { gateway: 'g-2' }), ['settings gateway', 'restart gateway']],
  [
    'whom the clock trusts',
    site(),
    site(undefined, { clockTrust: 'always' }),
    ['settings clock.trust', 'restart clock.trust'],
  ],
  [
    'where the broker listens, which links inherit',
    site([mqtt], broker(1883)),
    site([mqtt], broker(1884)),
    ['links~air', 'settings broker'],
  ],
  [
    'the time zone, which instruments inherit',
    site([hj212]),
    site([hj212], { timeZone: 'Asia/Urumqi' }),
    ['links~air', 'settings timeZone', 'judged'],
  ],
  [
    'an upstream',
    site(undefined, { upstreams: [{ id: 'city', kind: 'mqtt', options: { password: 'a' } }] }),
    site(undefined, { upstreams: [{ id: 'city', kind: 'mqtt', options: { password: 'b' } }] }),
    ['upstreams~city'],
  ],
];

test.each(ROWS)('what is otherwise is %s', (_, before, after, expected) => {
  const plan = planSite(before, after);
  const parts = ['links', 'upstreams', 'devices', 'rules', 'permits', 'points'] as const;
  const found = parts.flatMap((part) => [
    ...plan[part].added.map((id) => `${part}+${id}`),
    ...plan[part].removed.map((id) => `${part}-${id}`),
    ...plan[part].changed.map((id) => `${part}~${id}`),
  ]);
  const settings = [
    ...plan.settings.map((name) => `settings ${name}`),
    ...plan.needsRestart.map((name) => `restart ${name}`),
  ];
  expect([...found, ...settings, ...(plan.isJudgedSame ? [] : ['judged'])]).toEqual(expected);
  expect(isNothing(plan)).toBe(expected.length === 0);
});

test('of a thousand new devices twenty are named, and all are counted', () => {
  const many = Array.from({ length: 1000 }, (_, i) => device(`d${i}`, {}, []));
  const { devices } = changesOf(planSite(site([link('bus', [])]), site([link('bus', many)])));
  expect(devices).toMatchObject({ added: { count: 1000 } });
  expect(JSON.stringify(devices).length).toBeLessThan(500);
});
