import mqtt from 'mqtt';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { openRealGateway, type RealGateway } from '../e2e/real-gateway.ts';
import { freePort } from '../tools/program.ts';

const PASSWORD = 'only-for-this-run';
const DEVICES = 20;

/** A gateway with devices that publish by MQTT, for storms. */
export interface SoakedGateway extends RealGateway {
  /** The port of its own broker. */
  readonly broker: number;
  /** The highest durable sequence of the gateway that runs. */
  head(): Promise<number>;
}

/** One rule on the points of all devices, one event at least for each value that crosses 5. */
export async function openSoakedGateway(
  upstreamPort: number | null,
  more: {
    readonly data?: string;
    readonly respond?: string;
    readonly site?: readonly string[];
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Promise<SoakedGateway> {
  const { data, respond, site = [], files = {} } = more;
  const broker = await freePort();
  const device = (i: number) =>
    `  - { id: s-${i}, profile: soaked, link: air, topic: s/${i}, password: "\${env:SOAK_PASSWORD}" }`;
  const gateway = await openRealGateway('soak-01', {
    ...(data === undefined ? {} : { data }),
    env: { SOAK_PASSWORD: PASSWORD },
    site: [
      `broker: { listen: "127.0.0.1:${broker}" }`,
      ...(upstreamPort === null
        ? []
        : [`upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${upstreamPort}", from: all }]`]),
      ...site,
    ],
    files: {
      ...files,
      'links.yaml': 'links: [{ id: air, kind: mqtt }]',
      'profiles/soaked.yaml':
        'profile: soaked\ntitle: { zh: 测, en: soaked }\nprotocol: mqtt\nevery: 1s\n' +
        'points: [{ id: depth, quantity: water.depth, unit: cm, json: $.depth }]',
      'devices.yaml': ['devices:', ...Array.from({ length: DEVICES }, (_, i) => device(i))].join('\n'),
      'rules.yaml':
        'rules: [{ id: wet, title: { zh: 积水, en: Wet }, on: { quantity: water.depth }, levels: { blue: { above: 5 }, red: { above: 30 } }' +
        `${respond === undefined ? '' : `, respond: ${respond}`} }]`,
    },
  });
  const head = async () => (await gateway.ask<GatewayStatus>({ ask: 'status' })).ledger.head;
  return Object.assign(gateway, { broker, head });
}

/** Twenty devices that publish values over and under the limits as fast as asked; each connects again by itself. */
export function openStorm(port: number, messagesPerSecond: number): Disposable & { readonly sent: () => number } {
  let sent = 0;
  let turn = 0;
  const clients = Array.from({ length: DEVICES }, (_, i) => {
    const client = mqtt.connect({
      host: '127.0.0.1',
      port,
      username: `s-${i}`,
      password: PASSWORD,
      reconnectPeriod: 100,
    });
    client.on('error', () => {});
    return client;
  });
  const timer = setInterval(() => {
    const i = turn++ % DEVICES;
    const client = clients[i];
    if (client?.connected !== true) return;
    sent++;
    const depth = [0, 10, 40, 10][Math.floor(turn / DEVICES) % 4];
    client.publish(`s/${i}`, JSON.stringify({ depth }), { qos: 0 });
  }, 1000 / messagesPerSecond);
  return {
    sent: () => sent,
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const client of clients) client.end(true);
    },
  };
}
