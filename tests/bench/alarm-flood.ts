import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import mqtt from 'mqtt';
import { openRealGateway } from '../e2e/real-gateway.ts';
import { entriesOf } from '../soak/whole.ts';
import { freePort, until } from '../tools/program.ts';
import type { Figure } from './figure.ts';

const DEVICES = 100;
const POINTS_EACH = 100;
const PASSWORD = 'only-for-this-run';
/** What people may get of one flood: that it opened, that it rose, and its counts. */
const MOST_MESSAGES = 60;

const megabytesOf = (pid: number | undefined): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
};

/** 10,000 alarms within `seconds`: all are in the log, each once, and people are told of one incident. */
export async function floodOfAlarms(seconds: number): Promise<Figure[]> {
  const messages: string[] = [];
  const phone = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    messages.push((JSON.parse(body) as { id: string }).id);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(phone, 'listening');
  const address = phone.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const broker = await freePort();
  const points = Array.from(
    { length: POINTS_EACH },
    (_, i) => `  - { id: p${i}, quantity: water.depth, json: $.p${i} }`,
  );
  const device = (i: number) =>
    `  - { id: d-${i}, profile: many, link: air, topic: d/${i}, password: "\${env:FLOOD_PASSWORD}" }`;
  await using gateway = await openRealGateway('flood-01', {
    env: { FLOOD_PASSWORD: PASSWORD },
    site: [
      `broker: { listen: "127.0.0.1:${broker}" }`,
      `channels: [{ id: phone, kind: webhook, url: "http://127.0.0.1:${address.port}/" }]`,
    ],
    files: {
      'links.yaml': 'links: [{ id: air, kind: mqtt }]',
      'profiles/many.yaml': ['profile: many', 'protocol: mqtt', 'every: 60s', 'points:', ...points].join('\n'),
      'devices.yaml': ['devices:', ...Array.from({ length: DEVICES }, (_, i) => device(i))].join('\n'),
      'rules.yaml':
        'rules: [{ id: wet, title: { zh: 积水, en: Wet }, on: { quantity: water.depth }, levels: { blue: { above: 5 } } }]',
      'people.yaml': 'contacts: [{ id: li, name: Li, phone: "13800000000" }]\nescalation: [[li]]\nchannels: [phone]',
    },
  });
  await gateway.start();
  const before = megabytesOf(gateway.pid);
  const clients = await Promise.all(
    Array.from({ length: DEVICES }, (_, i) =>
      mqtt.connectAsync({ host: '127.0.0.1', port: broker, username: `d-${i}`, password: PASSWORD }),
    ),
  );
  const payload = JSON.stringify(Object.fromEntries(Array.from({ length: POINTS_EACH }, (_, i) => [`p${i}`, 10])));
  let most = before;
  for (const [i, client] of clients.entries()) {
    await client.publishAsync(`d/${i}`, payload, { qos: 1 });
    most = Math.max(most, megabytesOf(gateway.pid));
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / DEVICES));
  }
  await Promise.all(clients.map((client) => client.endAsync(true)));
  const status = () =>
    gateway.ask<{ calls: { waiting: number; sending: number; backlog: number }; ledger: { waiting: number } }>({
      ask: 'status',
    });
  let left = 1;
  const looking = setInterval(() => {
    status().then(
      ({ calls, ledger }) => {
        left = calls.waiting + calls.sending + calls.backlog + ledger.waiting;
        most = Math.max(most, megabytesOf(gateway.pid));
      },
      () => {},
    );
  }, 200);
  await until(() => left === 0, 'all to be told', 120_000).finally(() => clearInterval(looking));
  await gateway.kill();
  phone.closeAllConnections();
  phone.close();
  const raised = entriesOf(gateway.data).filter(({ type }) => type === 'city.gengfu.alarm.raised');
  const once_ = new Set(raised.map(({ data }) => data.alarm)).size;
  const asked = DEVICES * POINTS_EACH;
  const twice = messages.length - new Set(messages).size;
  return [
    {
      name: `${asked} alarms in ${seconds} s`,
      asked: 'none lost, none twice',
      measured: `${once_} raised, ${raised.length - once_} twice; memory ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`,
      ofBound: once_ === asked && raised.length === asked ? 1 : Number.POSITIVE_INFINITY,
    },
    {
      name: 'what one person got of them',
      asked: `at most an incident and its changes (${MOST_MESSAGES} messages), none twice`,
      measured: `${messages.length} messages, ${twice} twice`,
      ofBound: twice > 0 ? Number.POSITIVE_INFINITY : messages.length / MOST_MESSAGES,
    },
  ];
}
