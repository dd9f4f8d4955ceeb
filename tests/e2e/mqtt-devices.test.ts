// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import type { Alarm } from '../../gateway/alarms/alarm.ts';
import { openAuthority } from '../tools/certificates.ts';
import { freePort } from '../tools/program.ts';
import { openRealGateway } from './real-gateway.ts';

const dir = mkdtempSync(join(tmpdir(), 'mqtt-devices-'));
afterAll(() => rmSync(dir, { recursive: true }));
const ROUNDS = 3;

test('an alarm whose message was acknowledged over TLS is on disk: kill -9 at that instant loses none', async () => {
  const authority = openAuthority(dir);
  const server = authority.issue('localhost');
  const ports = { tls: await freePort(), web: await freePort() };
  const smoke = (n: number) =>
    `  - { id: smoke-${n}, profile: generic-smoke, link: air, topic: s/smoke-${n}, certificate: { commonName: smoke-${n} } }`;
  await using gateway = await openRealGateway('mqtt-devices', {
    site: [
      'packs: [smoke]',
      'broker:',
      `  tls: { listen: "127.0.0.1:${ports.tls}", cert: ${server.cert}, key: "\${file:key.pem}", ca: ${authority.cert} }`,
      `  websocket: { listen: "127.0.0.1:${ports.web}", tls: true }`,
      'links: [{ id: air, kind: mqtt }]',
    ],
    files: {
      'key.pem': readFileSync(server.key, 'utf8'),
      'devices.yaml': ['devices:', ...Array.from({ length: ROUNDS }, (_, n) => smoke(n))].join('\n'),
    },
  });
  for (let n = 0; n < ROUNDS; n++) {
    await gateway.start();
    const { cert, key } = authority.issue(`smoke-${n}`);
    const url = n === 1 ? `wss://localhost:${ports.web}/mqtt` : `mqtts://localhost:${ports.tls}`;
    const client = await connectAsync(url, {
      host: 'localhost',
      protocolVersion: 4,
      ca: readFileSync(authority.cert),
      cert: readFileSync(cert),
      key: readFileSync(key),
      reconnectPeriod: 0,
    });
    client.on('error', () => {});
    await client.publishAsync(`s/smoke-${n}`, '{"state":1}', { qos: n === 2 ? 2 : 1 });
    await gateway.kill();
    client.end(true);
  }
  await gateway.start();
  const alarms = await gateway.ask<Alarm[]>({ ask: 'alarms' });
  expect(alarms.map(({ watch }) => watch.device).sort()).toEqual(['smoke-0', 'smoke-1', 'smoke-2']);
});
