import { parseArgs } from 'node:util';
import type { Ports } from './parts.ts';

export const USAGE = `usage: main.ts SCENARIO [--rate N] [--real-start EPOCH_MS] [--ports JSON] [--parts LIST] [--city-file FILE] [--profiles DIR]
  --rate        scenario seconds in a real second (the scenario's own)
  --real-start  real time at which the scenario begins, Unix milliseconds (now)
  --ports       {"bus-1": "/path/of/tty" or port, "tcp-1": port, "city": port, "broker": port, "console": port}, 0 or
                left out: a free one; broker (1883) and console (8080) are the gateway's. Also: GENGFU_DEMO_PORTS
  --parts       devices, city, people, separated by commas (devices,city)
  --profiles    a folder of device models, beside those that the scenario names; may be given again
  --city-file   what the city platform receives, as JSON lines
environment:    GENGFU_DEMO_MQTT_PASSWORD; GENGFU_DEMO_PEOPLE_NAME and _PASSWORD for people`;

export interface CommandLine {
  readonly scenario: string;
  readonly rate: number | null;
  readonly realStart: number;
  readonly ports: Ports;
  readonly parts: readonly string[];
  readonly cityFile: string | undefined;
  /** Folders of device models. */
  readonly profiles: readonly string[];
  /** This process is only that program; given by `main.ts` to itself. */
  readonly only: string | null;
}

const GROUPS = ['devices', 'city', 'people'];

/** Throws an Error with what is wrong. */
export function parseCommandLine(args: readonly string[], env: NodeJS.ProcessEnv): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rate: { type: 'string' },
      'real-start': { type: 'string' },
      ports: { type: 'string' },
      parts: { type: 'string', default: 'devices,city' },
      'city-file': { type: 'string' },
      profiles: { type: 'string', multiple: true, default: [] },
      only: { type: 'string' },
    },
  });
  const [scenario, ...rest] = positionals;
  if (scenario === undefined || rest.length > 0) throw new Error('one SCENARIO is wanted');
  const parts = values.parts.split(',');
  const unknown = parts.find((part) => !GROUPS.includes(part));
  if (unknown !== undefined) throw new Error(`--parts: ${unknown} is none of ${GROUPS.join(', ')}`);
  return {
    scenario,
    rate: values.rate === undefined ? null : parsePositive('--rate', values.rate),
    realStart: values['real-start'] === undefined ? Date.now() : parsePositive('--real-start', values['real-start']),
    ports: parsePorts(values.ports ?? env.GENGFU_DEMO_PORTS ?? '{}'),
    parts,
    cityFile: values['city-file'],
    profiles: values.profiles,
    only: values.only ?? null,
  };
}

function parsePositive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`${name}: a number above 0 is wanted, found ${text}`);
  return value;
}

function parsePorts(text: string): Ports {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('--ports: JSON is wanted');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('--ports: an object is wanted');
  const entries = Object.entries(value);
  const wrong = entries.find(([, port]) => typeof port !== 'string' && typeof port !== 'number');
  if (wrong !== undefined) throw new Error(`--ports: ${wrong[0]} must be a path or a port`);
  return Object.fromEntries(entries);
}
