// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { openPtyPair } from '../../../firmware-sim/modbus/pty.ts';
import { aModem } from '../../../firmware-sim/modem/modem.ts';
import { Phone } from '../../../firmware-sim/modem/phone.ts';
import { openFakeBox } from '../../drivers/cabinet/fake-box.ts';
import { openMosquitto } from '../../tools/mosquitto.ts';
import { freePort } from '../../tools/program.ts';
import { openRealGateway, type RealGateway } from '../real-gateway.ts';
import type { Model } from './models.ts';
import { openBuses, openSpeakers } from './street.ts';

const PASSWORD = 'lantern-and-rattle';
const PACKS = [
  ...['ambient-noise', 'construction-noise', 'cooking-fume', 'device-health', 'dust'],
  ...['gas', 'manhole', 'smoke', 'waterlogging', 'cabinet'],
];

/** A cabinet before an installer comes: links without a device, a platform, a duty phone; and the street that it is for. */
export interface Cabinet extends AsyncDisposable {
  readonly gateway: RealGateway;
  /** Text messages that came to the duty phone. */
  messages(): number;
}

export async function openCabinet(models: readonly Model[]): Promise<Cabinet> {
  await using stack = new AsyncDisposableStack();
  process.env.GENGFU_DEMO_MQTT_PASSWORD = PASSWORD;
  const box = stack.use(await openFakeBox());
  const city = stack.use(await openMosquitto());
  const { phone, port: modem } = await openModem(box.dir, stack);
  const of = (...ways: Model['way'][]) => models.filter(({ way }) => ways.includes(way));
  const buses = await openBuses(of('bus'), stack);
  const [mqtt, lorawan, hj212, http] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const server = '{ kind: chirpstack, password: "${env:GENGFU_DEMO_MQTT_PASSWORD}" }';
  const links = [
    ...[...buses].map(
      ([id, { tty, baud }]) => `{ id: ${id}, kind: modbus-rtu, port: ${tty}, baud: ${baud}, timeout: 5s }`,
    ),
    `{ id: mqtt, kind: mqtt, listen: "127.0.0.1:${mqtt}" }`,
    `{ id: lorawan, kind: mqtt, listen: "127.0.0.1:${lorawan}", server: ${server} }`,
    `{ id: hj212, kind: hj212, listen: "127.0.0.1:${hj212}" }`,
    `{ id: http, kind: http, local: true, listen: "127.0.0.1:${http}" }`,
    `{ id: cabinet, kind: cabinet, sysfs: ${box.sysfs}, proc: ${box.proc} }`,
  ];
  const gateway = stack.use(
    await openRealGateway('installer', {
      site: [
        `packs: [${PACKS.join(', ')}]`,
        `upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${city.port}" }]`,
        `channels: [{ id: sms, kind: sms, modem: { port: "${modem}" } }]`,
      ],
      files: {
        'links.yaml': ['links:', ...links.map((link) => `  - ${link}`)].join('\n'),
        'people.yaml':
          'contacts: [{ id: li, name: 李娜, phone: "13800000001", roles: [duty] }]\nescalation: [[duty]]\nchannels: [sms]',
      },
      env: { FAKE_BOX: box.dir, GENGFU_DEMO_MQTT_PASSWORD: PASSWORD },
    }),
  );
  await gateway.start();
  openSpeakers(of('mqtt', 'lorawan', 'hj212', 'http'), { mqtt, lorawan, hj212, http }, stack);
  const opened = stack.move();
  return { gateway, messages: () => phone.sent.length, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A modem on a tty, with the duty phone behind it. */
async function openModem(folder: string, stack: AsyncDisposableStack): Promise<{ port: string; phone: Phone }> {
  const pair = stack.use(await openPtyPair(join(folder, 'modem')));
  const line = new SerialPort({ path: pair.devices, baudRate: 115_200 });
  stack.defer(() => new Promise<void>((resolve) => line.close(() => resolve())));
  const phone = new Phone({ reports: 0 }, aModem());
  phone.serve(line);
  return { port: pair.master, phone };
}
