import type { LinkContext } from '../driver.ts';
import { CODECS } from './codecs/index.ts';
import type { MqttDevice, MqttLinkSpec } from './kind.ts';
import { NETWORK_SERVERS } from './lorawan/index.ts';
import { type NetworkDevice, NetworkDevices } from './lorawan/network-devices.ts';
import type { BrokerDevice } from './sign-in.ts';

/** The network server among a broker's accounts; no device has such an id. */
export const NETWORK_SERVER = 'network server';

const accounts = new WeakMap<MqttDevice, BrokerDevice>();

/** The account of a device that publishes by itself, made once: who looks for what has changed sees at once that it is the same. */
export function topicAccount(device: MqttDevice): BrokerDevice[] {
  const { id, options } = device;
  const { topic, username = id, password, certificate } = options;
  if (topic === undefined) return [];
  const account = accounts.get(device) ?? { id, topic, username, password, certificate };
  accounts.set(device, account);
  return [account];
}

/** The account of the network server on the embedded broker: it may publish below the first level of its topics. */
export function networkAccount({ server }: MqttLinkSpec['options']): BrokerDevice[] {
  if (server === undefined) return [];
  const { kind, username = kind, password } = server;
  return [{ id: NETWORK_SERVER, topic: NETWORK_SERVERS[kind].root, username, password }];
}

/** The devices of a link that are behind its network server. */
export const behindServer = (devices: readonly MqttDevice[]): NetworkDevice[] =>
  devices.flatMap(({ id, options, profile, points }) => {
    const { devEui, application } = options;
    if (devEui === undefined || profile.codec === undefined) return [];
    const named = points.map((point) => ({ point, field: point.source.field ?? '' }));
    return [{ id, devEui, application, codec: CODECS[profile.codec], points: named }];
  });

/** Undefined for a link without a network server. */
export function openNetworkDevices(
  { server }: MqttLinkSpec['options'],
  devices: readonly MqttDevice[],
  context: LinkContext,
): NetworkDevices | undefined {
  return server && new NetworkDevices(NETWORK_SERVERS[server.kind], behindServer(devices), context);
}
