import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

export interface StormOptions {
  /** How many MQTT devices, with a point each. */
  readonly mqtt: number;
  /** How many Modbus TCP units (at most 247), with a point each. */
  readonly modbus: number;
  /** Each point goes over its limit, or back, this often: (mqtt + modbus) × 1000 / toggleMs changes in a second. */
  readonly toggleMs: number;
  readonly ports: { readonly broker: number; readonly console: number; readonly city: number; readonly tcp: number };
}

const LOW = 10;
const LIMIT = 50;
const HIGH = 90;

/** A storm of alarms: the scenario of points that go over their limit and back without an end, for `main.ts`. */
export function encodeStormScenario({ mqtt, modbus, toggleMs }: StormOptions): string {
  const all = mqtt + modbus;
  const toggle = (index: number) => ({
    low: LOW,
    high: HIGH,
    every: `${toggleMs}ms`,
    phase: `${Math.round((toggleMs * index) / all)}ms`,
  });
  const devices = [
    ...range(mqtt).map((index) => ({
      id: `storm-m${index}`,
      link: 'air',
      topic: `storm/m${index}`,
      every: '10min',
      points: [{ id: 'depth', json: 'depth', toggle: toggle(index) }],
    })),
    ...range(modbus).map((index) => ({
      id: `storm-u${index}`,
      link: 'tcp',
      unit: index + 1,
      every: `${pollMs(toggleMs)}ms`,
      points: [{ id: 'depth', register: { address: 0, scale: 0.1 }, toggle: toggle(mqtt + index) }],
    })),
  ];
  return encode({
    scenario: 'storm',
    start: '2026-07-15T21:30:00+08:00',
    end: '2026-07-16T21:30:00+08:00',
    rate: 1,
    links: {
      ...(modbus > 0 ? { tcp: { kind: 'modbus-tcp' } } : {}),
      ...(mqtt > 0 ? { air: { kind: 'mqtt' } } : {}),
    },
    devices,
    city: { cut: [] },
  });
}

/** The files of a site that reads the storm and raises an alarm at each rise, by their names. */
export function encodeStormSite({ mqtt, modbus, toggleMs, ports }: StormOptions): Readonly<Record<string, string>> {
  const at = (port: number) => `127.0.0.1:${port}`;
  const depth = { id: 'depth', quantity: 'water.depth', unit: 'cm' };
  const register = { table: 'holding', address: 0, type: 'u16', scale: 0.1 };
  const title = { zh: '告警风暴', en: 'Storm' };
  const password = '${' + 'env:GENGFU_DEMO_MQTT_PASSWORD}';
  return {
    'site.yaml': encode({
      gateway: 'storm-01',
      timeZone: 'Asia/Shanghai',
      clock: { trust: 'always' },
      console: { listen: at(ports.console) },
      broker: { listen: at(ports.broker) },
      upstreams: [{ id: 'city', kind: 'mqtt', version: 4, url: `mqtt://${at(ports.city)}` }],
    }),
    'links.yaml': encode({
      links: [
        ...(modbus > 0 ? [{ id: 'tcp', kind: 'modbus-tcp', host: '127.0.0.1', port: ports.tcp }] : []),
        ...(mqtt > 0 ? [{ id: 'air', kind: 'mqtt' }] : []),
      ],
    }),
    'devices/storm.yaml': encode({
      devices: [
        ...range(mqtt).map((index) => ({
          id: `storm-m${index}`,
          profile: 'storm-air',
          link: 'air',
          topic: `storm/m${index}`,
          password,
        })),
        ...range(modbus).map((index) => ({
          id: `storm-u${index}`,
          profile: 'storm-unit',
          link: 'tcp',
          address: index + 1,
        })),
      ],
    }),
    'profiles/storm-air.yaml': encode({
      profile: 'storm-air',
      title,
      protocol: 'mqtt',
      every: '10min',
      points: [{ ...depth, json: '$.depth' }],
    }),
    'profiles/storm-unit.yaml': encode({
      profile: 'storm-unit',
      title,
      protocol: 'modbus',
      every: `${pollMs(toggleMs)}ms`,
      points: [{ ...depth, register }],
    }),
    'rules/storm.yaml': encode({
      rules: [{ id: 'storm', title, on: { quantity: 'water.depth' }, levels: { orange: { above: LIMIT } } }],
    }),
  };
}

/** Often enough that no toggle is missed. */
const pollMs = (toggleMs: number): number => Math.max(50, Math.floor(toggleMs / 4));
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
/** JSON is YAML. */
const encode = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const USAGE = `usage: storm.ts DIR [--mqtt 20] [--modbus 20] [--toggle-ms 1000] [--ports '{"broker": 1883, "console": 8080, "city": 1884, "tcp": 5020}']
writes DIR/storm.yaml, for main.ts, and DIR/site for the gateway`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      mqtt: { type: 'string', default: '20' },
      modbus: { type: 'string', default: '20' },
      'toggle-ms': { type: 'string', default: '1000' },
      ports: { type: 'string', default: '{}' },
    },
  });
  const [folder] = positionals;
  const counts = [values.mqtt, values.modbus, values['toggle-ms']].map(Number);
  const [mqtt = Number.NaN, modbus = Number.NaN, toggleMs = Number.NaN] = counts;
  if (folder === undefined || !counts.every(Number.isInteger) || modbus > 247 || toggleMs < 100) {
    console.error(USAGE);
    return 2;
  }
  const ports = { broker: 1883, console: 8080, city: 1884, tcp: 5020, ...JSON.parse(values.ports) };
  const options: StormOptions = { mqtt, modbus, toggleMs, ports };
  write(join(folder, 'storm.yaml'), encodeStormScenario(options));
  for (const [name, text] of Object.entries(encodeStormSite(options))) write(join(folder, 'site', name), text);
  console.log(`${(((mqtt + modbus) * 1000) / toggleMs).toFixed(1)} changes in a second:`);
  console.log(`node firmware-sim/main.ts ${join(folder, 'storm.yaml')} --ports '${JSON.stringify(ports)}'`);
  return 0;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

if (import.meta.main) process.exitCode = main();
