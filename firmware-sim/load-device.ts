import type { Field } from './field.ts';
import { type FindProfile, NoProfile, type SimProfile, type SimProfilePoint } from './profiles.ts';
import { ORDERS, PERSONAS, type Shape, type SimDevice, type SimPoint, type Span, TABLES, TYPES } from './scenario.ts';

export interface Times {
  readonly start: number;
  readonly offsetMs: number;
}

const DELAY_MS = 1500;
const REBOOT = { everyMs: 60_000, downMs: 5000 };

/** A device with its points written out, or of a profile, with `values` of those points that show something else. */
export function parseDevice(device: Field, times: Times, find: FindProfile): SimDevice {
  const id = device.at('id').text();
  const askew = device.at('while');
  const model = device.at('profile');
  const profile = model.isMissing() ? null : modelOf(model, find);
  const reboot = device.at('reboot');
  return {
    id,
    name: device.at('name').textOr(id),
    link: device.at('link').text(),
    unit: device.at('unit').isMissing() ? null : device.at('unit').number(),
    topic: device.at('topic').textOr(null),
    devEui: device.at('devEui').textOr(null),
    identity: device.at('identity').textOr(id),
    hj212: device.at('mn').isMissing() ? null : parseInstrument(device),
    everyMs: device.at('every').duration(profile?.everyMs),
    while: askew.isMissing() ? null : { above: askew.at('above').number(), everyMs: askew.at('every').duration() },
    persona: device.at('persona').oneOf(PERSONAS, 'works'),
    delayMs: device.at('delay').duration(DELAY_MS),
    driftPerMin: device.at('drift').number(1),
    watchdog: device.at('watchdog').isMissing() ? null : device.at('watchdog').number(),
    mirrors: new Map(
      device
        .at('mirrors')
        .entries([])
        .map(([shown, of]) => [shown, of.text()]),
    ),
    reboot: {
      everyMs: reboot.at('every').duration(REBOOT.everyMs),
      downMs: reboot.at('down').duration(REBOOT.downMs),
    },
    absent: parseSpans(device.at('absent'), times),
    points:
      profile === null
        ? device
            .at('points')
            .items()
            .map((point) => parsePoint(point, times))
        : profilePoints(profile, device.at('values'), times),
    profile,
  };
}

function modelOf(model: Field, find: FindProfile): SimProfile {
  try {
    return find(model.text());
  } catch (error) {
    if (error instanceof NoProfile) model.refuse(error.message);
    throw error;
  }
}

const parseInstrument = (device: Field) => ({
  mn: device.at('mn').text(),
  password: device.at('password').textOr('123456'),
  st: device.at('st').textOr('22'),
  edition: device.at('edition').isMissing() ? 2017 : editionOf(device.at('edition')),
});

function editionOf(field: Field): 2005 | 2017 | 2025 {
  return ([2005, 2017, 2025] as const).find((edition) => edition === field.number()) ?? field.refuse('an edition');
}

function parsePoint(point: Field, times: Times): SimPoint {
  const register = point.at('register');
  const bit = register.at('bit');
  return {
    id: point.at('id').text(),
    shape: parseShape(point, times),
    jitter: point.at('jitter').number(0),
    json: point.at('json').textOr(null),
    model: null,
    register: register.isMissing()
      ? null
      : {
          table: register.at('table').oneOf(TABLES, 'holding'),
          address: register.at('address').number(),
          type: register.at('type').oneOf(TYPES, 'u16'),
          order: register.at('order').oneOf(ORDERS, 'ABCD'),
          bit: bit.isMissing() ? null : bit.number(),
          scale: register.at('scale').number(1),
          offset: register.at('offset').number(0),
          states: Object.fromEntries(
            register
              .at('states')
              .entries([])
              .map(([name, raw]) => [name, raw.number()]),
          ),
        },
  };
}

function profilePoints(profile: SimProfile, values: Field, times: Times): SimPoint[] {
  const wrong = values.entries([]).find(([id]) => !profile.points.some((point) => point.id === id));
  if (wrong !== undefined) wrong[1].refuse(`a point of ${profile.id}`);
  return profile.points.map((point) => {
    const value = values.at(point.id);
    const isShape = !value.isMissing() && value.isRecord();
    return {
      id: point.id,
      shape: isShape ? parseShape(value, times) : constant(point, value, times),
      jitter: isShape ? value.at('jitter').number(0) : 0,
      json: point.json,
      model: point,
      register: point.register,
    };
  });
}

function constant({ shows }: SimProfilePoint, value: Field, { start }: Times): Shape {
  const held = value.isMissing() ? shows : value.numberOrText();
  return { kind: 'steps', steps: [[start, held]] };
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
  if (!point.at('value').isMissing()) {
    return { kind: 'steps', steps: [[times.start, point.at('value').numberOrText()]] };
  }
  if (!point.at('count').isMissing()) return { kind: 'count', perSecond: point.at('count').number() };
  return { kind: 'steps', steps: pairs(point.at('steps')).map(([at, value]) => [at, value.numberOrText()]) };
}

export const parseSpans = (spans: Field, times: Times): readonly Span[] =>
  spans.items([]).map((span) => [span.at(0).timeOfDay(times), span.at(1).timeOfDay(times)]);
