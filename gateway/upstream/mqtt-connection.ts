import { readFile } from 'node:fs/promises';
import type { IClientOptions } from 'mqtt';
import { Fault, textOf } from '#kit/fault.ts';
import { UPSTREAM_FAULTS } from './faults.ts';
import { statusMessage } from './mqtt-message.ts';
import type { MqttOptions } from './mqtt-options.ts';
import type { UpstreamContext } from './upstream.ts';

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883 } as const;

/** The client's options for one connection; read anew for each, so that a renewed certificate is taken. */
export async function connectionOf(options: MqttOptions, context: UpstreamContext): Promise<IClientOptions | Fault> {
  const { gateway, version } = context;
  const url = new URL(options.url);
  const protocol = url.protocol === 'mqtts:' ? 'mqtts' : 'mqtt';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const will = statusMessage({ state: 'offline', gateway, version, clock: null, backlog: null, at: null });
  let ca: Buffer | undefined;
  try {
    ca = options.ca === undefined ? undefined : await readFile(options.ca);
  } catch (error) {
    const hint = 'see ca of this upstream';
    return new Fault(UPSTREAM_FAULTS.certificate, `cannot read ${options.ca}: ${textOf(error)}`, {
      cause: error,
      hint,
    });
  }
  return {
    protocol,
    host,
    hostname: host,
    port: url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port),
    protocolVersion: options.version,
    clientId: options.clientId ?? `gengfu-${gateway}`,
    keepalive: Math.max(1, Math.round(options.keepalive / 1000)),
    will: { topic: will.topic, payload: will.payload, qos: 1, retain: true },
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    ...(ca && { ca }),
  };
}
