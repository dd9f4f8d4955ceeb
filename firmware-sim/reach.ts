import type { Ports, Reach } from './parts.ts';
import type { Scenario } from './scenario.ts';

/** A line for each device that was started: where it can be reached. */
export function encodeReachLines(scenario: Scenario, reach: Reach): readonly string[] {
  const lines = scenario.devices.flatMap((device) => {
    const link = reach[device.link];
    if (link === undefined) return [];
    const where =
      device.topic ??
      device.devEui ??
      device.hj212?.mn ??
      (device.unit === null ? device.identity : `unit ${device.unit}`);
    return `${device.id.padEnd(12)}${device.link.padEnd(10)}${where.padEnd(19)} ${encodeWhere(link)}`;
  });
  const city = reach.city?.url;
  return city === undefined ? lines : [...lines, `${'city'.padEnd(42)}${city}`];
}

function encodeWhere(link: Readonly<Record<string, string | number>>): string {
  switch (link.kind) {
    case 'modbus-rtu':
      return `${link.port} (${link.baud} 8N1)`;
    case 'modbus-rtu-over-tcp':
      return `${link.host}:${link.port} (RTU over TCP)`;
    case 'modbus-tcp':
      return `${link.host}:${link.port} (Modbus TCP)`;
    case 'modbus-dial-in':
    case 'hj212':
      return `dials in at ${link.gateway}`;
    case 'http':
      return `is pushed to ${link.gateway}`;
    default:
      return `signs in at ${link.broker}`;
  }
}

/**
 * What to put where a site's files have a placeholder: `__BUS_1__` the fields of an RTU link as a YAML flow,
 * `__TCP_1_PORT__` a TCP port, `__CITY_PORT__`, and the gateway's own `__BROKER_PORT__` and `__CONSOLE_PORT__`.
 */
export function encodePlaceholders(reach: Reach, ports: Ports): Readonly<Record<string, string>> {
  const found: Record<string, string> = {
    __BROKER_PORT__: String(ports.broker ?? 1883),
    __CONSOLE_PORT__: String(ports.console ?? 8080),
  };
  for (const [id, fields] of Object.entries(reach)) {
    const name = id.toUpperCase().replaceAll('-', '_');
    if (fields.kind === 'modbus-rtu') {
      found[`__${name}__`] =
        `kind: modbus-rtu, port: ${JSON.stringify(fields.port)}, baud: ${fields.baud}, parity: none`;
    } else if (fields.kind === 'modbus-rtu-over-tcp') {
      found[`__${name}__`] =
        `kind: modbus-rtu-over-tcp, host: ${fields.host}, port: ${fields.port}, baud: ${fields.baud}`;
    } else if (fields.port !== undefined) {
      found[`__${name}_PORT__`] = String(fields.port);
    }
  }
  return found;
}
