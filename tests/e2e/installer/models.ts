// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const PROFILES = join(import.meta.dirname, '../../../config/profiles');

/** The kinds of links that installers find devices on, as the gateway's files and the simulator's both know them. */
export type Way = 'bus' | 'mqtt' | 'lorawan' | 'hj212' | 'http' | 'cabinet';

/** A model that ships and can be used, with what its device needs to be put up. */
export interface Model {
  readonly profile: string;
  readonly way: Way;
  /** The link that its device is on: a bus for each setting that devices are delivered with. */
  readonly link: string;
  readonly serial: { readonly baud: number; readonly parity: 'none' | 'even' | 'odd' };
  /** What it calls itself: an address on a bus, an MN, a DevEUI, an IMEI, a user name. */
  readonly name: string;
  /** Of `gengfu adopt`, beside model and link. */
  readonly options: readonly string[];
  /** Of the simulated device. */
  readonly sim: Readonly<Record<string, unknown>>;
}

interface Written {
  readonly profile: string;
  readonly protocol: string;
  readonly template?: boolean;
  readonly codec?: string;
  readonly serial?: { readonly baud?: readonly number[]; readonly parity?: Model['serial']['parity'] };
  readonly points: readonly { readonly quantity: string; readonly from?: string }[];
  readonly tests?: readonly { readonly height?: string }[];
}

/** All of them, or those that are named; throws where a name is none. */
export function usableModels(names: readonly string[] = []): readonly Model[] {
  const written = readdirSync(PROFILES)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parse(readFileSync(join(PROFILES, file), 'utf8')) as Written)
    .filter(({ template }) => template !== true);
  const models = written.map((each, n) => {
    const before = written.slice(0, n).filter(({ protocol }) => protocol === each.protocol);
    return modelOf(each, before.length + 1);
  });
  const strange = names.find((name) => !models.some(({ profile }) => profile === name));
  if (strange !== undefined) throw new Error(`there is no usable model ${strange}`);
  return models.filter(({ profile }) => names.length === 0 || names.includes(profile));
}

/** `n`: from 1, among models of its protocol. */
function modelOf(written: Written, n: number): Model {
  const { profile, protocol, codec, serial, points, tests = [] } = written;
  const way = wayOf(protocol, codec);
  const set = { baud: serial?.baud?.[0] ?? 9600, parity: serial?.parity ?? 'none' };
  const hung = points.some(({ from }) => from === 'height')
    ? ['--height', (codec === undefined && tests[0]?.height) || '6m']
    : [];
  const scene = points.some(({ quantity }) => quantity.startsWith('noise.')) ? ['--scene', 'construction'] : [];
  const own = OWN[way](profile, n);
  const options = [...own.options, ...hung, ...scene, '--grid', 'JS-01'];
  return { profile, way, link: way === 'bus' ? `bus-${set.baud}` : way, serial: set, ...own, options };
}

function wayOf(protocol: string, codec: string | undefined): Way {
  if (protocol === 'modbus') return 'bus';
  if (protocol === 'mqtt') return codec === undefined ? 'mqtt' : 'lorawan';
  if (protocol === 'hj212' || protocol === 'http' || protocol === 'cabinet') return protocol;
  throw new Error(`an installer does not know how to find a device of protocol ${protocol}`);
}

type Own = Pick<Model, 'name' | 'options' | 'sim'>;

/** As a secret stands in a site's file. */
const PASSWORD = '${env:GENGFU_DEMO_MQTT_PASSWORD}';

const OWN: Readonly<Record<Way, (profile: string, n: number) => Own>> = {
  // Units within the first 32, which a fast scan asks.
  bus: (_, n) => ({ name: String(n), options: ['--every', '2s'], sim: { unit: n } }),
  mqtt: (profile) => ({
    name: `s-${profile}`,
    options: ['--topic', `t/${profile}`, '--password', PASSWORD],
    sim: { topic: `t/${profile}`, every: '2s' },
  }),
  lorawan: (_, n) => {
    const devEui = n.toString(16).padStart(16, '24e124');
    return { name: devEui, options: [], sim: { devEui, every: '2s' } };
  },
  hj212: (_, n) => {
    const mn = `33040200010001000100${String(n).padStart(4, '0')}`;
    return { name: mn, options: [], sim: { mn, st: '23' } };
  },
  http: (_, n) => {
    const identity = `86${String(n).padStart(13, '0')}`;
    return { name: identity, options: [], sim: { identity, every: '2s' } };
  },
  cabinet: () => ({ name: 'the box itself', options: ['--scene', 'cabinet'], sim: {} }),
};
