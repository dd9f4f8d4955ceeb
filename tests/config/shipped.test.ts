// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { encodeCheck, encodeProblem } from '../../config/check-report.ts';
import type { Kinds } from '../../config/kinds.ts';
import { loadSite } from '../../config/load.ts';
import { listShipped } from '../../config/profiles.ts';
import { modbus } from '../../drivers/modbus/kind.ts';
import { mqtt } from '../../drivers/mqtt/kind.ts';
import { type Permit, permit } from '../../gateway/rules/permit.ts';
import { type Rule, rule } from '../../gateway/rules/rule.ts';
import { writeSite } from './temporary-site.ts';

const config = join(import.meta.dirname, '../../config');
const kinds: Kinds<Rule, Permit> = { drivers: [modbus, mqtt], rule, permit, upstreams: [] };
const profiles = await listShipped(join(config, 'profiles'));
const packs = await listShipped(join(config, 'packs'));

const LINKS = {
  modbus: { link: '{ id: l, kind: modbus-tcp, host: h }', device: 'address: 1' },
  mqtt: { link: '{ id: l, kind: mqtt, listen: "127.0.0.1:1883" }', device: 'topic: t, password: "${env:P}"' },
} as const;

describe.each(profiles)('profile %s', (name) => {
  test('is loaded by a device of its protocol, and says where its facts come from', async () => {
    const file = parse(await readFile(join(config, 'profiles', `${name}.yaml`), 'utf8')) as {
      profile: string;
      protocol: keyof typeof LINKS;
      source?: string;
    };
    const { link, device } = LINKS[file.protocol];
    await using site = await writeSite({
      'site.yaml': `gateway: g\ntimeZone: UTC\nlinks: [${link}]\ndevices: [{ id: d, profile: ${name}, link: l, ${device} }]\n`,
    });
    const loaded = await loadSite(site.dir, kinds, { env: { P: 'p-for-test' } });
    expect(encodeCheck(loaded).slice(0, -1)).toEqual([]);
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
  const devices = profiles.map(
    (name, index) =>
      `  - { id: ${name}, profile: ${name}, scene: ${name.includes('water') ? 'underpass' : 'construction'}, ${/smoke|tilt/.test(name) ? `link: air, topic: t${index}, password: "\${env:P}"` : `link: bus, address: ${index + 1}`} }\n`,
  );
  await using site = await writeSite({
    'site.yaml': `gateway: g\ntimeZone: UTC\npacks: [${packs.join(', ')}]\nbroker: { listen: "127.0.0.1:1883" }\nlinks:\n  - { id: bus, kind: modbus-tcp, host: h }\n  - { id: air, kind: mqtt }\ndevices:\n${devices.join('')}`,
  });
  const loaded = await loadSite(site.dir, kinds, { env: { P: 'p-for-test' } });
  const lines = loaded.problems.map(encodeProblem);
  expect(lines.filter((line) => !line.includes('one reading can complete it'))).toEqual([]);
});

test.each([...kinds.drivers])('no field of the driver $protocol hides behind a common one', async (driver) => {
  const { deviceCommon, linkCommon, pointCommon, profileCommon } = await import('../../config/file-kinds.ts');
  const shared = (common: object, own: object) => Object.keys(own).filter((key) => Object.hasOwn(common, key));
  expect(shared(deviceCommon.shape, driver.device.shape)).toEqual([]);
  expect(shared(pointCommon.shape, driver.point.shape)).toEqual([]);
  expect(shared(profileCommon.shape, driver.profile.shape)).toEqual([]);
  for (const link of Object.values(driver.links)) expect(shared(linkCommon.shape, link.shape)).toEqual([]);
});
