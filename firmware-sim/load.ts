import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { Field } from './field.ts';
import { parseDevice, parseSpans } from './load-device.ts';
import { type FindProfile, profilesIn } from './profiles.ts';
import type { Scenario, SimLink } from './scenario.ts';
import { readYaml } from './yaml-file.ts';

/**
 * Reads a scenario. Its profiles stand in the folders that it names itself (from where it stands), then in those given.
 * Throws a FileError that names the place when it is not one.
 */
export function loadScenario(path: string, folders: readonly string[] = []): Scenario {
  return readYaml(path, 'scenario', (root) => {
    const own = root
      .at('profiles')
      .items([])
      .map((folder) => resolve(dirname(path), folder.text()));
    return readScenario(root, profilesIn([...own, ...folders]));
  });
}

/** Throws a FieldError that names the field. */
export const parseScenario = (text: string, find: FindProfile = profilesIn([])): Scenario =>
  readScenario(new Field(parse(text), 'scenario'), find);

function readScenario(root: Field, find: FindProfile): Scenario {
  const startText = root.at('start').text();
  const start = root.at('start').instant();
  const zone = /([+-])(\d\d):(\d\d)$/.exec(startText);
  const offsetMinutes = zone === null ? 0 : (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3]));
  const times = { start, offsetMs: offsetMinutes * 60_000 };
  const city = root.at('city');
  const scenario: Scenario = {
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
      .map((device) => parseDevice(device, times, find)),
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
      })),
  };
  const links = scenario.links.map(({ id }) => id);
  for (const device of root.at('devices').items()) device.at('link').oneOf(links);
  // A persona whose name is written wrong would be a device that works.
  root.refuseUnasked();
  return scenario;
}

const LINKS = ['modbus-rtu', 'modbus-tcp', 'modbus-dial-in', 'mqtt', 'lorawan', 'hj212', 'http', 'modem'] as const;

function parseLink(id: string, link: Field): SimLink {
  const kind = link.at('kind').oneOf(LINKS);
  switch (kind) {
    case 'modbus-rtu':
      return { kind, id, baud: link.at('baud').number(9600) };
    case 'modbus-dial-in': {
      const heartbeat = link.at('heartbeat');
      const beat = { text: heartbeat.at('text').textOr(''), everyMs: heartbeat.at('every').duration(60_000) };
      return { kind, id, registration: link.at('registration').text(), heartbeat: heartbeat.isMissing() ? null : beat };
    }
    case 'lorawan': {
      const server = link.at('server').oneOf(['chirpstack', 'tts'] as const, 'chirpstack');
      return { kind, id, server, application: link.at('application').textOr(null) };
    }
    case 'http':
      return { kind, id, path: link.at('path').textOr(`/push/${id}`) };
    case 'modbus-tcp':
    case 'modem':
    case 'mqtt':
    case 'hj212':
      return { kind, id };
    default:
      return kind satisfies never;
  }
}
