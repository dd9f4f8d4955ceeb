import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Field } from './field.ts';
import {
  PERSONAS,
  type Scenario,
  type Shape,
  type SimDevice,
  type SimLink,
  type SimPoint,
  type Span,
  TABLES,
} from './scenario.ts';

/** Reads a scenario. Throws an Error that names the field when it is not one. */
export function loadScenario(path: string): Scenario {
  return parseScenario(readFileSync(path, 'utf8'));
}

export function parseScenario(text: string): Scenario {
  const root = new Field(parse(text), 'scenario');
  const startText = root.at('start').text();
  const start = root.at('start').instant();
  const zone = /([+-])(\d\d):(\d\d)$/.exec(startText);
  const offsetMinutes = zone === null ? 0 : (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3]));
  const times = { start, offsetMs: offsetMinutes * 60_000 };
  const city = root.at('city');
  return {
    id: root.at('scenario').text(),
    start,
    end: root.at('end').instant(),
    offsetMinutes,
    rate: root.at('rate').number(1),
    links: root
      .at('links')
      .entries()
      .map(([id, link]) => parseLink(id, link)),
    devices: root
      .at('devices')
      .items()
      .map((device) => parseDevice(device, times)),
    cityCuts: city.isMissing() ? null : parseSpans(city.at('cut'), times),
    permits: root
      .at('permits')
      .items([])
      .map((permit) => permit.record()),
    people: root
      .at('people')
      .items([])
      .map((step) => ({
        at: step.at('at').timeOfDay(times),
        by: step.at('by').text(),
        kind: step.at('do').text(),
        alarm: step.at('alarm').text(),
        to: step.at('to').textOr(null),
        note: step.at('note').textOr(null),
        later: step.at('later').flag(),
      })),
  };
}

interface Times {
  readonly start: number;
  readonly offsetMs: number;
}

function parseLink(id: string, link: Field): SimLink {
  const kind = link.at('kind').oneOf(['modbus-rtu', 'modbus-tcp', 'mqtt'] as const);
  return kind === 'modbus-rtu' ? { kind, id, baud: link.at('baud').number(9600) } : { kind, id };
}

function parseDevice(device: Field, times: Times): SimDevice {
  const id = device.at('id').text();
  const askew = device.at('while');
  return {
    id,
    name: device.at('name').textOr(id),
    link: device.at('link').text(),
    unit: device.at('unit').isMissing() ? null : device.at('unit').number(),
    topic: device.at('topic').textOr(null),
    everyMs: device.at('every').duration(),
    while: askew.isMissing() ? null : { above: askew.at('above').number(), everyMs: askew.at('every').duration() },
    persona: device.at('persona').oneOf(PERSONAS, 'works'),
    delayMs: device.at('delay').duration(1500),
    absent: parseSpans(device.at('absent'), times),
    points: device
      .at('points')
      .items()
      .map((point) => parsePoint(point, times)),
  };
}

function parsePoint(point: Field, times: Times): SimPoint {
  const register = point.at('register');
  return {
    id: point.at('id').text(),
    shape: parseShape(point, times),
    jitter: point.at('jitter').number(0),
    json: point.at('json').textOr(null),
    register: register.isMissing()
      ? null
      : {
          table: register.at('table').oneOf(TABLES, 'holding'),
          address: register.at('address').number(),
          scale: register.at('scale').number(1),
          states: Object.fromEntries(
            register
              .at('states')
              .entries([])
              .map(([name, raw]) => [name, raw.number()]),
          ),
        },
  };
}

function parseShape(point: Field, times: Times): Shape {
  const toggle = point.at('toggle');
  if (!toggle.isMissing()) {
    return {
      kind: 'toggle',
      low: toggle.at('low').number(),
      high: toggle.at('high').number(),
      everyMs: toggle.at('every').duration(),
      phaseMs: toggle.at('phase').duration(0),
    };
  }
  const pairs = (list: Field) => list.items().map((pair) => [pair.at(0).timeOfDay(times), pair.at(1)] as const);
  if (!point.at('knots').isMissing()) {
    return { kind: 'knots', knots: pairs(point.at('knots')).map(([at, value]) => [at, value.number()]) };
  }
  return { kind: 'steps', steps: pairs(point.at('steps')).map(([at, value]) => [at, value.numberOrText()]) };
}

const parseSpans = (spans: Field, times: Times): readonly Span[] =>
  spans.items([]).map((span) => [span.at(0).timeOfDay(times), span.at(1).timeOfDay(times)]);
