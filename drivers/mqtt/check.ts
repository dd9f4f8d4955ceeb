import type { SpecProblem } from '../driver.ts';
import { normalizeFingerprint } from './certificates.ts';
import { checkCommands } from './check-commands.ts';
import { CODECS } from './codecs/index.ts';
import type { MqttDevice, MqttLinkSpec } from './kind.ts';
import { NETWORK_SERVERS } from './lorawan/index.ts';
import { NETWORK_FIELDS } from './lorawan/network-devices.ts';
import { isWithin } from './topic.ts';

const SECRET = `"\${env:NAME}"`;

/** What is wrong with how the devices of one broker share it. */
export function checkLink({ options, devices }: MqttLinkSpec): SpecProblem[] {
  const isEmbedded = options.url === undefined;
  return [
    ...(isEmbedded ? [...checkAccounts(options, devices), ...checkCertificates(options, devices)] : []),
    ...checkTopics(options, devices),
    ...checkDevEuis(devices),
    ...checkCommands(isEmbedded, devices),
    ...devices.flatMap((device) => checkDevice(options, device)),
  ];
}

/** Each has a user name of its own, and a password. */
function checkAccounts({ server }: MqttLinkSpec['options'], devices: readonly MqttDevice[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const users = new Map<string, string>();
  if (server !== undefined) users.set(server.username ?? server.kind, 'the network server');
  for (const { id, options } of devices) {
    if (options.topic === undefined) continue;
    const username = options.username ?? id;
    const other = users.get(username);
    if (other !== undefined) {
      const message = `signs in as ${username}, which is ${other}'s user name; each device needs its own`;
      problems.push({ device: id, field: 'username', message, severity: 'error' });
    }
    users.set(username, id);
    if (options.password === undefined && options.certificate === undefined) {
      const message = `has no password, so it cannot connect; set password: ${SECRET} and give the device user name ${username}`;
      problems.push({ device: id, field: 'password', message, severity: 'warning' });
    }
  }
  const [behind] = devices.filter(({ options }) => options.devEui !== undefined);
  if (server !== undefined && server.password === undefined && behind !== undefined) {
    const account = `server: { kind: ${server.kind}, password: ${SECRET} }`;
    const message = `its network server cannot connect to the embedded broker without a password: give the link ${account}, or the url of another broker`;
    problems.push({ device: behind.id, field: 'devEui', message, severity: 'warning' });
  }
  return problems;
}

/** Each has a certificate of its own, and somebody vouches for its name. */
function checkCertificates({ tls, websocket }: MqttLinkSpec['options'], devices: readonly MqttDevice[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const known = new Map<string, string>();
  const refuse = (device: string, message: string) =>
    problems.push({ device, field: 'certificate', message, severity: 'error' });
  if (websocket?.tls && tls === undefined) {
    const [first] = devices;
    if (first !== undefined) refuse(first.id, 'its link has a websocket with tls: true, and no tls with a certificate');
  }
  for (const { id, options } of devices) {
    const { commonName, fingerprint } = options.certificate ?? {};
    const name = commonName ?? (fingerprint && normalizeFingerprint(fingerprint));
    if (name === undefined) continue;
    const other = known.get(name);
    if (other !== undefined) refuse(id, `${name} is the certificate of ${other}; each device needs its own`);
    known.set(name, id);
    if (commonName !== undefined && tls !== undefined && tls.ca === undefined) {
      refuse(
        id,
        "is known by its certificate's name, for which nobody vouches: give the link tls.ca, or the device a fingerprint",
      );
    }
  }
  return problems;
}

/** No device's topic lies below another's, nor below those of the network server. */
function checkTopics({ server }: MqttLinkSpec['options'], devices: readonly MqttDevice[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const refuse = (device: string, message: string) =>
    problems.push({ device, field: 'topic', message, severity: 'error' });
  const root = server && NETWORK_SERVERS[server.kind].root;
  for (const { id, options } of devices) {
    const { topic } = options;
    if (topic === undefined) continue;
    if (root !== undefined && isWithin(topic, root)) {
      refuse(id, `${topic} lies below the network server's topic ${root}, which could then speak for this device`);
    }
    for (const outer of devices) {
      const other = outer.options.topic;
      if (outer.id === id || other === undefined || !isWithin(topic, other)) continue;
      const isSame = other === topic;
      if (isSame && outer.id > id) continue;
      const where = isSame ? 'is also the topic' : `lies below the topic ${other}`;
      refuse(id, `${topic} ${where} of ${outer.id}, which could then speak for this device`);
    }
  }
  return problems;
}

function checkDevEuis(devices: readonly MqttDevice[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const known = new Map<string, string>();
  for (const { id, options } of devices) {
    if (options.devEui === undefined) continue;
    const other = known.get(options.devEui);
    if (other !== undefined) {
      const message = `${options.devEui} is the DevEUI of ${other}`;
      problems.push({ device: id, field: 'devEui', message, severity: 'error' });
    }
    known.set(options.devEui, id);
  }
  return problems;
}

/** The profile fits the device, and its points fit the profile. */
function checkDevice({ server }: MqttLinkSpec['options'], device: MqttDevice): SpecProblem[] {
  const { id, options, profile, points } = device;
  const refuse = (field: string, message: string): SpecProblem[] => [{ device: id, field, message, severity: 'error' }];
  const { codec } = profile;
  if (codec === undefined) {
    if (options.devEui !== undefined) return refuse('profile', 'has no codec, which a device of LoRaWAN needs');
    return points.flatMap(({ id: point, source }) => {
      const message = 'its profile has no codec: the point needs a path into the payload (json)';
      return source.json === undefined ? [{ device: id, point, message, severity: 'error' as const }] : [];
    });
  }
  if (options.devEui === undefined) return refuse('profile', `reads ${codec} over LoRaWAN: the device needs a devEui`);
  if (server === undefined) {
    return refuse('devEui', 'its link names no network server: give the link server: chirpstack, or server: tts');
  }
  const fields = Object.keys({ ...CODECS[codec].fields, ...NETWORK_FIELDS });
  return points.flatMap(({ id: point, source }) => {
    if (source.field !== undefined && fields.includes(source.field)) return [];
    const given = source.field === undefined ? 'it has none' : `there is no "${source.field}"`;
    const message = `the point needs a field of ${codec}: ${given}; there are ${fields.join(', ')}`;
    return [{ device: id, point, message, severity: 'error' as const }];
  });
}
