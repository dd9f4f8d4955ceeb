// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { encodeCheck, encodeProblem } from '../../config/check-report.ts';
import type { Kinds } from '../../config/kinds.ts';
import { loadSite } from '../../config/load.ts';
import { listShipped } from '../../config/profiles.ts';
import { cabinet } from '../../drivers/cabinet/kind.ts';
import { hj212 } from '../../drivers/hj212/kind.ts';
import { http } from '../../drivers/http/kind.ts';
import { modbus } from '../../drivers/modbus/kind.ts';
import { mqtt } from '../../drivers/mqtt/kind.ts';
import { type Permit, permit } from '../../gateway/rules/permit.ts';
import { derive, type Rule, rule } from '../../gateway/rules/rule.ts';
import { writeSite } from './temporary-site.ts';

const config = join(import.meta.dirname, '../../config');
const kinds: Kinds<Rule, Permit> = {
  drivers: [modbus, mqtt, hj212, http, cabinet],
  rule,
  permit,
  derive,
  upstreams: [],
  channels: [],
};
const profiles = await listShipped(join(config, 'profiles'));
const packs = await listShipped(join(config, 'packs'));

interface File {
  readonly profile: string;
  readonly protocol: keyof typeof LINKS;
  readonly source?: string;
  readonly template?: boolean;
  readonly codec?: string;
  readonly points: readonly { readonly from?: string }[];
}

/** A link of each protocol, and what a device needs on it. */
const LINKS = {
  modbus: { link: '{ id: modbus, kind: modbus-tcp, host: h }', device: (n: number) => `address: ${n + 1}` },
  mqtt: {
    link: '{ id: mqtt, kind: mqtt, listen: "127.0.0.1:1883", server: { kind: chirpstack, password: "${env:P}" } }',
    device: (n: number, codec?: string) =>
      codec === undefined ? `topic: t${n}, password: "\${env:P}"` : `devEui: "${String(n).padStart(16, '0')}"`,
  },
  hj212: {
    link: '{ id: hj212, kind: hj212, listen: "127.0.0.1:9212" }',
    device: (n: number) => `mn: "${String(n).padStart(24, '0')}", password: "\${env:P}"`,
  },
  http: {
    link: '{ id: http, kind: http, listen: "127.0.0.1:8081", local: true }',
    device: (n: number) => `identity: "${n}"`,
  },
  cabinet: { link: '{ id: cabinet, kind: cabinet }', device: () => 'tags: []' },
} as const;

const readProfile = async (name: string): Promise<File> =>
  parse(await readFile(join(config, 'profiles', `${name}.yaml`), 'utf8'));

/** A device of a model, the n-th of a site; it hangs where each gauge that looks down can measure. */
function deviceOf({ profile, protocol, points, codec }: File, n: number): string {
  const height = points.some(({ from }) => from === 'height') ? ', height: 1.2m' : '';
  return `{ id: d${n}, profile: ${profile}, link: ${protocol}, ${LINKS[protocol].device(n, codec)}${height}`;
}

/** What a site makes of a template: a copy that says where each point stands. */
const filled = ({ template: _, points, ...file }: File): string =>
  JSON.stringify({
    ...file,
    points: points.map((point, address) => ({ ...point, register: { table: 'holding', address, type: 'u16' } })),
  });

describe.each(profiles)('profile %s', (name) => {
  test('is loaded by a device of its protocol, and says where its facts come from', async () => {
    const file = await readProfile(name);
    const site = {
      'site.yaml': `gateway: g\ntimeZone: UTC\nlinks: [${LINKS[file.protocol].link}]\ndevices: [${deviceOf(file, 0)} }]\n`,
    };
    await using plain = await writeSite(site);
    const lines = encodeCheck(await loadSite(plain.dir, kinds, { env: { P: 'p-for-test' } })).slice(0, -1);
    if (file.template) {
      expect(lines.join()).toContain(`profile: ${name} is a template`);
      await using copied = await writeSite({ ...site, 'profiles/copy.yaml': filled(file) });
      expect(encodeCheck(await loadSite(copied.dir, kinds)).slice(0, -1)).toEqual([]);
    } else {
      expect(lines).toEqual([]);
    }
    expect(file.profile).toBe(name);
    expect(file.source?.length).toBeGreaterThan(40);
  });
});

test('every pack is right by itself, and its rules name the basis of their numbers', async () => {
  await using site = await writeSite({ 'site.yaml': `gateway: g\ntimeZone: UTC\npacks: [${packs.join(', ')}]\n` });
  const loaded = await loadSite(site.dir, kinds);
  expect(loaded.problems.filter((problem) => problem.severity === 'error').map(encodeProblem)).toEqual([]);
  expect(loaded.site?.rules.filter((each) => each.kind !== 'silent' && each.basis === undefined)).toEqual([]);
  expect(loaded.site?.rules.length).toBeGreaterThan(15);
});

test('the vocabulary of the packs is that of the profiles: each pack has a device that ships to stand on', async () => {
  const files = await Promise.all(profiles.map(readProfile));
  const devices = files.map((file, n) => {
    const scene = file.profile.includes('water') ? 'underpass' : 'construction';
    return `  - ${deviceOf(file, n)}, scene: ${scene} }\n`;
  });
  const copies = files
    .filter(({ template }) => template)
    .map((file) => [`profiles/${file.profile}.yaml`, filled(file)]);
  const links = Object.values(LINKS).map(({ link }) => `  - ${link}\n`);
  await using site = await writeSite({
    ...Object.fromEntries(copies),
    'site.yaml': `gateway: g\ntimeZone: UTC\nregister: { noiseClass: 2 }\npacks: [${packs.join(', ')}]\nlinks:\n${links.join('')}devices:\n${devices.join('')}`,
  });
  const loaded = await loadSite(site.dir, kinds, { env: { P: 'p-for-test' } });
  const lines = loaded.problems.map(encodeProblem);
  // Some models are read more seldom than a pack's times are made for.
  expect(lines.filter((line) => !/one reading can complete it|it is never stuck/.test(line))).toEqual([]);
});

test.each([...kinds.drivers])('no field of the driver $protocol hides behind a common one', async (driver) => {
  const { deviceCommon, linkCommon, pointCommon, profileCommon } = await import('../../config/file-kinds.ts');
  const shared = (common: object, own: object) => Object.keys(own).filter((key) => Object.hasOwn(common, key));
  expect(shared(deviceCommon.shape, driver.device.shape)).toEqual([]);
  expect(shared(pointCommon.shape, driver.point.shape)).toEqual([]);
  expect(shared(profileCommon.shape, driver.profile.shape)).toEqual([]);
  for (const link of Object.values(driver.links)) expect(shared(linkCommon.shape, link.shape)).toEqual([]);
});
