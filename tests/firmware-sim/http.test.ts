// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { type HttpLinkSpec, http } from '../../drivers/http/kind.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { HttpDevice, HttpPersona } from '../../firmware-sim/http/device.ts';
import { type HttpAccess, runHttpDevices } from '../../firmware-sim/http/devices.ts';
import { openRelay } from '../../firmware-sim/http/relay.ts';
import { kinds } from '../../gateway/kinds.ts';
import { openClock } from '../../gateway/kit/clock.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { writeSite } from '../config/temporary-site.ts';
import { freePort, until } from '../tools/program.ts';

const SECRET = 'secret-of-the-simulated-cloud';
const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9]);
const IMEI = '868508061924513';

const DEVICES = `devices:
  - { id: gauge, profile: nbiot-em400-udl, link: cloud, identity: "${IMEI}", height: 1.2m }
  - { id: json, profile: generic-http-json, link: cloud, identity: "g-2" }
  - { id: cam, profile: camera-isapi, link: cloud }
  - { id: box, profile: camera-json, link: cloud }
`;

/** A link of a site, by the loader and the real driver, with the models that ship. */
async function openLink(link: string) {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-sim-http-'));
  await using site = await writeSite({
    'site.yaml': `gateway: g\ntimeZone: UTC\nlinks:\n  - { id: cloud, kind: http, ${link} }\n${DEVICES}`,
  });
  const loaded = await loadSite(site.dir, kinds, { env: { SECRET } });
  const [spec] = loaded.site?.links ?? [];
  if (spec === undefined) throw new Error(loaded.problems.map(encodeProblem).join('\n'));
  const clock = openClock({ trust: () => 'synchronised' });
  // The driver's own schemas made the options.
  const open = await http.open(spec as unknown as HttpLinkSpec, { clock, wire: clock, log: silentLog, dir });
  const stop = new AbortController();
  const readings: Reading[] = [];
  const run = (async () => {
    for await (const batch of open.readings(stop.signal)) readings.push(...batch);
  })();
  return {
    link: open,
    readings,
    count: (name: string) => open.status().counters[name] ?? 0,
    last: (point: string) => readings.findLast((each) => each.point === point),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await run;
      await open[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const device = (
  change: Partial<HttpDevice> & Pick<HttpDevice, 'id' | 'identity' | 'model'>,
  fields: ReturnType<HttpDevice['fieldsAt']>,
): HttpDevice => ({ persona: 'works', nextAt: (at) => at + 100, fieldsAt: () => fields, ...change });

/** Runs devices until the scope ends; what the gateway answered is gathered. */
function running(devices: readonly HttpDevice[], access: HttpAccess) {
  const stop = new AbortController();
  const answers: (number | string)[] = [];
  const onAnswer: HttpAccess['onAnswer'] = (_, answer) => void answers.push(answer);
  const run = runHttpDevices(devices, { retryMs: 50, ...access, onAnswer }, stop.signal);
  return {
    answers,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await run;
    },
  };
}

const GAUGE = device(
  { id: 'gauge', identity: IMEI, model: 'nbiot-em400' },
  { distance: 900, temperature: -3.5, battery: 88, position: 0, csq: 20 },
);

test('every model that ships is read from its simulation, signed by a cloud', async () => {
  const port = await freePort();
  await using gateway = await openLink(
    `listen: "127.0.0.1:${port}", auth: { kind: hmac-sha256, secret: "\${env:SECRET}", timestampHeader: X-Timestamp }`,
  );
  const signing = {
    kind: 'hmac-sha256',
    secret: SECRET,
    header: 'x-signature',
    timestampHeader: 'x-timestamp',
  } as const;
  const devices = [
    GAUGE,
    device({ id: 'json', identity: 'g-2', model: 'json' }, { depth: 123, battery: 70 }),
    device({ id: 'cam', identity: 'cam', model: 'camera-isapi', picture: JPEG }, { event: 'fireDetection' }),
    device({ id: 'box', identity: 'box', model: 'camera-json', picture: JPEG }, { event: 'waterlogging' }),
  ];
  await using _ = running(devices, { url: `http://127.0.0.1:${port}/push/cloud`, signing });
  await until(() => gateway.count('pictures') >= 2 && gateway.last('json/depth'), 'all devices');
  const values = (...points: string[]) => points.map((point) => gateway.last(point)?.value);
  expect(values('gauge/depth', 'gauge/temperature', 'gauge/battery', 'gauge/signal', 'gauge/position')).toEqual([
    30,
    -3.5,
    88,
    -73,
    'upright',
  ]);
  expect(values('json/depth', 'json/battery')).toEqual([12.3, 70]);
  expect(values('cam/fire', 'cam/intrusion', 'box/flood', 'box/fire')).toEqual(['alarm', 'normal', 'alarm', 'normal']);
  expect(await gateway.link.picture?.('cam', Date.now())).toMatchObject({ type: 'image/jpeg' });
  expect(Object.values(gateway.link.status().devices).every(({ answers }) => answers)).toBe(true);
});

test.each<[HttpPersona, (gateway: Awaited<ReturnType<typeof openLink>>) => unknown]>([
  ['slow', ({ last }) => last('gauge/depth')],
  ['cut-off', ({ count, last }) => count('badBodies') > 0 && last('gauge/depth')],
  ['corrupt', ({ count }) => count('refused') > 1],
  ['wrong-unit', ({ link }) => link.status().unknown?.[0]?.id === '000000000000000'],
  ['nonsense', ({ count }) => count('badBodies') > 1],
  ['repeat', ({ count, last }) => count('replays') > 0 && last('gauge/depth')],
  ['old', ({ count }) => count('refused') > 1],
  ['stuck', ({ readings }) => readings.length > 5],
  ['large', ({ count }) => count('badBodies') > 0],
])('a cloud whose device is %s harms nobody', async (persona, isSeen) => {
  const port = await freePort();
  await using gateway = await openLink(
    `listen: "127.0.0.1:${port}", auth: { kind: hmac-sha256, secret: "\${env:SECRET}", timestampHeader: X-Timestamp }`,
  );
  const signing = {
    kind: 'hmac-sha256',
    secret: SECRET,
    header: 'x-signature',
    timestampHeader: 'x-timestamp',
  } as const;
  const bad =
    persona === 'large'
      ? device({ id: 'cam', identity: 'cam', model: 'camera-isapi', persona }, { event: 'fireDetection' })
      : { ...GAUGE, persona };
  const good = device({ id: 'json', identity: 'g-2', model: 'json' }, { depth: 123, battery: 70 });
  await using _ = running([bad, good], { url: `http://127.0.0.1:${port}/push/cloud`, signing, tries: 1 });
  await until(() => isSeen(gateway), 'the vice to be seen');
  const before = gateway.readings.length;
  await until(() => gateway.readings.length > before && gateway.last('json/depth'), 'the good one to be read');
  const isWrong = ({ point, quality }: Reading) => point.startsWith('gauge/') && quality !== 'good';
  expect(gateway.readings.filter(isWrong)).toEqual([]);
});

test('a box without an address of its own asks a relay for what the cloud pushed', async () => {
  await using relay = await openRelay(SECRET, { page: 3 });
  await using pushing = running([GAUGE], { url: relay.pushUrl });
  await until(() => relay.kept > 5, 'messages at the relay');
  expect(new Set(pushing.answers)).toEqual(new Set([200]));
  await using gateway = await openLink(`pull: { url: "${relay.pullUrl}", every: 1s, token: "\${env:SECRET}" }`);
  await until(() => gateway.readings.length >= 10, 'readings of two messages');
  expect(gateway.last('gauge/depth')).toMatchObject({ value: 30, quality: 'good' });
  expect(gateway.link.status()).toMatchObject({ state: 'up', warnings: ['needs-line'] });
});
